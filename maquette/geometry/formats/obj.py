"""Wavefront OBJ: vertices and faces are read; materials and textures lie in other files, which are never opened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float, Int, UInt8

from maquette.geometry.formats import text
from maquette.geometry.formats.parsed import Fault, Parsed, corner_colors, triangulate

__all__ = ["parse", "write"]


def parse(data: bytes) -> Parsed:
    """The triangles of an OBJ file; polygons are fanned, negative vertex numbers count back from the line they are on.

    Colors behind the coordinates of every vertex (a common extension) become colors of the faces.
    """
    vertices: list[text.Row] = []
    faces: list[text.Row] = []
    known: list[int] = []
    parts = 0
    materials = False
    for row in _joined(text.rows(text.decode(data))):
        key, words = row[1][0], row[1][1:]
        if key == "v":
            vertices.append((row[0], words))
        elif key == "f":
            if len(words) < 3:
                raise Fault(f"line {row[0]}: a face of {len(words)} corners, expected at least 3")
            faces.append((row[0], words))
            known.append(len(vertices))
        elif key == "o":
            parts += 1
        elif key in ("mtllib", "usemtl"):
            materials = True
    if not vertices:
        raise Fault("no vertices: expected lines like 'v 0.5 1 0'")
    if not faces:
        raise Fault(f"{len(vertices)} vertices but no faces: expected lines like 'f 1 2 3'")
    table = text.table(vertices, columns=3)
    if table is None:
        table = np.array([text.floats(row, row[1][:3]) for row in vertices], dtype=np.float64)
    corners, sizes = _corners(faces, known)
    triangles, _ = triangulate(corners, sizes, vertex_count=len(vertices))
    colors = None
    if table.shape[1] >= 6:
        values = np.nan_to_num(table[:, 3:6])
        colors = corner_colors(triangles, values * 255.0 if values.max() <= 1.0 else values)
    notes: dict[str, str | int | float | bool] = {}
    if parts > 1:
        notes["merged_parts"] = parts
    if materials:
        notes["ignored_materials"] = True
    return Parsed(table[:, :3], triangles, colors, notes)


def _joined(given: list[text.Row]) -> Iterator[text.Row]:
    """Lines that end in a backslash go on in the next."""
    number, before = 0, list[str]()
    for line, words in given:
        if not before:
            number = line
        if words[-1].endswith("\\"):
            before += [*words[:-1], *([words[-1][:-1]] if words[-1] != "\\" else [])]
            continue
        yield number, before + words
        before = []
    if before:
        yield number, before


def _corners(faces: Sequence[text.Row], known: Sequence[int]) -> tuple[Int[np.ndarray, "_"], Int[np.ndarray, "_"]]:
    """The corners of all faces, counted from 0, and how many each has; `known` are the vertices before each face."""
    found: list[int] = []
    for row in faces:
        found += text.integers(row, [word.partition("/")[0] for word in row[1]])
    sizes = np.array([len(words) for _, words in faces])
    numbers, before = np.array(found, dtype=np.int64), np.repeat(known, sizes)
    indices = np.where(numbers > 0, numbers - 1, numbers + before)
    # A positive number may point at a vertex further down: the whole file's count decides that, in triangulate.
    bad = np.flatnonzero((numbers == 0) | (indices < 0))
    if bad.size:
        raise Fault(
            f"line {faces[int(np.searchsorted(np.cumsum(sizes), bad[0], side='right'))][0]}: "
            f"vertex number {numbers[bad[0]]}, expected 1 or more, or -1 to -{before[bad[0]]} to count back from here"
        )
    return indices, sizes


def write(
    vertices: Float[np.ndarray, "P 3"], faces: Int[np.ndarray, "F 3"], colors: UInt8[np.ndarray, "F 3"] | None
) -> bytes:
    """An OBJ file with every digit of the coordinates; face colors would need a second file and are left out."""
    lines = ["v " + " ".join(map(repr, vertex)) for vertex in vertices.tolist()]
    lines += ["f " + " ".join(map(str, face)) for face in (faces + 1).tolist()]
    return ("\n".join(lines) + "\n").encode()
