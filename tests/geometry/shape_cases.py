"""Small meshes whose pictures can be worked out: used by the tests of rendering and of the modalities."""

from __future__ import annotations

import numpy as np

from maquette.geometry.mesh import Mesh


def box(*, half: float = 0.5) -> Mesh:
    """A cube around 0, twelve triangles turned outwards; faces 0 and 1 are its top."""
    vertices = half * np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float64)
    quads = [(1, 5, 7, 3), (0, 2, 6, 4), (0, 4, 5, 1), (2, 3, 7, 6), (0, 1, 3, 2), (4, 6, 7, 5)]
    faces = [corners for a, b, c, d in quads for corners in ((a, b, c), (a, c, d))]
    return Mesh(vertices, np.array(faces))


def ball(*, rings: int = 24, sectors: int = 48) -> Mesh:
    """The unit sphere as a net of triangles between circles of latitude, turned outwards."""
    polar, turn = np.pi * np.arange(1, rings) / rings, 2 * np.pi * np.arange(sectors) / sectors
    grid = np.stack(
        [np.outer(np.sin(polar), np.cos(turn)), np.outer(np.sin(polar), np.sin(turn)),
         np.repeat(np.cos(polar)[:, None], sectors, axis=1)], axis=2,
    ).reshape(-1, 3)  # fmt: skip
    number = np.arange(len(grid)).reshape(rings - 1, sectors)
    here, there = number, np.roll(number, -1, axis=1)
    top, bottom = np.full(sectors, len(grid)), np.full(sectors, len(grid) + 1)
    faces = [
        np.stack([top, here[0], there[0]], axis=1),
        np.stack([bottom, there[-1], here[-1]], axis=1),
        np.stack([here[:-1].ravel(), here[1:].ravel(), there[1:].ravel()], axis=1),
        np.stack([here[:-1].ravel(), there[1:].ravel(), there[:-1].ravel()], axis=1),
    ]
    return Mesh(np.concatenate([grid, [[0, 0, 1], [0, 0, -1]]]), np.concatenate(faces))


def soup(*, count: int, size: float = 0.12, seed: int = 0) -> Mesh:
    """Loose random triangles inside the unit sphere."""
    rng = np.random.default_rng(seed)
    centers = rng.uniform(-0.45, 0.45, (count, 1, 3))
    corners = centers + rng.uniform(-size, size, (count, 3, 3))
    return Mesh(corners.reshape(-1, 3), np.arange(3 * count).reshape(-1, 3))
