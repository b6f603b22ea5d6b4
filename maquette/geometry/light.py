"""What the light does to a surface: one distant key light, a lamp at the camera, and a soft sky above a darker ground.

Everything here is diffuse, so a point's brightness depends on its normal alone; renderers of meshes and of point
clouds share it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Shaped, UInt8

from maquette.errors import ConfigError
from maquette.geometry.cameras import Camera

__all__ = ["Light", "decode_color", "encode_color", "random_light"]


@dataclass(frozen=True)
class Light:
    """Strengths of the lights (1 shows a white surface as white), and where the key light stands.

    The key light's azimuth is counted from the camera's (negative: at the camera's left), so that every view of a ring
    is lit alike. `sky` and `ground` shine on what faces straight up and straight down, blended between. `occlusion`
    0 to 1 is how much corners and hollows darken; 0 saves its cost. `tint` colors all of it.
    """

    key: float = 0.7
    key_azimuth_degrees: float = -40.0
    key_elevation_degrees: float = 50.0
    head: float = 0.12
    sky: float = 0.3
    ground: float = 0.05
    occlusion: float = 0.9
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def __post_init__(self) -> None:
        if min(self.key, self.head, self.sky, self.ground, *self.tint) < 0.0:
            raise ConfigError(f"a light below 0 in {self}: expected strengths and tint of 0 or more")
        if not 0.0 <= self.occlusion <= 1.0:
            raise ConfigError(f"occlusion {self.occlusion}: expected 0 (none) to 1 (hollows go dark)")

    def brightness(
        self, normals: Float[np.ndarray, "*N 3"], camera: Camera, *, openness: Float[np.ndarray, "*N"] | None = None
    ) -> Float[np.ndarray, "*N"]:
        """Brightness in linear light of white surfaces with these unit normals, which must face the camera.

        `openness` is the share of the surroundings that each point sees (1: all); it dims the sky in full and the
        lamps by half, for a hollow still gets what comes straight at it.
        """
        azimuth = math.radians(camera.azimuth_degrees + self.key_azimuth_degrees)
        elevation = math.radians(self.key_elevation_degrees)
        towards_key = np.array(
            [math.cos(elevation) * math.cos(azimuth), math.cos(elevation) * math.sin(azimuth), math.sin(elevation)],
            dtype=normals.dtype,
        )
        towards_camera = -camera.axes[2].astype(normals.dtype)
        key = np.maximum(normals @ towards_key, 0.0)
        head = np.maximum(normals @ towards_camera, 0.0)
        upward = 0.5 + 0.5 * normals[..., 2]
        lamps = self.key * key + self.head * head
        ambient = self.ground + (self.sky - self.ground) * upward
        if openness is not None:
            dimming = 1.0 - self.occlusion * (1.0 - openness)
            lamps *= 0.5 + 0.5 * dimming
            ambient *= dimming
        return np.asarray(lamps + ambient, dtype=normals.dtype)


def random_light(rng: np.random.Generator) -> Light:
    """A light as photos have it: from any side but behind, strong or soft, slightly warm or cold."""
    warmth = rng.uniform(-0.12, 0.12)
    return Light(
        key=rng.uniform(0.3, 0.75),
        key_azimuth_degrees=rng.uniform(-110.0, 110.0),
        key_elevation_degrees=rng.uniform(15.0, 75.0),
        head=rng.uniform(0.05, 0.3),
        sky=rng.uniform(0.25, 0.55),
        ground=rng.uniform(0.08, 0.25),
        tint=(1.0 + warmth, 1.0, 1.0 - warmth),
    )


def decode_color(color: Shaped[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """0..255 as stored → 0..1 in linear light, by a square: near enough to sRGB, and far cheaper than its power."""
    linear: Float[np.ndarray, "..."] = np.square(np.asarray(color, dtype=np.float32) / 255.0)
    return linear


def encode_color(linear: Float[np.ndarray, "..."]) -> UInt8[np.ndarray, "..."]:
    """The inverse of `decode_color`, cut to 0..255 and rounded to uint8.

    >>> encode_color(decode_color(np.arange(256))).tolist() == list(range(256))
    True
    """
    color: UInt8[np.ndarray, "..."] = (np.sqrt(np.clip(linear, 0.0, 1.0)) * 255.0 + 0.5).astype(np.uint8)
    return color
