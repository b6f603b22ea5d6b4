from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from maquette.errors import InputError, UnknownNameError
from maquette.methods.projection import LinearMaps, Projection, centered, check_known, check_spread, signed


class _Halves(Projection):
    modalities = 2

    def _fit(self, reps: Mapping[str, np.ndarray], labels: np.ndarray) -> LinearMaps:
        means, _ = centered(reps)
        self.seen = (list(reps), {values.dtype for values in reps.values()})
        return LinearMaps(means, {name: np.eye(2) / 2 for name in reps}, np.ones(2))


def test_maps_are_affine_by_hand() -> None:
    maps = LinearMaps({"mesh": np.array([1.0, 2.0])}, {"mesh": np.array([[1.0], [10.0]])}, np.ones(1))
    assert maps.transform({"mesh": np.array([[1.0, 2.0], [2.0, 2.0], [1.0, 3.0]])})["mesh"].tolist() == [[0], [1], [10]]


def test_fitting_sees_sorted_modalities_in_double_precision_and_wants_the_right_number() -> None:
    projection = _Halves(dimensions=2)
    values = np.array([[0.0, 2.0], [4.0, 0.0]], dtype=np.float32)
    fitted = projection.fit({"mesh": values, "image": values}, np.array([0, 1]))
    assert projection.seen == (["image", "mesh"], {np.dtype(np.float64)})
    assert fitted.transform({"mesh": values})["mesh"].tolist() == [[-1.0, 0.5], [1.0, -0.5]]
    with pytest.raises(InputError, match="_Halves takes exactly 2 modalities, there are 1: mesh"):
        projection.fit({"mesh": values}, np.array([0, 1]))


def test_centered_leaves_a_mean_of_zero() -> None:
    values = np.random.default_rng(0).normal(size=(9, 3)) + 4
    means, moved = centered({"mesh": values})
    np.testing.assert_allclose(moved["mesh"].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(moved["mesh"] + means["mesh"], values)


def test_signs_are_settled() -> None:
    weights = np.random.default_rng(0).normal(size=(6, 4))
    np.testing.assert_array_equal(signed(weights), signed(weights * [1, -1, -1, 1]))
    np.testing.assert_array_equal(np.abs(signed(weights)), np.abs(weights))


def test_checks() -> None:
    check_known({"mesh": np.ones((2, 3))}, {"mesh": 3, "image": 4})
    with pytest.raises(UnknownNameError, match="image, mesh"):
        check_known({"text": np.ones((2, 3))}, {"mesh": 3, "image": 4})
    check_spread({"mesh": np.eye(2)})
    with pytest.raises(InputError, match="mesh: all objects"):
        check_spread({"mesh": np.ones((4, 2))})
