"""Kernel canonical correlation analysis of any number of modalities, by `cca-zoo` (extra `baselines`).

Hardoon, Szedmak, Shawe-Taylor, Canonical Correlation Analysis: An Overview with Application to Learning Methods,
Neural Computation 2004, https://doi.org/10.1162/0899766042321814: multiset CCA in the kernels' feature spaces.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int

from maquette.errors import ConfigError
from maquette.methods.projection import PROJECTIONS, Projection, check_spread
from maquette.methods.settings import check_choice
from maquette.methods.zoo import ZooMaps, zoo_model

__all__ = ["KCCA"]


@PROJECTIONS.register("kcca")
class KCCA(Projection):
    """Functions of all modalities, as the kernel allows, whose values are most correlated; labels play no part.

    `kernel` is "rbf" (width: 1 / the modality's dimensions, unless `gamma` says otherwise) or "linear". `shrinkage`
    from 0 (correlation: any two modalities then agree perfectly under "rbf") to 1 (covariance). Memory and time grow
    with the square and the cube of the number of objects. At most N - 1 dimensions.
    """

    def __init__(
        self, *, dimensions: int, kernel: str = "rbf", gamma: float | None = None, shrinkage: float = 0.1
    ) -> None:
        super().__init__(dimensions=dimensions)
        self.kernel = check_choice("kernel", kernel, choices=("rbf", "linear"))
        if not 0 <= shrinkage <= 1:
            raise ConfigError(f"shrinkage is {shrinkage}: expected 0 to 1")
        self.gamma = gamma
        self.shrinkage = shrinkage

    def _fit(self, reps: Mapping[str, Float[np.ndarray, "N _"]], labels: Int[np.ndarray, "N"]) -> ZooMaps:
        check_spread(reps)
        widths = {name: values.shape[1] for name, values in reps.items()}
        # A linear kernel has no more directions than its modality has dimensions.
        kept = min(self.dimensions, len(labels) - 1, *(widths.values() if self.kernel == "linear" else ()))
        settings = {"kernel": self.kernel, "gamma": self.gamma, "shrinkage": self.shrinkage}
        model = zoo_model("nonparametric", "KCCA", n_components=kept, **settings)
        return ZooMaps(model.fit(list(reps.values())), widths)
