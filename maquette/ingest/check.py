"""A first look at a file's bytes: its ending, its size, and what its header promises, held against the limits.

Nothing is parsed here. The parsers hold every count against the file's own size; this holds it against what may be.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

from PIL import Image

from maquette.errors import FileError
from maquette.geometry import CLOUD_SUFFIXES, MESH_SUFFIXES, Cloud, Mesh
from maquette.ingest.limits import Limits, in_bytes
from maquette.modalities.photo import PHOTO_SUFFIXES

__all__ = ["FILE_SUFFIXES", "check_file", "check_shape", "promised"]

FILE_SUFFIXES = MESH_SUFFIXES | CLOUD_SUFFIXES | PHOTO_SUFFIXES
"""Endings of files that are read at all."""

_HEADER_BYTES = 65_536
_PLY_COUNT = re.compile(rb"^element[ \t]+(vertex|face)[ \t]+(\d{1,19})\s*$", re.MULTILINE)
_OFF_COUNTS = re.compile(rb"(?:\s|#[^\n]*\n)*C?OFF(?:\s|#[^\n]*\n)*(\d{1,19})\s+(\d{1,19})", re.IGNORECASE)
_NPY_COUNT = re.compile(rb"'shape':\s*\((\d{1,19})")
_STL_HEADER, _STL_FACE = 84, 50


def check_file(path: Path, limits: Limits) -> None:
    """FileError, with the limit and the value, if the file is of no known kind or promises more than the limits."""
    suffix = path.suffix.lower()
    if suffix not in FILE_SUFFIXES:
        raise FileError(path, f"ending {suffix!r}: expected one of {', '.join(sorted(FILE_SUFFIXES))}")
    try:
        size = path.stat().st_size
        if size > limits.upload_bytes:
            raise FileError(path, f"{in_bytes(size)} ({size} bytes): the limit is {limits.upload_bytes} bytes")
        data = path.read_bytes()
    except OSError as error:
        raise FileError(path, f"cannot be opened: {error.strerror or error}") from None
    if suffix in PHOTO_SUFFIXES:
        _check_pixels(path, data, limits)
        return
    for name, count in promised(data, suffix).items():
        _check_count(path, name, count, limits)


def check_shape(path: Path, shape: Mesh | Cloud, limits: Limits) -> None:
    """FileError if a shape that was read has more faces or points than the limits: not every format counts ahead."""
    if isinstance(shape, Mesh):
        _check_count(path, "faces", len(shape.faces), limits)
        _check_count(path, "points", len(shape.vertices), limits)
    else:
        _check_count(path, "points", len(shape.points), limits)


def promised(data: bytes, suffix: str) -> Mapping[str, int]:
    """Return the `faces` and `points` that the bytes announce, as far as a glance tells; damaged files give nothing.

    >>> promised(b"OFF 8 12 0", ".off")
    {'points': 8, 'faces': 12}
    """
    count = _COUNTERS.get(suffix)
    return {} if count is None else count(data)


def _ply(data: bytes) -> dict[str, int]:
    found = {kind: int(count) for kind, count in _PLY_COUNT.findall(data[:_HEADER_BYTES])}
    names = {b"vertex": "points", b"face": "faces"}
    return {names[kind]: count for kind, count in found.items()}


def _off(data: bytes) -> dict[str, int]:
    found = _OFF_COUNTS.match(data[:_HEADER_BYTES])
    return {} if found is None else {"points": int(found[1]), "faces": int(found[2])}


def _npy(data: bytes) -> dict[str, int]:
    found = _NPY_COUNT.search(data[:_HEADER_BYTES])
    return {} if found is None else {"points": int(found[1])}


def _stl(data: bytes) -> dict[str, int]:
    count = int.from_bytes(data[80:84], "little")
    if len(data) == _STL_HEADER + count * _STL_FACE:
        return {"faces": count}
    return {"faces": data.count(b"endfacet") or data.count(b"ENDFACET")}


def _obj(data: bytes) -> dict[str, int]:
    return {"points": data.count(b"\nv "), "faces": data.count(b"\nf ")}


def _xyz(data: bytes) -> dict[str, int]:
    return {"points": data.count(b"\n")}


_COUNTERS: Mapping[str, Callable[[bytes], dict[str, int]]] = {
    ".npy": _npy,
    ".obj": _obj,
    ".off": _off,
    ".ply": _ply,
    ".stl": _stl,
    ".xyz": _xyz,
}


def _check_count(path: Path, name: str, count: int, limits: Limits) -> None:
    # A mesh may have as many vertices as its faces have corners.
    most = limits.faces if name == "faces" else max(limits.points, 3 * limits.faces)
    if path.suffix.lower() in CLOUD_SUFFIXES - MESH_SUFFIXES:
        most = limits.points
    if count > most:
        raise FileError(path, f"{count} {name}: the limit is {most}; simplify it first")


def _check_pixels(path: Path, data: bytes, limits: Limits) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # our own limit speaks below
        try:
            with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as picture:
                width, height = picture.size
        except Image.DecompressionBombError as error:
            raise FileError(
                path, f"more than 150 million pixels: the limit is {limits.pixels}; scale it down"
            ) from error
        except MemoryError:
            raise
        except Exception:  # what is wrong with it is for the reader of photos to say
            return
    if width * height > limits.pixels:
        reason = f"{width} x {height} = {width * height} pixels: the limit is {limits.pixels}; scale it down"
        raise FileError(path, reason)
