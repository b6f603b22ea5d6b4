"""Partial least squares of two modalities: directions of largest covariance, by scikit-learn.

Wold, Soft Modelling by Latent Variables: the Nonlinear Iterative Partial Least Squares Approach, 1975; for retrieval
across modalities: Sharma and Jacobs, Bypassing Synthesis: PLS for Face Recognition with Pose, Low-Resolution and
Sketch, CVPR 2011. The symmetric variant (PLS-C2A, scikit-learn's `PLSCanonical`):

    max over unit a, b of  aᵀ C_xy b, then both modalities less what their scores explain, and again
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int

from maquette.methods.projection import PROJECTIONS, LinearMaps, Projection, centered, check_spread, signed

__all__ = ["PLS"]


@PROJECTIONS.register("pls")
class PLS(Projection):
    """Directions of two modalities whose values over the objects have the largest covariance; labels play no part.

    `strengths` are the covariances of the paired scores (divided by N). No more dimensions than the modality of lower
    rank has.
    """

    modalities = 2

    def _fit(self, reps: Mapping[str, Float[np.ndarray, "N _"]], labels: Int[np.ndarray, "N"]) -> LinearMaps:
        from sklearn.cross_decomposition import PLSCanonical

        check_spread(reps)
        means, values = centered(reps)
        (first, x), (second, y) = values.items()
        # Deflation beyond the rank divides nothing by nothing.
        most = min(int(np.linalg.matrix_rank(v)) for v in (x, y))
        fitted = PLSCanonical(min(self.dimensions, most), scale=False, algorithm="svd").fit(x, y)
        both = signed(np.concatenate([fitted.x_rotations_, fitted.y_rotations_]))
        a, b = both[: x.shape[1]], both[x.shape[1] :]
        strengths = np.einsum("NK,NK->K", x @ a, y @ b) / len(x)
        return LinearMaps(means, {first: a, second: b}, strengths)
