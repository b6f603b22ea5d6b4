from __future__ import annotations

import numpy as np
import pytest

from maquette.errors import InputError
from maquette.geometry.mesh import Mesh
from maquette.geometry.sample import face_areas, farthest_points, sample_surface


@pytest.fixture
def steps() -> Mesh:
    """Three faces with areas 1, 0 and 3, on planes of their own: z = 0, 1, 2."""
    vertices = np.array([
        [0, 0, 0], [2, 0, 0], [0, 1, 0],
        [0, 0, 1], [1, 0, 1], [2, 0, 1],
        [0, 0, 2], [2, 0, 2], [0, 3, 2.0],
    ])  # fmt: skip
    return Mesh(vertices, np.arange(9).reshape(3, 3))


def test_areas_by_hand(steps: Mesh) -> None:
    assert face_areas(steps).tolist() == [1, 0, 3]


def test_points_fall_by_area_and_evenly_within_a_face(steps: Mesh) -> None:
    points = sample_surface(steps, 40_000, rng=np.random.default_rng(0))
    plane = points[:, 2].round(12)
    assert set(plane.tolist()) == {0.0, 2.0}
    # Binomial with p = 3/4: standard deviation 0.0022.
    assert (plane == 2).mean() == pytest.approx(0.75, abs=0.009)
    upper = points[plane == 2]
    assert (upper[:, :2] >= 0).all() and (upper[:, 0] / 2 + upper[:, 1] / 3 <= 1 + 1e-12).all()
    # The mean of a triangle is its center; the corner cut off at half height has a quarter of the area.
    np.testing.assert_allclose(upper[:, :2].mean(axis=0), [2 / 3, 1], atol=0.02)
    for part in (upper[:, 0] > 1, upper[:, 1] > 1.5, upper[:, 0] / 2 + upper[:, 1] / 3 < 0.5):
        assert part.mean() == pytest.approx(0.25, abs=0.011)


def test_points_lie_on_the_surface(prism: Mesh) -> None:
    points = sample_surface(prism, 500, rng=np.random.default_rng(5))
    corners = prism.vertices[prism.faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    distances = np.abs(np.einsum("nfd,fd->nf", points[:, None] - corners[None, :, 0], normals))
    assert distances.min(axis=1).max() < 1e-12


def test_the_seed_decides(prism: Mesh) -> None:
    first, again, other = (sample_surface(prism, 20, rng=np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_surfaces_that_cannot_be_sampled(prism: Mesh) -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="cannot sample 0 points"):
        sample_surface(prism, 0, rng=rng)
    with pytest.raises(InputError, match="1 faces without a finite area"):
        sample_surface(Mesh(np.zeros((3, 3)), np.array([[0, 1, 2]])), 5, rng=rng)


def test_farthest_points_by_hand() -> None:
    line = np.array([[0.0, 0, 0], [1, 0, 0], [2, 0, 0], [5, 0, 0], [10, 0, 0]])
    # From 0: 10 is farthest; then 5 (5 from both); then 2 (2 from 0) before 1.
    assert farthest_points(line, 5).tolist() == [0, 4, 3, 2, 1]
    assert farthest_points(line, 2, start=3).tolist() == [3, 0]


def test_farthest_points_agree_with_a_loop() -> None:
    points = np.random.default_rng(9).normal(size=(200, 3))
    chosen = [17]
    while len(chosen) < 40:
        gaps = [min(np.sum((point - points[c]) ** 2) for c in chosen) for point in points]
        chosen.append(int(np.argmax(gaps)))
    assert farthest_points(points, 40, start=17).tolist() == chosen


def test_farthest_points_are_different_even_in_one_place() -> None:
    assert farthest_points(np.ones((4, 3)), 4, start=2).tolist() == [2, 0, 1, 3]


@pytest.mark.parametrize(("count", "start"), [(0, 0), (5, 0), (2, 4), (2, -1)])
def test_farthest_points_that_are_not_there(count: int, start: int) -> None:
    with pytest.raises(InputError, match=f"cannot choose {count} of 4 points from number {start}"):
        farthest_points(np.ones((4, 3)), count, start=start)
