"""Point clouds as bare numbers: NumPy arrays (.npy) and text with one point a line (.xyz)."""

from __future__ import annotations

import ast
import io
from typing import Any

import numpy as np
from jaxtyping import Float

from maquette.geometry.formats import text
from maquette.geometry.formats.parsed import Fault, Parsed

__all__ = ["parse_npy", "parse_xyz", "write_npy", "write_xyz"]

_LONGEST_HEADER = 10_000


def parse_npy(data: bytes) -> Parsed:
    """The first three columns of an (N, 3 or more) array of numbers. Pickled objects are refused."""
    if not data.startswith(b"\x93NUMPY") or len(data) < 12:
        raise Fault(f"not a NumPy file: begins with {text.beginning(data)}, expected '\\x93NUMPY'")
    # Version 1 has two bytes for the header's length, version 2 and 3 four.
    begin = 10 if data[6] == 1 else 12
    start = begin + int.from_bytes(data[8:begin], "little")
    if start > len(data) or start > _LONGEST_HEADER:
        raise Fault(f"the NumPy header promises to end at byte {start}, the file has {len(data)}")
    dtype, shape, fortran = _header(data[begin:start])
    if dtype.kind not in "fiu":
        raise Fault(f"array of type {dtype}, expected numbers (float or int)")
    if len(shape) != 2 or shape[1] < 3 or shape[0] < 1:
        raise Fault(f"array of shape {shape}, expected (N, 3) or more columns, N at least 1")
    count = shape[0] * shape[1]
    left = len(data) - start
    if count * dtype.itemsize > left:
        raise Fault(f"the header promises {shape} {dtype} ({count * dtype.itemsize} bytes), but {left} bytes follow")
    flat = np.frombuffer(data, dtype=dtype, count=count, offset=start)
    array = flat.reshape(shape, order="F" if fortran else "C")
    return Parsed(array[:, :3].astype(np.float64), notes=_columns(shape[1]))


def _header(content: bytes) -> tuple[np.dtype[Any], tuple[int, ...], bool]:
    try:
        match ast.literal_eval(content.decode("latin-1").strip()):
            case {"descr": str(descr), "fortran_order": bool(fortran), "shape": tuple(shape)}:
                if all(type(size) is int and size >= 0 for size in shape):
                    return np.dtype(descr), shape, fortran
            case {"descr": list()}:
                raise Fault("array of records, expected numbers (float or int)")
            case _:
                pass
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        pass
    raise Fault(f"damaged NumPy header: {text.beginning(content)}, expected 'descr', 'fortran_order' and 'shape'")


def parse_xyz(data: bytes) -> Parsed:
    """The first three numbers of every line; commas and semicolons separate as blanks do, `#` begins a comment.

    A first line with a single whole number is taken as the count of points, and checked.
    """
    if b"\0" in data:
        raise Fault("not a text file (it holds zero bytes): expected three numbers a line")
    lines = text.rows(text.decode(data).replace(",", " ").replace(";", " "))
    if lines and len(lines[0][1]) == 1:
        (promised,) = text.integers(lines[0], lines[0][1])
        if promised != len(lines) - 1:
            raise Fault(f"line {lines[0][0]} promises {promised} points, but {len(lines) - 1} lines follow")
        lines = lines[1:]
    if not lines:
        raise Fault("no points: expected three numbers a line")
    table = text.table(lines, columns=3)
    if table is None:
        table = np.array([text.floats(row, row[1][:3]) for row in lines], dtype=np.float64)
    return Parsed(table[:, :3], notes=_columns(table.shape[1]))


def _columns(count: int) -> dict[str, str | int | float | bool]:
    return {"ignored_columns": count - 3} if count > 3 else {}


def write_npy(points: Float[np.ndarray, "N 3"]) -> bytes:
    """A NumPy file of the points, float64."""
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.ascontiguousarray(points), allow_pickle=False)
    return stream.getvalue()


def write_xyz(points: Float[np.ndarray, "N 3"]) -> bytes:
    """One point a line, with every digit."""
    return "".join(" ".join(map(repr, point)) + "\n" for point in points.tolist()).encode()
