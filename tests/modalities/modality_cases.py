"""Shapes and files that the tests of the modalities share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from maquette.geometry.mesh import Cloud, Mesh


def wedge() -> Mesh:
    """A normalised box without symmetry: twelve faces, corners at radius 1."""
    corners = np.array([[x, y, z] for x in (-3, 3) for y in (-2, 2) for z in (-1, 1)], dtype=np.float64)
    quads = [(1, 5, 7, 3), (0, 2, 6, 4), (0, 4, 5, 1), (2, 3, 7, 6), (0, 1, 3, 2), (4, 6, 7, 5)]
    faces = [triangle for a, b, c, d in quads for triangle in ((a, b, c), (a, c, d))]
    return Mesh(corners / np.sqrt(14.0), np.array(faces), notes={"format": "made up"})


def cloud(count: int, *, seed: int = 0) -> Cloud:
    """Points on the unit sphere."""
    points = np.random.default_rng(seed).standard_normal((count, 3))
    return Cloud(points / np.linalg.norm(points, axis=1, keepdims=True))


def photo(path: Path, color: tuple[int, ...], *, size: tuple[int, int] = (20, 20), mode: str = "RGB") -> Path:
    """A file with a picture of one color."""
    Image.new(mode, size, color if len(color) > 1 else color[0]).save(path)
    return path
