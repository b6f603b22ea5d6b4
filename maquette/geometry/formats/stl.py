"""STL, binary and ASCII: loose triangles. Normals and the vendors' color bits are ignored."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int, UInt8

from maquette.geometry.formats import text
from maquette.geometry.formats.parsed import Fault, Parsed

__all__ = ["parse", "write"]

_HEADER = 84
_RECORD = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])


def parse(data: bytes) -> Parsed:
    """The triangles of an STL file.

    Many binary files begin with `solid` as well, so the length that the binary header implies decides first.
    """
    promised = int.from_bytes(data[80:84], "little") if len(data) >= _HEADER else -1
    if promised >= 0 and len(data) == _HEADER + promised * _RECORD.itemsize:
        return _binary(data, promised)
    if data.lstrip()[:5].lower() == b"solid" and b"\0" not in data:
        return _ascii(data)
    if b"\0" not in data:
        raise Fault(f"not an STL file: text that begins with {text.beginning(data)}, expected 'solid'")
    if promised < 0:
        raise Fault(f"{len(data)} bytes: expected at least {_HEADER} for the header of a binary STL")
    if len(data) < _HEADER + promised * _RECORD.itemsize:
        whole = (len(data) - _HEADER) // _RECORD.itemsize
        raise Fault(
            f"truncated: the header promises {promised} faces ({_HEADER + promised * _RECORD.itemsize} bytes), "
            f"the file ends after {whole} faces, at byte {len(data)}"
        )
    return _binary(data, promised)


def _binary(data: bytes, count: int) -> Parsed:
    if count == 0:
        raise Fault("the header promises 0 faces: expected at least 1")
    records = np.frombuffer(data, dtype=_RECORD, count=count, offset=_HEADER)
    notes: dict[str, str | int | float | bool] = {"encoding": "binary"}
    extra = len(data) - _HEADER - count * _RECORD.itemsize
    if extra:
        notes["ignored_bytes"] = extra
    return Parsed(
        records["corners"].reshape(-1, 3).astype(np.float64), np.arange(count * 3).reshape(-1, 3), None, notes
    )


def _ascii(data: bytes) -> Parsed:
    corners: list[text.Row] = []
    solids = closed = facets = 0
    last = 0
    for number, words in text.rows(text.decode(data).lower(), comment="\n"):
        last = number
        key = words[0]
        if key == "vertex":
            corners.append((number, words[1:4]))
        elif key == "facet":
            if len(corners) != 3 * facets:
                raise Fault(f"line {number}: the face before has {len(corners) - 3 * facets + 3} corners, expected 3")
            facets += 1
        elif key == "solid":
            solids += 1
        elif key == "endsolid":
            closed += 1
    if facets == 0:
        raise Fault(f"no face in {last} lines: expected 'facet normal ...'")
    if len(corners) != 3 * facets or closed < solids:
        raise Fault(f"truncated: ends at line {last} in face {facets}, expected 'endsolid'")
    table = text.table(corners, columns=3)
    assert table is not None, "every row was cut to three words"
    notes: dict[str, str | int | float | bool] = {"encoding": "ascii"}
    if solids > 1:
        notes["merged_parts"] = solids
    return Parsed(table, np.arange(facets * 3).reshape(-1, 3), None, notes)


def write(
    vertices: Float[np.ndarray, "P 3"], faces: Int[np.ndarray, "F 3"], colors: UInt8[np.ndarray, "F 3"] | None
) -> bytes:
    """A binary STL file, coordinates rounded to float32. The format has no agreed place for colors: left out."""
    records = np.zeros(len(faces), dtype=_RECORD)
    corners = vertices[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    records["normal"] = np.divide(normals, lengths, out=np.zeros_like(normals), where=lengths > 0)
    records["corners"] = corners
    return b"maquette".ljust(80, b" ") + len(faces).to_bytes(4, "little") + records.tobytes()
