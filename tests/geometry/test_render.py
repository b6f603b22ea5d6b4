"""Rendering: against a plain ray caster, by area, by symmetry, and the same bytes in another process."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from maquette.errors import ConfigError, InputError
from maquette.geometry.cameras import Camera, random_cameras, ring_cameras, sphere_cameras
from maquette.geometry.light import Light, decode_color
from maquette.geometry.mesh import Mesh
from maquette.geometry.render import CLAY, backdrop, render
from tests.geometry.shape_cases import ball, box, soup

WHITE_LIGHT = Light(key=0.0, head=0.0, sky=1.0, ground=1.0, occlusion=0.0)
"""Shows every surface in its own color, from all sides."""


def nearest_faces(mesh: Mesh, camera: Camera, resolution: int) -> np.ndarray:
    """The face in the middle of each pixel, or -1: one ray after the other, one triangle after the other."""
    right, up, forward = camera.axes
    found = np.full((resolution, resolution), -1)
    for row in range(resolution):
        for column in range(resolution):
            x = (2 * (column + 0.5) / resolution - 1) * camera.slope
            y = (1 - 2 * (row + 0.5) / resolution) * camera.slope
            direction = forward + x * right + y * up
            best = np.inf
            for number, face in enumerate(mesh.faces):
                a, b, c = mesh.vertices[face]
                # origin + t · direction = a + u (b − a) + v (c − a)
                system = np.stack([-direction, b - a, c - a], axis=1)
                if abs(np.linalg.det(system)) < 1e-12:
                    continue
                t, u, v = np.linalg.solve(system, camera.position - a)
                if 0 < t < best and u >= 0 and v >= 0 and u + v <= 1:
                    best, found[row, column] = t, number
    return found


@pytest.mark.parametrize("camera", [*random_cameras(2, rng=np.random.default_rng(3)), Camera(10.0, 90.0)])
def test_agrees_with_one_ray_after_the_other(camera: Camera) -> None:
    mesh = soup(count=25, size=0.4)
    colors = np.stack([10 * np.arange(25), 255 - 10 * np.arange(25), np.full(25, 77)], axis=1).astype(np.uint8)
    image = render(
        replace(mesh, colors=colors), [camera], resolution=20, supersample=1, light=WHITE_LIGHT, background=(1, 2, 3)
    )[0]
    faces = nearest_faces(mesh, camera, 20)
    assert (faces >= 0).sum() > 40
    wanted = np.where(faces[..., None] >= 0, colors[faces], (1, 2, 3))
    # A ray through the very edge of a triangle may fall either way.
    assert (np.abs(image.astype(int) - wanted).max(axis=2) > 0).mean() < 0.01


def test_the_ball_fills_its_circle() -> None:
    image = render(ball(rings=64, sectors=128), [Camera(0.0, 0.0)], resolution=200, color=(0, 0, 0))[0]
    drawn = 1.0 - decode_color(image[..., 0])
    assert drawn.mean() == pytest.approx(np.pi / 4, rel=2e-3)
    assert drawn[100, 1] > 0.9
    assert drawn[100, -2] > 0.9
    assert drawn[5, 5] == 0.0


def test_supersampling_is_the_mean_of_a_finer_picture() -> None:
    mesh, cameras = soup(count=60), ring_cameras(2)
    fine = decode_color(render(mesh, cameras, resolution=96, supersample=1))
    coarse = decode_color(render(mesh, cameras, resolution=32, supersample=3))
    np.testing.assert_allclose(coarse, fine.reshape(2, 32, 3, 32, 3, 3).mean(axis=(2, 4)), atol=0.006)


@pytest.mark.parametrize("distance", [None, 0.5, 1.5])
def test_skipping_empty_tiles_loses_nothing(distance: float | None) -> None:
    # From inside the soup too, where triangles lie behind the camera.
    mesh = soup(count=200, seed=4)
    for camera in sphere_cameras(6):
        near = replace(camera, distance=distance)
        small = render(mesh, [near], resolution=61, supersample=1, light=WHITE_LIGHT, color=(0, 0, 0))[0]
        far_away = Mesh(np.concatenate([mesh.vertices, [[0.0, 0, 0]] * 3 + 1e-4 * np.eye(3) - 90 * near.axes[2]]),
                        np.concatenate([mesh.faces, [[600, 601, 602]]]))  # fmt: skip
        # A speck behind the camera makes every pixel count as touched.
        whole = render(far_away, [near], resolution=61, supersample=1, light=WHITE_LIGHT, color=(0, 0, 0))[0]
        assert (small == 0).any()
        np.testing.assert_array_equal(small, whole)


def test_the_side_of_the_faces_does_not_matter() -> None:
    mesh = box()
    turned = mesh.faces.copy()
    turned[::2] = turned[::2, ::-1]
    cameras = ring_cameras(3)
    first, second = render(mesh, cameras), render(Mesh(mesh.vertices, turned), cameras)
    assert np.abs(first.astype(int) - second).max() <= 2


def test_triangles_apart_look_like_triangles_together() -> None:
    mesh = ball()
    apart = Mesh(mesh.vertices[mesh.faces].reshape(-1, 3), np.arange(3 * len(mesh.faces)).reshape(-1, 3))
    np.testing.assert_array_equal(render(mesh, ring_cameras(2)), render(apart, ring_cameras(2)))


def test_smooth_has_more_shades_than_facets() -> None:
    mesh = ball(rings=8, sectors=12)
    smooth, flat = (
        len(np.unique(render(mesh, [Camera(0.0, 0.0)], supersample=1, smooth=choice))) for choice in (True, False)
    )
    assert flat <= 60 < smooth


def test_colors_of_faces_and_who_wins() -> None:
    colors = np.full((12, 3), 40, dtype=np.uint8)
    colors[:2] = (250, 20, 10)
    above, mesh = [Camera(0.0, 90.0)], replace(box(), colors=colors)
    middle = (0, 112, 112)
    assert tuple(render(mesh, above, light=WHITE_LIGHT)[middle]) == (250, 20, 10)
    assert tuple(render(mesh, above, light=WHITE_LIGHT, color=(1, 2, 3))[middle]) == (1, 2, 3)
    assert tuple(render(mesh, above, light=WHITE_LIGHT, color=255 - colors)[middle]) == (5, 235, 245)
    assert tuple(render(box(), above, light=WHITE_LIGHT)[middle]) == CLAY
    tinted = replace(WHITE_LIGHT, tint=(0.25, 1.0, 1.0))
    assert tuple(render(mesh, above, light=tinted)[middle]) == (125, 20, 10)


def test_backgrounds() -> None:
    mesh, cameras = box(half=0.2), ring_cameras(2)
    corner = (slice(None), 0, 0)
    assert render(mesh, cameras, resolution=16)[corner].tolist() == [[255] * 3] * 2
    assert render(mesh, cameras, resolution=16, background=(9, 8, 7))[corner].tolist() == [[9, 8, 7]] * 2
    fade = backdrop((0, 100, 200), (30, 100, 100), resolution=16)
    assert (fade[0, 5].tolist(), fade[-1, 5].tolist()) == ([0, 100, 200], [30, 100, 100])
    pictures = np.stack([fade, 255 - fade])
    for image, behind in zip(render(mesh, cameras, resolution=16, background=pictures), pictures, strict=True):
        np.testing.assert_array_equal(image[0], behind[0])
        assert (image[8, 8] != behind[8, 8]).any()
    with pytest.raises(ConfigError, match=r"background of shape \(4, 4, 3\)"):
        render(mesh, cameras, resolution=16, background=np.zeros((4, 4, 3), dtype=np.uint8))


def test_one_light_a_camera() -> None:
    cameras = [Camera(0.0, 30.0)] * 2
    lights = [Light(), replace(WHITE_LIGHT, sky=0.25, ground=0.25)]
    both = render(box(), cameras, resolution=32, light=lights)
    assert both[1, 16, 16, 0] == 103  # half of clay's 205, rounded
    np.testing.assert_array_equal(both[0], render(box(), cameras[:1], resolution=32)[0])
    with pytest.raises(ConfigError, match="1 lights for 2 cameras"):
        render(box(), cameras, light=[Light()])


def test_nothing_to_draw() -> None:
    with pytest.raises(InputError, match="0 faces"):
        render(Mesh(np.zeros((0, 3)), np.zeros((0, 3), dtype=np.int64)), ring_cameras(1))
    with pytest.raises(ConfigError, match="supersample 0"):
        render(box(), ring_cameras(1), supersample=0)
    assert render(box(), [], resolution=8).shape == (0, 8, 8, 3)
    away = Camera(0.0, 0.0, distance=1.0, target=(50.0, 0.0, 0.0))
    assert (render(box(), [away], resolution=8) == 255).all()


def test_arguments_stay_as_they_are() -> None:
    mesh, background = box(), backdrop((0, 0, 0), (255, 255, 255), resolution=32)
    before = (mesh.vertices.copy(), mesh.faces.copy(), background.copy())
    render(mesh, ring_cameras(2), resolution=32, background=background)
    for array, copy in zip((mesh.vertices, mesh.faces, background), before, strict=True):
        np.testing.assert_array_equal(array, copy)


PROGRAM = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
from tests.geometry.shape_cases import soup
from maquette.geometry.cameras import ring_cameras
from maquette.geometry.render import render
print(hashlib.sha256(render(soup(count=20000), ring_cameras(2), resolution=96).tobytes()).hexdigest())
"""


def test_same_bytes_here_and_in_another_process() -> None:
    here = [
        hashlib.sha256(render(soup(count=20000), ring_cameras(2), resolution=96).tobytes()).hexdigest()
        for _ in range(2)
    ]
    arguments = [sys.executable, "-c", PROGRAM, str(Path(__file__).parent)]
    there = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout.split()
    assert {*here, *there} == {here[0]}
