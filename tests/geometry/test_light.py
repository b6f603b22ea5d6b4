"""Light: brightness by hand, and colors there and back."""

from __future__ import annotations

import numpy as np
import pytest

from maquette.errors import ConfigError
from maquette.geometry.cameras import Camera
from maquette.geometry.light import Light, decode_color, encode_color, random_light

CAMERA = Camera(0.0, 0.0)
TOWARDS_CAMERA, UP, DOWN, BEHIND = np.array([[1, 0, 0], [0, 0, 1], [0, 0, -1], [-1, 0, 0]], dtype=np.float32)


def test_brightness_by_hand() -> None:
    light = Light(key=0.8, key_azimuth_degrees=0.0, key_elevation_degrees=60.0, head=0.3, sky=0.4, ground=0.2)
    normals = np.stack([TOWARDS_CAMERA, UP, DOWN, BEHIND])
    # key · cos + head · cos + ground + (sky − ground) · (1 + z) / 2
    wanted = [0.8 * 0.5 + 0.3 + 0.3, 0.8 * np.sqrt(3) / 2 + 0.4, 0.2, 0.3]
    np.testing.assert_allclose(light.brightness(normals, CAMERA), wanted, atol=1e-6)


def test_hollows_are_darker() -> None:
    light = Light(key=0.0, head=0.6, sky=0.4, ground=0.4, occlusion=0.5)
    openness = np.array([1.0, 0.0], dtype=np.float32)
    normals = np.stack([TOWARDS_CAMERA, TOWARDS_CAMERA])
    # Closed: dimming 1 − 0.5 = 0.5; ambient · 0.5, lamp · 0.75.
    wanted = [1.0, 0.6 * 0.75 + 0.4 * 0.5]
    np.testing.assert_allclose(light.brightness(normals, CAMERA, openness=openness), wanted, atol=1e-6)


def test_key_light_turns_with_the_camera() -> None:
    light = Light(key=1.0, key_azimuth_degrees=-30.0, key_elevation_degrees=0.0, head=0.0, sky=0.0, ground=0.0)
    for azimuth in (0.0, 77.0):
        camera = Camera(azimuth, 0.0)
        left = -camera.axes[0].astype(np.float32)
        assert light.brightness(left, camera) == pytest.approx(0.5, abs=1e-6)
        assert light.brightness(-left, camera) == 0.0


def test_colors_there_and_back() -> None:
    colors = np.arange(256).reshape(-1, 1)
    np.testing.assert_array_equal(encode_color(decode_color(colors)), colors)
    assert decode_color(np.array([51]))[0] == pytest.approx(0.04)
    np.testing.assert_array_equal(encode_color(np.array([-1.0, 7.0])), [0, 255])


def test_random_lights_differ_and_repeat_by_seed() -> None:
    lights = [random_light(np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert lights[0] == lights[1] != lights[2]


@pytest.mark.parametrize("wrong", [{"key": -0.1}, {"occlusion": 1.5}, {"tint": (1.0, -1.0, 1.0)}])
def test_impossible_lights_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="expected"):
        Light(**wrong)  # type: ignore[arg-type]  # the point of the test
