"""Multiset canonical correlation analysis: any number of modalities, by `cca-zoo` (extra `baselines`).

Kettenring, Canonical analysis of several sets of variables, Biometrika 1971, https://doi.org/10.1093/biomet/58.3.433:

    max over w of  Σ_{i≠j} w_iᵀ C_ij w_j  subject to  Σ_i w_iᵀ ((1 - c) C_ii + c I) w_i constant
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int

from maquette.errors import ConfigError
from maquette.methods.projection import PROJECTIONS, Projection, check_spread
from maquette.methods.zoo import ZooMaps, zoo_model

__all__ = ["MCCA"]


@PROJECTIONS.register("mcca")
class MCCA(Projection):
    """Directions of all modalities whose values are most correlated, summed over pairs; labels are not looked at.

    `shrinkage` from 0 (correlation) to 1 (covariance). At most as many dimensions as the narrowest modality has.
    """

    def __init__(self, *, dimensions: int, shrinkage: float = 1e-3) -> None:
        super().__init__(dimensions=dimensions)
        if not 0 <= shrinkage <= 1:
            raise ConfigError(f"shrinkage is {shrinkage}: expected 0 to 1")
        self.shrinkage = shrinkage

    def _fit(self, reps: Mapping[str, Float[np.ndarray, "N _"]], labels: Int[np.ndarray, "N"]) -> ZooMaps:
        check_spread(reps)
        widths = {name: values.shape[1] for name, values in reps.items()}
        kept = min(self.dimensions, *widths.values())
        model = zoo_model("linear", "MCCA", n_components=kept, shrinkage=self.shrinkage)
        return ZooMaps(model.fit(list(reps.values())), widths)
