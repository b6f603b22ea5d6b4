"""Directions of largest covariance of a case done by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cross_decomposition import PLSSVD

from maquette.errors import InputError
from maquette.methods.pls import PLS
from maquette.methods.projection import LinearMaps


def _fit(reps: dict[str, np.ndarray], *, dimensions: int) -> LinearMaps:
    fitted = PLS(dimensions=dimensions).fit(reps, np.zeros(len(reps["mesh"]), dtype=np.int64))
    assert isinstance(fitted, LinearMaps)
    return fitted


def test_a_case_by_hand() -> None:
    """The second axis counts more: its covariance is 3 times 2, that of the first 1 times 2."""
    x, z = np.array([1.0, 1, -1, -1]), np.array([1.0, -1, 1, -1])
    reps = {"image": np.stack([x, 3 * z], axis=1), "mesh": np.stack([-2 * z, 2 * x], axis=1)}
    fitted = _fit(reps, dimensions=2)
    np.testing.assert_allclose(fitted.strengths, [6, 2], atol=1e-12)
    np.testing.assert_allclose(np.abs(fitted.weights["image"]), [[0, 1], [1, 0]], atol=1e-12)
    common = fitted.transform(reps)
    np.testing.assert_allclose(common["image"] / [3, 1], common["mesh"] / 2, atol=1e-12)


def test_the_first_direction_is_the_first_singular_one() -> None:
    rng = np.random.default_rng(0)
    first = rng.normal(size=(60, 5))
    second = first[:, :4] @ rng.normal(size=(4, 4)) + rng.normal(size=(60, 4))
    fitted = _fit({"image": first, "mesh": second}, dimensions=3)
    theirs = PLSSVD(1, scale=False).fit(first, second)
    assert abs(fitted.weights["image"][:, 0] @ theirs.x_weights_[:, 0]) == pytest.approx(1, abs=1e-9)
    assert abs(fitted.weights["mesh"][:, 0] @ theirs.y_weights_[:, 0]) == pytest.approx(1, abs=1e-9)
    cross = (first - first.mean(0)).T @ (second - second.mean(0)) / 60
    assert fitted.strengths[0] == pytest.approx(np.linalg.svd(cross)[1][0])
    scores = fitted.transform({"image": first})["image"]
    np.testing.assert_allclose(scores.T @ scores / 60, np.diag((scores**2).mean(0)), atol=1e-9)


def test_it_takes_two() -> None:
    with pytest.raises(InputError, match="PLS takes exactly 2 modalities, there are 1: mesh"):
        PLS(dimensions=2).fit({"mesh": np.eye(4)}, np.zeros(4, dtype=np.int64))
