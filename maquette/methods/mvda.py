"""Multi-view discriminant analysis: linear discriminant analysis across any number of modalities at once.

Kan, Shan, Zhang, Lao, Chen, Multi-view Discriminant Analysis, TPAMI 2016, https://doi.org/10.1109/TPAMI.2015.2435740
(ECCV 2012). One linear map w_j a modality j; with class i, its n_ij objects in modality j, n_i = Σ_j n_ij:

    max over w of  tr(wᵀ E w) / tr(wᵀ D w)     within (D) and between classes (E), over all modalities together
    D_jr = δ_jr Σ_x x xᵀ - Σ_i (n_ij n_ir / n_i) μ_ij μ_irᵀ
    E_jr = Σ_i (n_ij n_ir / n_i) μ_ij μ_irᵀ - (1/n) (Σ_i n_ij μ_ij) (Σ_i n_ir μ_ir)ᵀ

solved as the generalised eigenproblem E w = λ D w. With one modality it is linear discriminant analysis.

Differs: each modality is centered first (the paper's PCA does it), so that E's second part is zero; D has a ridge
where the paper reduces dimensions by PCA until D is regular; the view-consistency term (MvDA-VC) is left out.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int
from scipy import linalg

from maquette.errors import InputError
from maquette.methods.projection import PROJECTIONS, LinearMaps, Projection, centered, check_spread, signed
from maquette.methods.settings import check_positive

__all__ = ["MvDA", "between_scatter", "within_scatter"]


@PROJECTIONS.register("mvda")
class MvDA(Projection):
    """Directions in which classes are far apart and each class close together, across modalities, by given labels.

    At most C - 1 dimensions: more there are not in the scatter of C classes. `strengths` are the eigenvalues, between
    over within. `ridge` is in units of the mean scatter of a modality's dimensions. InputError for one class.
    """

    uses_labels = True
    least = 1

    def __init__(self, *, dimensions: int, ridge: float = 1e-3) -> None:
        super().__init__(dimensions=dimensions)
        check_positive(ridge=ridge)
        self.ridge = ridge

    def _fit(self, reps: Mapping[str, Float[np.ndarray, "N _"]], labels: Int[np.ndarray, "N"]) -> LinearMaps:
        check_spread(reps)
        classes = len(np.unique(labels))
        if classes < 2:
            raise InputError(f"MvDA tells classes apart: expected at least two, there is {classes}")
        means, values = centered(reps)
        views = list(values.values())
        within, between = within_scatter(views, labels), between_scatter(views, labels)
        edges = np.cumsum([0, *(view.shape[1] for view in views)])
        # The unit is all of a modality's scatter, not that within classes: where objects are few, that is near zero.
        ridges = [np.full(view.shape[1], self.ridge * (view**2).sum() / view.shape[1]) for view in views]
        size, kept = len(within), min(self.dimensions, classes - 1, len(within))
        values_up, vectors = linalg.eigh(
            between, within + np.diag(np.concatenate(ridges)), subset_by_index=(size - kept, size - 1)
        )
        weights = signed(vectors[:, ::-1])
        parts = {name: weights[edges[j] : edges[j + 1]] for j, name in enumerate(values)}
        return LinearMaps(means, parts, values_up[::-1].copy())


def within_scatter(views: list[Float[np.ndarray, "N _"]], labels: Int[np.ndarray, "N"]) -> Float[np.ndarray, "S S"]:
    """D: scatter of all objects in all modalities about the mean of their class over all modalities."""
    own = linalg.block_diag(*(view.T @ view for view in views))
    within: Float[np.ndarray, "S S"] = own - _class_scatter(views, labels)
    return within


def between_scatter(views: list[Float[np.ndarray, "N _"]], labels: Int[np.ndarray, "N"]) -> Float[np.ndarray, "S S"]:
    """E: scatter of the classes' means over all modalities, weighted by size, about the mean of everything."""
    total = np.concatenate([view.sum(axis=0) for view in views])
    return _class_scatter(views, labels) - np.outer(total, total) / (len(labels) * len(views))


def _class_scatter(views: list[Float[np.ndarray, "N _"]], labels: Int[np.ndarray, "N"]) -> Float[np.ndarray, "S S"]:
    """Σ_i s_i s_iᵀ / n_i, where s_i = (n_i1 μ_i1, n_i2 μ_i2, …) are the sums of class i in each modality, stacked."""
    member = (labels == np.unique(labels)[:, None]).astype(np.float64)
    sums = np.concatenate([member @ view for view in views], axis=1)
    counts = member.sum(axis=1, keepdims=True) * len(views)
    result: Float[np.ndarray, "S S"] = sums.T @ (sums / counts)
    return result
