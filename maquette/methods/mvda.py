"""Multi-view discriminant analysis: linear discriminant analysis across any number of modalities at once.

Kan, Shan, Zhang, Lao, Chen, Multi-view Discriminant Analysis, TPAMI 2016, https://doi.org/10.1109/TPAMI.2015.2435740
(ECCV 2012). One linear map w_j a modality j; with class i, its n_ij objects in modality j, n_i = Σ_j n_ij:

    max over w of  tr(wᵀ E w) / tr(wᵀ D w)     within (D) and between classes (E), over all modalities together
    D_jr = δ_jr Σ_x x xᵀ - Σ_i (n_ij n_ir / n_i) μ_ij μ_irᵀ
    E_jr = Σ_i (n_ij n_ir / n_i) μ_ij μ_irᵀ - (1/n) (Σ_i n_ij μ_ij) (Σ_i n_ir μ_ir)ᵀ

solved as the generalised eigenproblem E w = λ D w. With one modality it is linear discriminant analysis.

With view consistency (MvDA-VC) the denominator is wᵀ (D + η M) w. A map is a combination of its modality's objects,
w_j = X_jᵀ β_j (X_j: N x D_j), and objects should weigh alike in all modalities:

    wᵀ M w = Σ_j Σ_r ‖β_j - β_r‖²     β_j = P_j w_j, P_j the pseudo-inverse of X_jᵀ

Differs: each modality is centered first (the paper's PCA does it), so that E's second part is zero; D has a ridge
where the paper reduces dimensions by PCA until D is regular, and so has the inverse in P. M is of modalities scaled to
a mean scatter of 1 a dimension, and is itself scaled to a mean of 1: η then means the same whatever the number of
objects and the scale of a modality.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
from jaxtyping import Float, Int
from scipy import linalg

from maquette.errors import ConfigError, InputError
from maquette.methods.projection import PROJECTIONS, LinearMaps, Projection, centered, check_spread, signed
from maquette.methods.settings import check_positive

__all__ = ["MvDA", "between_scatter", "inconsistency", "within_scatter"]


@PROJECTIONS.register("mvda")
class MvDA(Projection):
    """Directions in which classes are far apart and each class close together, across modalities, by given labels.

    At most C - 1 dimensions: more there are not in the scatter of C classes. `strengths` are the eigenvalues, between
    over within. `ridge` is in units of the mean scatter of a modality's dimensions. `consistency` is η, 0 without the
    term of MvDA-VC. InputError for one class.
    """

    uses_labels = True
    least = 1

    def __init__(self, *, dimensions: int, ridge: float = 1e-3, consistency: float = 0.0) -> None:
        super().__init__(dimensions=dimensions)
        check_positive(ridge=ridge)
        if not 0 <= consistency < np.inf:
            raise ConfigError(f"consistency is {consistency}: expected a finite number of at least 0 (0: plain MvDA)")
        self.ridge = ridge
        self.consistency = consistency

    def _fit(self, reps: Mapping[str, Float[np.ndarray, "N _"]], labels: Int[np.ndarray, "N"]) -> LinearMaps:
        check_spread(reps)
        classes = len(np.unique(labels))
        if classes < 2:
            raise InputError(f"MvDA tells classes apart: expected at least two, there is {classes}")
        means, values = centered(reps)
        views = list(values.values())
        within, between = within_scatter(views, labels), between_scatter(views, labels)
        if self.consistency and len(views) > 1:
            within = within + self.consistency * _relative_inconsistency(views, ridge=self.ridge)
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


def inconsistency(views: list[Float[np.ndarray, "N _"]], *, ridge: float) -> Float[np.ndarray, "S S"]:
    """M: how differently the objects weigh in the maps of different modalities, Σ_j Σ_r ‖P_j w_j - P_r w_r‖² = wᵀ M w.

    P_j = X_j (X_jᵀ X_j + `ridge` I)⁻¹; of m modalities, the blocks are M_jj = 2 (m-1) P_jᵀ P_j and M_jr = -2 P_jᵀ P_r.
    """
    weighing = [linalg.solve(view.T @ view + ridge * np.eye(view.shape[1]), view.T, assume_a="pos").T for view in views]
    own = linalg.block_diag(*(p.T @ p for p in weighing))
    stacked = np.concatenate(weighing, axis=1)
    apart: Float[np.ndarray, "S S"] = 2 * (len(views) * own - stacked.T @ stacked)
    return apart


def _relative_inconsistency(views: list[Float[np.ndarray, "N _"]], *, ridge: float) -> Float[np.ndarray, "S S"]:
    """M of modalities scaled to a mean scatter of 1, itself scaled to a mean of 1, for the maps of unscaled ones."""
    units = [np.sqrt((view**2).sum() / view.shape[1]) for view in views]
    apart = inconsistency([view / unit for view, unit in zip(views, units, strict=True)], ridge=ridge)
    # Dividing a modality by its unit multiplies its map by it.
    each = np.concatenate([np.full(view.shape[1], unit) for view, unit in zip(views, units, strict=True)])
    relative: Float[np.ndarray, "S S"] = apart * np.outer(each, each) * len(apart) / np.trace(apart)
    return relative


def _class_scatter(views: list[Float[np.ndarray, "N _"]], labels: Int[np.ndarray, "N"]) -> Float[np.ndarray, "S S"]:
    """Σ_i s_i s_iᵀ / n_i, where s_i = (n_i1 μ_i1, n_i2 μ_i2, …) are the sums of class i in each modality, stacked."""
    member = (labels == np.unique(labels)[:, None]).astype(np.float64)
    sums = np.concatenate([member @ view for view in views], axis=1)
    counts = member.sum(axis=1, keepdims=True) * len(views)
    result: Float[np.ndarray, "S S"] = sums.T @ (sums / counts)
    return result


PROJECTIONS.register("mvda_vc")(partial(MvDA, consistency=0.1))
