"""Splats: against a plain depth buffer, normals of known surfaces, degenerate clouds."""

from __future__ import annotations

import numpy as np
import pytest

from maquette.errors import InputError
from maquette.geometry.cameras import Camera, ring_cameras
from maquette.geometry.light import Light, decode_color
from maquette.geometry.mesh import Cloud
from maquette.geometry.splat import cloud_normals, nearest_discs, splat


def sphere_points(count: int, seed: int = 0) -> np.ndarray:
    points: np.ndarray = np.random.default_rng(seed).standard_normal((count, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    return points


def test_agrees_with_a_plain_depth_buffer() -> None:
    camera, size = Camera(25.0, 20.0), 40
    points = sphere_points(60).astype(np.float32)
    radius = np.random.default_rng(1).uniform(0.02, 0.2, 60).astype(np.float32)
    right, up, forward = camera.axes
    wanted, depths = np.full((size, size), -1), np.full((size, size), np.inf)
    for number, point in enumerate(points):
        offset = point - camera.position
        depth, scale = offset @ forward, size / (2 * camera.slope)
        x, y = size / 2 + offset @ right / depth * scale, size / 2 - offset @ up / depth * scale
        reach = max(radius[number] / depth * scale, 0.75)
        for row in range(size):
            for column in range(size):
                inside = (column + 0.5 - x) ** 2 + (row + 0.5 - y) ** 2 <= reach**2
                if inside and depth < depths[row, column]:
                    wanted[row, column], depths[row, column] = number, depth
    found = nearest_discs(points, radius, camera, size)
    assert (wanted >= 0).sum() > 300
    assert (found != wanted).mean() < 0.002  # float32 against float64 at a disc's rim


def test_normals_of_a_plane_and_of_a_sphere() -> None:
    flat = np.random.default_rng(0).uniform(-1, 1, (300, 3)) * (1, 1, 0)
    normals, spacing, flatness = cloud_normals(flat)
    np.testing.assert_allclose(np.abs(normals[:, 2]), 1.0, atol=1e-5)
    np.testing.assert_allclose(flatness, 1.0, atol=1e-5)
    order = np.sort(np.linalg.norm(flat[7] - flat, axis=1))
    assert spacing[7] == pytest.approx(order[4], rel=1e-6)
    points = sphere_points(2000)
    normals, _, _ = cloud_normals(points)
    assert np.quantile(np.abs(np.einsum("nk,nk->n", normals, points)), 0.01) > 0.98


def test_a_sphere_of_points_is_round_and_lit_from_the_left() -> None:
    image = splat(Cloud(sphere_points(4000)), [Camera(0.0, 0.0)], resolution=64)[0].astype(float)
    drawn = image[..., 0] < 255
    assert drawn.mean() == pytest.approx(np.pi / 4, abs=0.09)
    assert not drawn[:5, :5].any()
    assert image[28:36, 14:20].mean() > image[28:36, 46:52].mean() + 15


def test_same_bytes_twice_and_discs_shrink_with_density() -> None:
    cloud, cameras = Cloud(sphere_points(800)), ring_cameras(2)
    first = splat(cloud, cameras, resolution=48)
    assert first.tobytes() == splat(cloud, cameras, resolution=48).tobytes()
    assert (first[0] != first[1]).any()
    one_in_many = [
        (splat(Cloud(sphere_points(count)[:400]), cameras, resolution=48) < 255).mean() for count in (400, 40000)
    ]
    assert one_in_many[0] == pytest.approx(one_in_many[1], rel=0.1)
    assert cloud_normals(sphere_points(4000))[1].mean() < 0.5 * cloud_normals(sphere_points(400))[1].mean()


def test_color_and_background() -> None:
    light = Light(key=0.0, head=0.0, sky=1.0, ground=1.0)
    image = splat(
        Cloud(sphere_points(3000)), [Camera(0.0, 0.0)], light=light, color=(200, 20, 60), background=(0, 9, 0)
    )
    assert tuple(image[0, 112, 112]) == (200, 20, 60)
    assert tuple(image[0, 0, 0]) == (0, 9, 0)


@pytest.mark.parametrize(
    "points", [[[0, 0, 0]], [[0, 0, 0]] * 5, [[0.5, 0, 0], [-0.5, 0, 0]], [[0, 0, 1e-9 * k] for k in range(30)]]
)
def test_a_few_points_and_points_in_one_place(points: list[list[float]]) -> None:
    image = splat(Cloud(np.array(points, dtype=np.float64)), [Camera(0.0, 0.0)], resolution=64)[0]
    drawn = decode_color(image).min(axis=2) < 1
    assert 0 < drawn.mean() < 0.02
    assert drawn[20:44, 10:54].sum() == drawn.sum()


def test_no_points_and_points_behind_the_camera() -> None:
    with pytest.raises(InputError, match="0 points"):
        splat(Cloud(np.zeros((0, 3))), ring_cameras(1))
    away = Camera(0.0, 0.0, distance=1.0, target=(-50.0, 0.0, 0.0))
    assert (splat(Cloud(sphere_points(50)), [away], resolution=16) == 255).all()
