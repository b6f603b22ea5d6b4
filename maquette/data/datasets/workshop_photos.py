"""Photos of the workshop's objects: any side, any light, any paint; on a plain ground, or before a busy background."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Literal

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFilter

from maquette.geometry.cameras import random_cameras
from maquette.geometry.light import random_light
from maquette.geometry.mesh import Mesh
from maquette.geometry.procedural.solid import palette
from maquette.geometry.render import render

__all__ = ["PhotoStyle", "encode_png", "take_photos"]

PhotoStyle = Literal["plain", "background"]

_REPAINTED = 0.35
"""Share of objects that are photographed in one new color instead of their own."""
_BLUR_PIXELS = 0.9
_GRAIN = 9.0


def take_photos(
    mesh: Mesh,
    *,
    resolution: int,
    style: PhotoStyle,
    paint: np.random.Generator,
    shots: Sequence[np.random.Generator],
) -> list[UInt8[np.ndarray, "H W 3"]]:
    """One square photo of a normalised mesh for each generator in `shots`; `paint` draws the object's color.

    Each shot has its own camera (0 to 55 degrees above the horizon, a little tilted and off center), light and
    background. `plain` is one pale color; `background` has a gradient, stains and clutter in any colors, and the photo
    is a little blurred and grainy. A shot depends on its own generator and on `paint`, not on the other shots.
    """
    if not shots:
        return []
    repainted = np.repeat(palette(1, rng=paint), len(mesh.faces), axis=0)
    color = repainted if paint.random() < _REPAINTED else None
    cameras = [random_cameras(1, rng=shot)[0] for shot in shots]
    lights = [random_light(shot) for shot in shots]
    ground = _plain if style == "plain" else _busy
    grounds = np.stack([ground(shot, resolution) for shot in shots])
    pictures = render(mesh, cameras, resolution=resolution, light=lights, color=color, background=grounds)
    if style == "plain":
        return list(pictures)
    return [_weather(picture, shot) for picture, shot in zip(pictures, shots, strict=True)]


def encode_png(picture: UInt8[np.ndarray, "H W 3"]) -> bytes:
    """The picture as a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", compress_level=4)
    return buffer.getvalue()


def _plain(rng: np.random.Generator, resolution: int) -> UInt8[np.ndarray, "H W 3"]:
    """One pale color, at times pure white."""
    color = np.full(3, 255.0) if rng.random() < 0.3 else rng.uniform(205, 255) + rng.uniform(-14, 14, 3)
    return np.broadcast_to(np.clip(color, 0, 255).astype(np.uint8), (resolution, resolution, 3))


def _busy(rng: np.random.Generator, resolution: int) -> UInt8[np.ndarray, "H W 3"]:
    """A wall and a floor, stained, with things lying about: all in colors that an object may have too."""
    top, bottom = palette(2, rng=rng).astype(np.float64)
    share = np.linspace(0.0, 1.0, resolution)[:, None, None]
    if rng.random() < 0.5:
        share = (share > rng.uniform(0.35, 0.8)) * 0.7 + 0.3 * share
    field = np.broadcast_to((1 - share) * top + share * bottom, (resolution, resolution, 3))
    cells = int(rng.integers(3, 12))
    stains = rng.normal(128, rng.uniform(5, 45), (cells, cells, 3 if rng.random() < 0.4 else 1)).clip(0, 255)
    coarse = Image.fromarray(np.broadcast_to(stains, (cells, cells, 3)).astype(np.uint8))
    stained = field + np.asarray(coarse.resize((resolution, resolution), Image.Resampling.BICUBIC)) - 128.0
    picture = Image.fromarray(stained.clip(0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    for color in palette(int(rng.integers(0, 7)) + 1, rng=rng)[1:].tolist():
        x, y = rng.uniform(-0.1, 1.0, 2) * resolution
        wide, high = rng.uniform(0.05, 0.45, 2) * resolution
        shape = draw.ellipse if rng.random() < 0.5 else draw.rectangle
        shape((x, y, x + wide, y + high), fill=tuple(color))
    blur = rng.uniform(0.0, 0.03) * resolution
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(blur)))


def _weather(picture: UInt8[np.ndarray, "H W 3"], rng: np.random.Generator) -> UInt8[np.ndarray, "H W 3"]:
    """The picture as a poor camera takes it: a little out of focus, with grain."""
    soft = Image.fromarray(picture).filter(ImageFilter.GaussianBlur(rng.uniform(0.0, _BLUR_PIXELS)))
    grain = rng.normal(0.0, rng.uniform(0.0, _GRAIN), picture.shape)
    grainy: UInt8[np.ndarray, "H W 3"] = (np.asarray(soft) + grain).round().clip(0, 255).astype(np.uint8)
    return grainy
