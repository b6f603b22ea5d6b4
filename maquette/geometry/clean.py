"""From what stood in a file to a sound mesh: finite, welded, without faces that have no area.

Everything that is dropped is counted in the notes; what cannot be mended is a Fault.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int

from maquette.geometry.formats.parsed import Fault, Parsed

__all__ = ["check_points", "clean", "compact", "has_area", "weld"]

_LARGEST = 1e150
"""Coordinates beyond it would overflow when squared."""

_FLATTEST = 1e-14
"""A face is degenerate if twice its area is below this, as a share of its longest side squared: rounding, not shape."""


def check_points(points: Float[np.ndarray, "N 3"], name: str) -> None:
    """Raises a Fault if a coordinate is NaN, infinite or absurdly large; says how many and which is the first."""
    finite = np.isfinite(points).all(axis=1)
    if not finite.all():
        first = int(np.argmin(finite))
        raise Fault(
            f"{int((~finite).sum())} of {len(points)} {name} are not finite, the first is number {first} "
            f"(counted from 0): {points[first].tolist()}"
        )
    large = (np.abs(points) > _LARGEST).any(axis=1)
    if large.any():
        first = int(np.argmax(large))
        raise Fault(f"{name} number {first} is at {points[first].tolist()}: expected coordinates up to {_LARGEST:g}")


def clean(parsed: Parsed) -> Parsed:
    """The mesh with equal vertices made one, and without degenerate faces and unused vertices; notes say how many.

    Order is kept: vertices stand where they first stood. Raises a Fault if no face is left.
    """
    assert parsed.faces is not None, "clouds need no cleaning"
    check_points(parsed.vertices, "vertices")
    vertices, faces = weld(parsed.vertices, parsed.faces)
    keep = has_area(vertices, faces)
    if not keep.any():
        raise Fault(f"all {len(faces)} faces are degenerate (no area): nothing is left")
    welded = len(vertices)
    vertices, faces = compact(vertices, faces[keep])
    notes = dict(parsed.notes)
    # A parser has counted the polygons of one or two corners, which gave no triangle.
    notes["dropped_faces"] = int((~keep).sum()) + int(notes.get("dropped_faces", 0))
    notes["merged_vertices"] = len(parsed.vertices) - welded
    notes["unused_vertices"] = welded - len(vertices)
    return Parsed(vertices, faces, None if parsed.colors is None else parsed.colors[keep], notes)


def weld(
    vertices: Float[np.ndarray, "P 3"], faces: Int[np.ndarray, "F 3"]
) -> tuple[Float[np.ndarray, "Q 3"], Int[np.ndarray, "F 3"]]:
    """The mesh with vertices at exactly equal places made one, in the order in which they first stood.

    >>> corners = np.array([[0.0, 0, 0], [1, 0, 0], [0, 0, 0]])
    >>> weld(corners, np.array([[0, 1, 2]]))[1].tolist()
    [[0, 1, 0]]
    """
    # Adding 0 turns -0 into 0, so that the two count as equal.
    order = np.lexsort((vertices + 0.0).T[::-1])
    ordered = vertices[order]
    begins = np.concatenate([[True], (ordered[1:] != ordered[:-1]).any(axis=1)]) if len(order) else np.zeros(0, bool)
    if begins.all():
        return vertices, faces
    group = np.empty(len(order), dtype=np.int64)
    group[order] = np.cumsum(begins) - 1
    # lexsort is stable: the first of a group is the one that stood first.
    first = order[begins]
    rank = np.empty(len(first), dtype=np.int64)
    by_place = np.argsort(first, kind="stable")
    rank[by_place] = np.arange(len(first))
    return vertices[first[by_place]], rank[group][faces]


def compact(
    vertices: Float[np.ndarray, "P 3"], faces: Int[np.ndarray, "F 3"]
) -> tuple[Float[np.ndarray, "Q 3"], Int[np.ndarray, "F 3"]]:
    """The mesh without vertices that no face uses."""
    used = np.zeros(len(vertices), dtype=bool)
    used[faces.reshape(-1)] = True
    if used.all():
        return vertices, faces
    return vertices[used], (np.cumsum(used) - 1)[faces]


def has_area(vertices: Float[np.ndarray, "P 3"], faces: Int[np.ndarray, "F 3"]) -> Bool[np.ndarray, "F"]:
    """Which faces span an area, at any scale: not those with two corners in one place or all three in a line."""
    extent = float(np.abs(vertices).max(initial=0.0))
    if extent == 0.0:
        return np.zeros(len(faces), dtype=bool)
    corners = (vertices / extent)[faces]
    sides = corners - corners[:, [1, 2, 0]]
    doubled = np.linalg.norm(np.cross(sides[:, 0], sides[:, 1]), axis=1)
    longest = (sides * sides).sum(axis=2).max(axis=1)
    found: Bool[np.ndarray, "F"] = (longest > 0) & (doubled > _FLATTEST * longest)
    return found
