"""PLY, ASCII and binary, of meshes and of points only: the header, and what its elements mean as a shape.

How an element's rows are stored is in `ply_rows`.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int, UInt8

from maquette.geometry.formats import ply_rows, text
from maquette.geometry.formats.parsed import Fault, Parsed, corner_colors, triangulate
from maquette.geometry.formats.ply_rows import TYPES, Columns, Element, Property

__all__ = ["parse", "write", "write_points"]

_ENCODINGS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
_CORNERS = ("vertex_indices", "vertex_index")
_RGB = ("red", "green", "blue")


def parse(data: bytes) -> Parsed:
    """The triangles of a PLY file (polygons are fanned), or its points where it has no faces."""
    elements, encoding, start = _header(data)
    notes: dict[str, str | int | float | bool] = {"encoding": "ascii" if encoding == "ascii" else "binary"}
    if encoding == "ascii":
        columns = ply_rows.read_ascii(data, elements, start)
    else:
        columns = ply_rows.read_binary(data, elements, start, order=_ENCODINGS[encoding])
    vertex = columns.get("vertex", {})
    if any(axis not in vertex for axis in "xyz"):
        raise Fault("no element 'vertex' with properties x, y and z in the header")
    vertices = np.stack([vertex[axis][0].astype(np.float64) for axis in "xyz"], axis=1)
    if len(vertices) == 0:
        raise Fault("the header promises 0 vertices: expected at least 1")
    face = columns.get("face", {})
    lists = next((face[name] for name in _CORNERS if name in face), None)
    if lists is None or len(lists[1]) == 0:
        return Parsed(vertices, notes=notes)
    corners, sizes = lists[0].astype(np.int64), lists[1]
    faces, source = triangulate(corners, sizes, vertex_count=len(vertices))
    colors = _rgb(face)
    if colors is not None:
        painted = np.clip(np.rint(colors[source]), 0, 255).astype(np.uint8)
    else:
        colors = _rgb(vertex)
        painted = None if colors is None else corner_colors(faces, colors)
    return Parsed(vertices, faces, painted, {**notes, "dropped_faces": int((sizes < 3).sum())})


def _rgb(columns: Columns) -> Float[np.ndarray, "R 3"] | None:
    if any(name not in columns for name in _RGB):
        return None
    scale = 255.0 if columns["red"][0].dtype.kind == "f" else 1.0
    colors = np.stack([columns[name][0].astype(np.float64) for name in _RGB], axis=1)
    return np.nan_to_num(colors * scale)


def _header(data: bytes) -> tuple[list[Element], str, int]:
    """The elements in file order, the encoding, and the byte after the header."""
    if data[:4].rstrip() != b"ply":
        raise Fault(f"not a PLY file: begins with {text.beginning(data)}, expected 'ply'")
    elements: list[Element] = []
    encoding = ""
    number, position = 0, 0
    while True:
        end = data.find(b"\n", position)
        if end < 0 or number > 10_000:
            raise Fault(f"the header has no 'end_header' in {number} lines")
        words = data[position:end].decode("latin-1").split()
        number, position = number + 1, end + 1
        match words:
            case ["end_header"]:
                break
            case ["format", name, *_]:
                encoding = name
            case ["element", name, count]:
                elements.append(Element(name, _count(count, number), ()))
            case ["property", "list", counts, items, name] if elements and counts in TYPES and items in TYPES:
                elements[-1] = elements[-1].plus(Property(name, TYPES[items], TYPES[counts]))
            case ["property", kind, name] if elements and kind in TYPES:
                elements[-1] = elements[-1].plus(Property(name, TYPES[kind], None))
            case [] | ["ply"] | ["comment", *_] | ["obj_info", *_]:
                pass
            case _:
                raise Fault(f"line {number}: {text.line(words)!r} is no header line of a PLY file")
    if encoding not in _ENCODINGS:
        raise Fault(f"format {encoding!r} in the header, expected one of {', '.join(sorted(_ENCODINGS))}")
    left = len(data) - position
    for element in elements:
        # In ASCII a value takes at least a digit and a separator, in binary its own width.
        smallest = 2 * len(element.properties) if encoding == "ascii" else element.smallest
        if element.count * smallest > left + 1:
            raise Fault(
                f"the header promises {element.count} x {element.name} (at least {element.count * smallest} bytes), "
                f"but {left} bytes follow"
            )
    return elements, encoding, position


def _count(word: str, number: int) -> int:
    if not word.isdigit():
        raise Fault(f"line {number}: count {word[:20]!r}, expected a whole number")
    return int(word)


def _intro(vertex_count: int) -> str:
    axes = "".join(f"property double {axis}\n" for axis in "xyz")
    return f"ply\nformat binary_little_endian 1.0\nelement vertex {vertex_count}\n{axes}"


def write(
    vertices: Float[np.ndarray, "P 3"], faces: Int[np.ndarray, "F 3"], colors: UInt8[np.ndarray, "F 3"] | None
) -> bytes:
    """A binary PLY file, float64 coordinates, with the colors of the faces."""
    layout: list[tuple[str, str] | tuple[str, str, int]] = [("count", "u1"), ("corners", "<i4", 3)]
    header = _intro(len(vertices)) + f"element face {len(faces)}\nproperty list uchar int vertex_indices\n"
    if colors is not None:
        header += "".join(f"property uchar {name}\n" for name in _RGB)
        layout.append(("rgb", "u1", 3))
    records = np.zeros(len(faces), dtype=np.dtype(layout))
    records["count"] = 3
    records["corners"] = faces
    if colors is not None:
        records["rgb"] = colors
    return (header + "end_header\n").encode() + vertices.astype("<f8").tobytes() + records.tobytes()


def write_points(points: Float[np.ndarray, "N 3"]) -> bytes:
    """A binary PLY file of points only, float64."""
    return (_intro(len(points)) + "end_header\n").encode() + points.astype("<f8").tobytes()
