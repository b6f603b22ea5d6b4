from __future__ import annotations

import numpy as np
import pytest

from maquette.search.congruence import congruence, unit_points
from tests.search.search_cases import box


def turn(rng: np.random.Generator, *, mirror: bool = False) -> np.ndarray:
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    q[:, 0] *= np.sign(np.linalg.det(q)) * (-1.0 if mirror else 1.0)
    return np.asarray(q)


def ring(count: int, *, lift: float = 0.0) -> np.ndarray:
    """Two rings of points and a tip: every turn by 1/count maps it onto itself; `lift` of one point breaks that."""
    angles = 2 * np.pi * np.arange(count) / count
    low = np.stack([np.cos(angles), np.sin(angles), np.zeros(count)], axis=1)
    points = np.concatenate([low, 0.5 * low + (0, 0, 1), [[0, 0, 2.0]]])
    points[0, 2] += lift
    return points


@pytest.mark.parametrize("seed", range(5))
def test_any_motion_is_found(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(40, 3))
    for scale, mirror in ((1.0, False), (7.5, False), (0.2, True)):
        moved = scale * rng.permutation(points) @ turn(rng, mirror=mirror).T + rng.normal(size=3) * 10
        found = congruence(points, moved.astype(np.float32))
        assert found is not None
        assert found.scale == pytest.approx(scale, rel=1e-4)
        assert found.mirrored is mirror
        assert found.distance < 1e-4


@pytest.mark.parametrize("points", [ring(24), ring(7), box(1, 2, 3).vertices, box(1, 1, 1).vertices])
def test_symmetry_neither_misleads_nor_mirrors(points: np.ndarray) -> None:
    rng = np.random.default_rng(8)
    for mirror in (False, True):
        found = congruence(points, points @ turn(rng, mirror=mirror).T)
        assert found is not None
        assert not found.mirrored, "its mirror image is itself, turned"


def test_a_point_that_is_off_makes_another_shape() -> None:
    assert congruence(ring(24), ring(24, lift=0.01)) is None
    assert congruence(ring(24, lift=0.01), ring(24, lift=0.01)) is not None
    assert congruence(ring(24), ring(23)) is None


def test_equal_radii_alone_are_not_enough() -> None:
    rng = np.random.default_rng(9)
    one = rng.normal(size=(200, 3))
    one = np.concatenate([one, -one])
    radii = np.linalg.norm(one, axis=1, keepdims=True)
    half = rng.normal(size=(200, 3))
    other = np.concatenate([half, -half])
    other = other / np.linalg.norm(other, axis=1, keepdims=True) * radii
    assert congruence(one, other) is None


def test_what_has_no_shape_is_like_nothing() -> None:
    line = np.stack([np.arange(5.0), np.zeros(5), np.zeros(5)], axis=1)
    for points in (line, np.zeros((5, 3)), np.eye(3)):
        assert congruence(points, points) is None


def test_unit_points_by_hand() -> None:
    points, size = unit_points(np.array([[1.0, 0, 0], [5.0, 0, 0]]))
    assert size == 2.0
    np.testing.assert_array_equal(points, [[-1, 0, 0], [1, 0, 0]])
