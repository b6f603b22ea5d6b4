"""Cameras: by-hand axes, what fits in the picture, and even spreads."""

from __future__ import annotations

import math

import numpy as np
import pytest

from maquette.errors import ConfigError
from maquette.geometry.cameras import Camera, random_cameras, ring_cameras, sphere_cameras


def test_axes_by_hand() -> None:
    camera = Camera(0.0, 0.0, field_of_view_degrees=60.0)
    # From +x: forward is −x, right is +y, up is +z; the unit sphere fits at 1 / sin 30° = 2.
    np.testing.assert_allclose(camera.axes, [[0, 1, 0], [0, 0, 1], [-1, 0, 0]], atol=1e-12)
    np.testing.assert_allclose(camera.position, [2, 0, 0], atol=1e-12)
    assert camera.slope == pytest.approx(1 / math.sqrt(3))
    above = Camera(90.0, 90.0, distance=3.0, target=(1.0, 2.0, 3.0))
    np.testing.assert_allclose(above.position, [1, 2, 6], atol=1e-12)
    np.testing.assert_allclose(above.axes, [[-1, 0, 0], [0, -1, 0], [0, 0, -1]], atol=1e-12)


def test_axes_are_right_handed_whatever_the_angles() -> None:
    for camera in random_cameras(50, rng=np.random.default_rng(0), elevation_degrees=(-90.0, 90.0), roll_degrees=180.0):
        right, up, forward = camera.axes
        np.testing.assert_allclose(camera.axes @ camera.axes.T, np.eye(3), atol=1e-12)
        np.testing.assert_allclose(np.cross(right, up), -forward, atol=1e-12)


def test_roll_turns_the_camera_clockwise() -> None:
    # The camera's own up goes to where its right was.
    level, tilted = Camera(20.0, 10.0), Camera(20.0, 10.0, roll_degrees=90.0)
    np.testing.assert_allclose(tilted.axes[1], level.axes[0], atol=1e-12)


def test_the_unit_sphere_just_fits() -> None:
    for degrees in (20.0, 35.0, 90.0):
        camera = Camera(33.0, 12.0, field_of_view_degrees=degrees)
        distance = np.linalg.norm(camera.position)
        assert math.degrees(2 * math.asin(1 / distance)) == pytest.approx(degrees)


def test_ring_is_even_and_level() -> None:
    positions = np.array([camera.position for camera in ring_cameras(5, elevation_degrees=30.0)])
    steps = np.linalg.norm(positions - np.roll(positions, 1, axis=0), axis=1)
    np.testing.assert_allclose(steps, steps[0])
    np.testing.assert_allclose(positions[:, 2], positions[0, 2])
    assert positions[0, 2] > 0
    # Half of a ring's views are the ring of half as many.
    assert ring_cameras(8)[::2] == ring_cameras(4)


def test_sphere_covers_all_sides() -> None:
    towards = -np.array([camera.axes[2] for camera in sphere_cameras(40)])
    assert np.abs(towards.mean(axis=0)).max() < 0.03
    nearest = np.sort(towards @ towards.T, axis=1)[:, -2]
    assert np.degrees(np.arccos(nearest)).min() > 20  # 40 even caps are some 36° apart


def test_random_cameras_follow_the_generator_and_the_ranges() -> None:
    first, again = (random_cameras(20, rng=np.random.default_rng(5)) for _ in range(2))
    assert first == again
    assert first != random_cameras(20, rng=np.random.default_rng(6))
    for camera in first:
        assert 0 <= camera.elevation_degrees <= 55
        assert 25 <= camera.field_of_view_degrees <= 50
        assert max(map(abs, camera.target)) <= 0.08
        fits = 1 / math.sin(math.radians(camera.field_of_view_degrees) / 2)
        assert camera.distance is not None
        assert 0.9 <= camera.distance / fits <= 1.2


@pytest.mark.parametrize(
    "bad",
    [
        lambda: Camera(0.0, 91.0),
        lambda: Camera(0.0, 0.0, field_of_view_degrees=180.0),
        lambda: Camera(0.0, 0.0, distance=0.0),
        lambda: ring_cameras(0),
        lambda: sphere_cameras(-1),
    ],
)
def test_impossible_cameras_are_refused(bad: object) -> None:
    assert callable(bad)
    with pytest.raises(ConfigError, match="expected"):
        bad()
