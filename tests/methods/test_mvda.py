"""Scatters by hand and by loops; one modality is linear discriminant analysis; classes meet across modalities."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from maquette.errors import ConfigError, InputError
from maquette.methods.mvda import MvDA, between_scatter, inconsistency, within_scatter
from maquette.methods.projection import PROJECTIONS, LinearMaps

LABELS = np.array([0, 1, 2, 0, 1, 2, 0, 0, 1, 2, 1, 0])


def _views(seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(12, width)) + LABELS[:, None] for width in (3, 2, 4)]


def test_scatters_by_hand() -> None:
    """One dimension in each of two modalities, two classes of one object: everything can be counted."""
    views, labels = [np.array([[1.0], [-1.0]]), np.array([[3.0], [-3.0]])], np.array([0, 1])
    # Class sums by modality are (1, 3) and (-1, -3), n_i = 2, so that each class gives [[1, 3], [3, 9]] / 2.
    np.testing.assert_allclose(between_scatter(views, labels), [[1, 3], [3, 9]])
    np.testing.assert_allclose(within_scatter(views, labels), [[2 - 1, -3], [-3, 18 - 9]])


def test_scatters_are_the_papers_sums() -> None:
    views = _views()
    edges = np.cumsum([0, *(view.shape[1] for view in views)])
    within, between = np.zeros((9, 9)), np.zeros((9, 9))
    for j, first in enumerate(views):
        for r, second in enumerate(views):
            block = np.s_[edges[j] : edges[j + 1], edges[r] : edges[r + 1]]
            for label in range(3):
                mine, yours = first[label == LABELS], second[label == LABELS]
                share = len(mine) * len(yours) / (3 * len(mine)) * np.outer(mine.mean(0), yours.mean(0))
                if j == r:
                    within[block] += mine.T @ mine
                within[block] -= share
                between[block] += share
            between[block] -= np.outer(first.sum(0), second.sum(0)) / 36
    np.testing.assert_allclose(within_scatter(views, LABELS), within, atol=1e-9)
    np.testing.assert_allclose(between_scatter(views, LABELS), between, atol=1e-9)


def test_within_and_between_are_the_scatters_of_what_is_projected() -> None:
    views = _views()
    w = np.random.default_rng(1).normal(size=9)
    projected = np.stack([view @ part for view, part in zip(views, np.split(w, [3, 5]), strict=True)])
    classes = [projected[:, label == LABELS] for label in range(3)]
    within = sum(((values - values.mean()) ** 2).sum() for values in classes)
    assert w @ within_scatter(views, LABELS) @ w == pytest.approx(within)
    everything = ((projected - projected.mean()) ** 2).sum()
    assert w @ between_scatter(views, LABELS) @ w == pytest.approx(everything - within)


def test_one_modality_is_linear_discriminant_analysis() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 30)
    values = rng.normal(size=(3, 5))[labels] * 2 + rng.normal(size=(90, 5)) @ rng.normal(size=(5, 5))
    ours = MvDA(dimensions=2, ridge=1e-10).fit({"mesh": values}, labels).transform({"mesh": values})["mesh"]
    theirs = LinearDiscriminantAnalysis(solver="eigen").fit(values, labels).transform(values)
    for place in range(2):
        assert abs(np.corrcoef(ours[:, place], theirs[:, place])[0, 1]) == pytest.approx(1, abs=1e-6)


def test_classes_meet_across_modalities_in_as_many_dimensions_as_classes_less_one() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 20)
    reps = {
        name: np.eye(3)[labels] @ rng.normal(size=(3, width)) + 0.05 * rng.normal(size=(60, width))
        for name, width in (("image", 6), ("mesh", 4))
    }
    fitted = MvDA(dimensions=9).fit(reps, labels)
    assert isinstance(fitted, LinearMaps)
    common = fitted.transform(reps)
    assert common["image"].shape == (60, 2)
    assert (np.diff(fitted.strengths) <= 0).all()
    means = {name: np.stack([values[labels == c].mean(0) for c in range(3)]) for name, values in common.items()}
    apart = np.linalg.norm(means["image"][:, None] - means["mesh"][None], axis=2)
    assert np.diag(apart).max() < 0.2 * apart[~np.eye(3, dtype=bool)].min()


def test_inconsistency_by_hand() -> None:
    """Two objects, one dimension; the second modality is the first times two."""
    views = [np.array([[1.0], [-1.0]]), np.array([[2.0], [-2.0]])]
    # XᵀX is 2 and 8, so that β is ±w_1/2 and ±w_2/4: each ordered pair gives 2 (w_1/2 - w_2/4)².
    np.testing.assert_allclose(inconsistency(views, ridge=0.0), [[1, -0.5], [-0.5, 0.25]])


def test_inconsistency_is_the_papers_sum_over_pairs() -> None:
    views = _views()
    w = np.random.default_rng(1).normal(size=9)
    # More objects than dimensions: the pseudo-inverse gives the smallest β with w = Xᵀ β.
    betas = [np.linalg.pinv(view.T) @ part for view, part in zip(views, np.split(w, [3, 5]), strict=True)]
    for view, beta, part in zip(views, betas, np.split(w, [3, 5]), strict=True):
        np.testing.assert_allclose(view.T @ beta, part)
    expected = 0.0
    for mine in betas:
        for yours in betas:
            expected += ((mine - yours) ** 2).sum()
    assert w @ inconsistency(views, ridge=0.0) @ w == pytest.approx(expected)


def test_consistency_draws_the_maps_together_whatever_the_scale_of_a_modality() -> None:
    views = _views()
    views = [view - view.mean(axis=0) for view in views]
    reps = dict(zip(("image", "mesh", "pointcloud"), views, strict=True))
    apart = inconsistency([view / np.linalg.norm(view) for view in views], ridge=1e-6)
    norms = np.repeat([np.linalg.norm(view) for view in views], [view.shape[1] for view in views])

    def share(consistency: float) -> float:
        fitted = MvDA(dimensions=1, consistency=consistency).fit(reps, LABELS)
        assert isinstance(fitted, LinearMaps)
        w = np.concatenate([fitted.weights[name][:, 0] for name in sorted(reps)])
        return float(w * norms @ apart @ (w * norms) / (w @ within_scatter(views, LABELS) @ w))

    shares = [share(consistency) for consistency in (0.0, 0.1, 1.0, 10.0)]
    assert all(after < before for before, after in pairwise(shares))
    scaled = {**reps, "mesh": reps["mesh"] * 100}
    for consistency in (0.0, 1.0):
        plain, again = (
            MvDA(dimensions=1, consistency=consistency).fit(values, LABELS).transform(values)
            for values in (reps, scaled)
        )
        for name, common in plain.items():
            assert abs(np.corrcoef(common[:, 0], again[name][:, 0])[0, 1]) == pytest.approx(1)


def test_the_variant_is_registered_with_its_weight() -> None:
    variant = PROJECTIONS.build("mvda_vc", dimensions=3)
    assert isinstance(variant, MvDA)
    assert variant.consistency == 0.1
    assert MvDA(dimensions=3).consistency == 0


def test_it_refuses() -> None:
    with pytest.raises(InputError, match="expected at least two, there is 1"):
        MvDA(dimensions=2).fit({"mesh": np.eye(3)}, np.zeros(3, dtype=np.int64))
    with pytest.raises(ConfigError, match="ridge is -1"):
        MvDA(dimensions=2, ridge=-1.0)
    with pytest.raises(ConfigError, match="consistency is -1"):
        MvDA(dimensions=2, consistency=-1.0)
