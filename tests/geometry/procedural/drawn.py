"""Objects drawn for the tests of the procedural classes, and what is measured of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from maquette.geometry.mesh import Mesh

DRAWS = 16


@cache
def draw(build: Callable[[np.random.Generator], Mesh], number: int) -> Mesh:
    """Drawn once for all tests: no test writes into an object."""
    return build(np.random.default_rng([number, 11]))


def draws(build: Callable[[np.random.Generator], Mesh], count: int = DRAWS) -> list[Mesh]:
    return [draw(build, number) for number in range(count)]


def extents(build: Callable[[np.random.Generator], Mesh], count: int = DRAWS) -> np.ndarray:
    """Widths along x, y, z, one row an object."""
    return np.array([np.ptp(mesh.vertices, axis=0) for mesh in draws(build, count)])


def slenderness(build: Callable[[np.random.Generator], Mesh], count: int = DRAWS) -> np.ndarray:
    """Height over the larger width, one an object."""
    sizes = extents(build, count)
    return np.asarray(sizes[:, 2] / sizes[:, :2].max(axis=1))


def volume(mesh: Mesh) -> float:
    a, b, c = (mesh.vertices[mesh.faces[:, corner]] for corner in range(3))
    return float((a * np.cross(b, c)).sum() / 6.0)


def is_mirrored(mesh: Mesh, axis: int) -> bool:
    """Whether the vertices are their own mirror image."""
    flipped = mesh.vertices.copy()
    flipped[:, axis] *= -1
    points = {tuple(row) for row in (mesh.vertices.round(6) + 0.0).tolist()}
    return points == {tuple(row) for row in (flipped.round(6) + 0.0).tolist()}


def overlap(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether the ranges of two samples overlap."""
    return bool(max(first.min(), second.min()) < min(first.max(), second.max()))
