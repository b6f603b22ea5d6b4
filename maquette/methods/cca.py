"""Canonical correlation analysis of two modalities, in closed form.

Hotelling, Relations Between Two Sets of Variates, Biometrika 1936, https://doi.org/10.1093/biomet/28.3-4.321; the ridge
is Vinod's, Canonical ridge and econometrics of joint production, Journal of Econometrics 1976.

    max over a, b of  aᵀ C_xy b  subject to  aᵀ C_xx a = bᵀ C_yy b = 1, each pair uncorrelated with those before
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int
from scipy import linalg

from maquette.methods.projection import PROJECTIONS, LinearMaps, Projection, centered, check_spread, signed
from maquette.methods.settings import check_positive

__all__ = ["CCA", "ridged_covariance"]


@PROJECTIONS.register("cca")
class CCA(Projection):
    """Directions of two modalities whose values over the objects are most correlated; labels are not looked at.

    `strengths` are the canonical correlations (with the ridge: a little less), 1 at most. `ridge` is in units of the
    mean variance of a modality's dimensions; it decides where there are fewer objects than dimensions.
    """

    modalities = 2

    def __init__(self, *, dimensions: int, ridge: float = 1e-3) -> None:
        super().__init__(dimensions=dimensions)
        check_positive(ridge=ridge)
        self.ridge = ridge

    def _fit(self, reps: Mapping[str, Float[np.ndarray, "N _"]], labels: Int[np.ndarray, "N"]) -> LinearMaps:
        check_spread(reps)
        means, values = centered(reps)
        (first, x), (second, y) = values.items()
        # With C = L Lᵀ, whitened directions u = Lᵀ a turn the problem into a singular value decomposition.
        root_x, root_y = (linalg.cholesky(ridged_covariance(v, ridge=self.ridge), lower=True) for v in (x, y))
        cross = linalg.solve_triangular(root_x, x.T @ y / len(x), lower=True)
        cross = linalg.solve_triangular(root_y, cross.T, lower=True).T
        left, correlations, right = linalg.svd(cross, full_matrices=False)
        a = linalg.solve_triangular(root_x, left[:, : self.dimensions], lower=True, trans="T")
        b = linalg.solve_triangular(root_y, right[: self.dimensions].T, lower=True, trans="T")
        both = signed(np.concatenate([a, b]))
        return LinearMaps(means, {first: both[: len(a)], second: both[len(a) :]}, correlations[: self.dimensions])


def ridged_covariance(values: Float[np.ndarray, "N D"], *, ridge: float) -> Float[np.ndarray, "D D"]:
    """Covariance (divided by N) of centered values, with `ridge` times the mean variance added on the diagonal."""
    covariance = values.T @ values / len(values)
    size = len(covariance)
    result: Float[np.ndarray, "D D"] = covariance + ridge * np.trace(covariance) / size * np.eye(size)
    return result
