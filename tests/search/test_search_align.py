from __future__ import annotations

import math

import numpy as np
import pytest

from maquette.errors import InputError
from maquette.geometry import sample_surface
from maquette.geometry.mesh import Mesh
from maquette.search.align import align, chamfer, f_score
from tests.search.search_cases import box


def corner() -> Mesh:
    """Three boxes of different sizes on the axes: no symmetry, so its mirror image is another shape."""
    arms = [box(4, 1, 1), box(1, 2.5, 0.8), box(0.6, 0.9, 1.7)]
    corners = np.concatenate([arm.vertices for arm in arms])
    faces = np.concatenate([arm.faces + 8 * number for number, arm in enumerate(arms)])
    return Mesh(corners, faces)


def turned(angle: float, axis: tuple[float, float, float]) -> np.ndarray:
    x, y, z = np.array(axis) / np.linalg.norm(axis)
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    turn: np.ndarray = np.eye(3) + math.sin(angle) * skew + (1 - math.cos(angle)) * skew @ skew
    return turn


def naive_nearest(a: np.ndarray, b: np.ndarray) -> list[float]:
    return [min(math.dist(p, q) for q in b) for p in a]


def test_distances_agree_with_naive_loops() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(30, 3)), rng.normal(size=(20, 3))
    there, back = naive_nearest(a, b), naive_nearest(b, a)
    assert chamfer(a, b) == pytest.approx((sum(there) / 30 + sum(back) / 20) / 2)
    near_a, near_b = sum(d <= 0.6 for d in there) / 30, sum(d <= 0.6 for d in back) / 20
    assert f_score(a, b, distance=0.6) == pytest.approx(2 * near_a * near_b / (near_a + near_b))
    assert f_score(a, b + 100) == 0.0
    assert (chamfer(a, a), f_score(a, a)) == (0.0, 1.0)


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("angle", [0.0, 0.7, 2.9])
def test_a_moved_copy_is_found_to_the_last_digit(angle: float, mirror: bool) -> None:
    points = sample_surface(corner(), 400, rng=np.random.default_rng(1))
    turn = turned(angle, (1, 2, -0.5)) @ np.diag([-1.0 if mirror else 1.0, 1, 1])
    other = 3.5 * points @ turn.T + (10, -4, 2)
    found = align(points, other)
    assert found.mirrored is mirror
    assert found.scale == pytest.approx(3.5)
    np.testing.assert_allclose(found.rotation, turn, atol=1e-6)
    np.testing.assert_allclose(found.scale * points @ np.array(found.rotation).T + found.shift, other, atol=1e-5)
    assert found.chamfer_after < 1e-7 <= found.chamfer_before + 1e-7
    assert found.f_score_after == 1.0


def test_two_samples_of_a_turned_shape_fit_as_well_as_two_of_one() -> None:
    rng = np.random.default_rng(2)
    one, two, three = (sample_surface(corner(), 800, rng=rng) for _ in range(3))
    radius = np.linalg.norm(one - one.mean(0), axis=1).max()
    floor = chamfer(one / radius, two / radius)
    found = align(one, three @ turned(1.1, (0, 1, 1)).T)
    assert found.chamfer_after < 1.2 * floor
    assert found.chamfer_before > 3 * floor
    assert found.f_score_after > 0.8 > found.f_score_before


def test_another_shape_does_not_fit() -> None:
    rng = np.random.default_rng(3)
    one, other = sample_surface(corner(), 800, rng=rng), sample_surface(box(2, 2, 2), 800, rng=rng)
    assert align(one, other).f_score_after < 0.5


def test_a_symmetric_shape_is_not_called_mirrored() -> None:
    rng = np.random.default_rng(4)
    one, two = (sample_surface(box(3, 2, 1), 500, rng=rng) for _ in range(2))
    assert not align(one, two * (-1, 1, 1)).mirrored


@pytest.mark.parametrize("points", [np.zeros((10, 3)), np.ones((3, 3)), np.zeros((0, 3))])
def test_what_has_no_extent_cannot_be_aligned(points: np.ndarray) -> None:
    with pytest.raises(InputError, match="expected at least 4"):
        align(points, np.eye(3)[[0, 1, 2, 0]])
