"""OFF, the format of ModelNet: a header of counts, one line a vertex, one line a face.

ModelNet's files often glue the counts to the magic word (`OFF490 518 0`). Colors may stand behind a face's corners
(`OFF`) or behind a vertex's coordinates (`COFF`), as whole numbers up to 255 or as fractions up to 1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int, UInt8

from maquette.geometry.formats import text
from maquette.geometry.formats.parsed import Fault, Parsed, corner_colors, triangulate

__all__ = ["parse", "write"]

_MAGIC = re.compile(r"(?:\s*#[^\n]*\n)*\s*(C?)OFF(?![A-Za-z])", re.IGNORECASE)


def parse(data: bytes) -> Parsed:
    """The triangles of an OFF file; polygons are fanned."""
    content = text.decode(data)
    magic = _MAGIC.match(content)
    if magic is None:
        raise Fault(f"not an OFF file: begins with {text.beginning(data)}, expected 'OFF' or 'COFF'")
    lines = text.rows(content[magic.end() :], first_line=1 + content[: magic.end()].count("\n"))
    if not lines:
        raise Fault("no counts after 'OFF': expected the numbers of vertices and faces")
    vertex_count, face_count = _counts(lines[0], len(data))
    if len(lines) - 1 < vertex_count + face_count:
        raise Fault(
            f"line {lines[0][0]} promises {vertex_count} vertices and {face_count} faces, "
            f"but only {len(lines) - 1} lines follow"
        )
    vertex_rows, face_rows = lines[1 : 1 + vertex_count], lines[1 + vertex_count : 1 + vertex_count + face_count]
    table = text.table(vertex_rows, columns=3)
    if table is None:
        table = np.array([text.floats(row, row[1][:3]) for row in vertex_rows], dtype=np.float64)
    corners, sizes, polygon_colors = _polygons(face_rows)
    faces, source = triangulate(corners, sizes, vertex_count=vertex_count)
    colors = None if polygon_colors is None else polygon_colors[source]
    if colors is None and magic[1] and table.shape[1] >= 6:
        colors = corner_colors(faces, _bytes(table[:, 3:6]).astype(np.float64))
    return Parsed(table[:, :3], faces, colors, {"dropped_faces": int((sizes < 3).sum())})


_Polygons = tuple[Int[np.ndarray, "_"], Int[np.ndarray, "_"], UInt8[np.ndarray, "_ 3"] | None]
"""The corners of all faces one after another, how many each has, and a color each or none."""


def _counts(row: text.Row, size: int) -> tuple[int, int]:
    if len(row[1]) < 2:
        raise Fault(f"line {row[0]}: {text.line(row[1])!r}, expected the numbers of vertices and faces")
    vertex_count, face_count = text.integers(row, row[1][:2])
    if vertex_count < 1 or face_count < 1:
        raise Fault(f"line {row[0]} promises {vertex_count} vertices and {face_count} faces: expected at least 1")
    # The shortest vertex is "0 0 0\n", the shortest face "1 0\n".
    if 6 * vertex_count + 4 * face_count > size + 1:
        raise Fault(
            f"line {row[0]} promises {vertex_count} vertices and {face_count} faces: "
            f"too many for a file of {size} bytes"
        )
    return vertex_count, face_count


def _polygons(
    face_rows: Sequence[text.Row],
) -> _Polygons:
    even = _even_polygons(face_rows)
    if even is not None:
        return even
    corners: list[int] = []
    sizes: list[int] = []
    colors: list[list[float]] = []
    for row in face_rows:
        words = row[1]
        (size,) = text.integers(row, words[:1])
        if size < 1 or len(words) < 1 + size:
            raise Fault(f"line {row[0]}: {text.line(words)!r}, expected a count of corners and as many vertex numbers")
        corners.extend(text.integers(row, words[1 : 1 + size]))
        sizes.append(size)
        if len(words) >= 4 + size:
            colors.append(text.floats(row, words[1 + size : 4 + size]))
    # Colors on some faces only: a shape half painted by accident is worse than an unpainted one.
    painted = _bytes(np.array(colors, dtype=np.float64)) if colors and len(colors) == len(sizes) else None
    return np.array(corners, dtype=np.int64), np.array(sizes, dtype=np.int64), painted


def _even_polygons(face_rows: Sequence[text.Row]) -> _Polygons | None:
    """All faces at once where they have the same number of corners, as nearly always; None where they have not."""
    table = text.table(face_rows, columns=1)
    if table is None or not (table[:, 0] == table[0, 0]).all() or not 1 <= table[0, 0] < table.shape[1]:
        return None
    size = int(table[0, 0])
    corners = table[:, 1 : 1 + size]
    if not (np.abs(corners) < 2**53).all() or (corners != np.rint(corners)).any():
        return None
    colors = _bytes(table[:, 1 + size : 4 + size]) if table.shape[1] >= 4 + size else None
    return corners.astype(np.int64).reshape(-1), np.full(len(table), size), colors


def _bytes(colors: Float[np.ndarray, "R 3"]) -> UInt8[np.ndarray, "R 3"]:
    scale = 255.0 if colors.size and colors.max() <= 1.0 else 1.0
    return np.clip(np.rint(np.nan_to_num(colors * scale)), 0, 255).astype(np.uint8)


def write(
    vertices: Float[np.ndarray, "P 3"], faces: Int[np.ndarray, "F 3"], colors: UInt8[np.ndarray, "F 3"] | None
) -> bytes:
    """An OFF file with every digit of the coordinates, and the colors behind the faces."""
    lines = ["OFF", f"{len(vertices)} {len(faces)} 0"]
    lines += [" ".join(map(repr, vertex)) for vertex in vertices.tolist()]
    numbers = faces if colors is None else np.concatenate([faces, colors.astype(np.int64)], axis=1)
    lines += ["3 " + " ".join(map(str, row)) for row in numbers.tolist()]
    return ("\n".join(lines) + "\n").encode()
