"""Canonical correlations of a case done by hand, and the same directions as scikit-learn's iterations find."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cross_decomposition import CCA as IterativeCCA

from maquette.errors import ConfigError, InputError
from maquette.methods.cca import CCA, ridged_covariance
from maquette.methods.projection import LinearMaps

NONE = np.zeros(4, dtype=np.int64)


def _fit(reps: dict[str, np.ndarray], *, dimensions: int, ridge: float) -> LinearMaps:
    labels = np.zeros(len(reps["image"]), dtype=np.int64)
    fitted = CCA(dimensions=dimensions, ridge=ridge).fit(reps, labels)
    assert isinstance(fitted, LinearMaps)
    return fitted


def test_a_case_by_hand() -> None:
    """Four objects, two independent signs and their product: x + xz and x share half of their variance."""
    x, z = np.array([1.0, 1, -1, -1]), np.array([1.0, -1, 1, -1])
    reps = {"image": np.stack([x, z], axis=1), "mesh": np.stack([3 * (x + x * z), 7 * z], axis=1)}
    fitted = _fit(reps, dimensions=2, ridge=1e-12)
    np.testing.assert_allclose(fitted.strengths, [1, 0.5**0.5], atol=1e-9)
    common = fitted.transform(reps)
    np.testing.assert_allclose(common["image"], np.stack([z, x], axis=1), atol=1e-9)
    np.testing.assert_allclose(common["mesh"], np.stack([z, (x + x * z) / 2**0.5], axis=1), atol=1e-9)


def test_the_scores_are_white_and_paired_as_the_strengths_say() -> None:
    rng = np.random.default_rng(0)
    first = rng.normal(size=(200, 5)) @ rng.normal(size=(5, 5))
    second = first @ rng.normal(size=(5, 4)) + 3 * rng.normal(size=(200, 4))
    fitted = _fit({"image": first, "mesh": second}, dimensions=4, ridge=1e-10)
    common = fitted.transform({"image": first, "mesh": second})
    for values in common.values():
        np.testing.assert_allclose(values.T @ values / 200, np.eye(4), atol=1e-6)
    np.testing.assert_allclose(common["image"].T @ common["mesh"] / 200, np.diag(fitted.strengths), atol=1e-6)
    theirs = IterativeCCA(2, max_iter=5000, tol=1e-12).fit(first, second).transform(first, second)
    for place in range(2):
        correlation = np.corrcoef(theirs[0][:, place], theirs[1][:, place])[0, 1]
        assert correlation == pytest.approx(fitted.strengths[place], abs=1e-4)
        assert abs(np.corrcoef(theirs[0][:, place], common["image"][:, place])[0, 1]) > 0.999


def test_the_ridge_holds_back_where_objects_are_few() -> None:
    rng = np.random.default_rng(0)
    noise = {name: rng.normal(size=(10, 30)) for name in ("image", "mesh")}
    strengths = [_fit(noise, dimensions=1, ridge=ridge).strengths[0] for ridge in (1e-9, 0.1, 10.0)]
    assert strengths[0] == pytest.approx(1, abs=1e-6)
    assert strengths[0] > strengths[1] > strengths[2]


def test_the_ridge_is_in_units_of_the_variance() -> None:
    values = np.random.default_rng(0).normal(size=(9, 3))
    values = values - values.mean(axis=0)
    plain = values.T @ values / 9
    np.testing.assert_allclose(ridged_covariance(values, ridge=0.5), plain + 0.5 * np.trace(plain) / 3 * np.eye(3))
    np.testing.assert_allclose(ridged_covariance(10 * values, ridge=0.5), 100 * ridged_covariance(values, ridge=0.5))


def test_it_refuses() -> None:
    three = {name: np.eye(4) for name in ("image", "mesh", "pointcloud")}
    with pytest.raises(InputError, match="CCA takes exactly 2 modalities, there are 3: image, mesh, pointcloud"):
        CCA(dimensions=2).fit(three, NONE)
    with pytest.raises(ConfigError, match="ridge is 0"):
        CCA(dimensions=2, ridge=0.0)
