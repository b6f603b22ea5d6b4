"""What every parser hands back, what it raises, and how polygons become triangles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int, UInt8

__all__ = ["MAX_FLAT_FACES", "MAX_PLACEMENTS", "Fault", "Parsed", "corner_colors", "triangulate"]

MAX_FLAT_FACES = 5_000_000
"""Faces of a scene once every instance is written out; beyond it the file is refused before anything is allocated."""

MAX_PLACEMENTS = 10_000
"""Parts (nodes, components) that one scene may place; stops cycles and doubling chains of parts."""


class Fault(Exception):  # noqa: N818 - a fault of the file, turned into FileError where the path is known
    """What is wrong with the bytes at hand, in one line: what, where, and what was expected."""


@dataclass(frozen=True, eq=False)
class Parsed:
    """The content of a file as it stands there, before cleaning. No `faces`: the file is a point cloud."""

    vertices: Float[np.ndarray, "P 3"]
    faces: Int[np.ndarray, "F 3"] | None = None
    colors: UInt8[np.ndarray, "F 3"] | None = None
    notes: Mapping[str, str | int | float | bool] = field(default_factory=dict)


def triangulate(
    corners: Int[np.ndarray, "S"], sizes: Int[np.ndarray, "Q"], *, vertex_count: int
) -> tuple[Int[np.ndarray, "F 3"], Int[np.ndarray, "F"]]:
    """Triangles of Q polygons, each fanned from its first corner, and the number of the polygon each came from.

    `corners` are the polygons' corners one after another, `sizes` how many each has. Polygons of fewer than three
    corners give no triangle. A corner outside the vertices is a Fault that names the first such polygon.

    >>> triangulate(np.array([0, 1, 2, 3]), np.array([4]), vertex_count=4)[0].tolist()
    [[0, 1, 2], [0, 2, 3]]
    """
    outside = np.flatnonzero((corners < 0) | (corners >= vertex_count))
    starts = np.cumsum(sizes) - sizes
    if outside.size:
        polygon = int(np.searchsorted(starts + sizes, outside[0], side="right"))
        raise Fault(
            f"face {polygon} (counted from 0) refers to vertex {corners[outside[0]]}: expected 0 to {vertex_count - 1}"
        )
    fans = np.maximum(sizes - 2, 0)
    source = np.repeat(np.arange(len(sizes)), fans)
    step = np.arange(len(source)) - np.repeat(np.cumsum(fans) - fans, fans)
    first = starts[source]
    faces = np.stack([corners[first], corners[first + step + 1], corners[first + step + 2]], axis=1)
    return faces.astype(np.int64, copy=False), source


def corner_colors(faces: Int[np.ndarray, "F 3"], colors: Float[np.ndarray, "P 3"]) -> UInt8[np.ndarray, "F 3"]:
    """One RGB a face: the mean of its three corners' colors (0 to 255 each)."""
    painted: UInt8[np.ndarray, "F 3"] = np.clip(np.rint(colors[faces].mean(axis=1)), 0, 255).astype(np.uint8)
    return painted
