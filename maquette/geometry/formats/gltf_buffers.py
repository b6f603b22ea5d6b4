"""Numbers in a glTF file's buffers: accessors, checked against their views, their buffers and the file.

Every count and offset comes from the file and is held against what is there before an array is made from it.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped

from maquette.geometry.formats.parsed import MAX_FLAT_FACES, Fault

__all__ = ["Buffers", "entry", "number_list", "whole"]

_Json = dict[str, Any]
_COMPONENTS = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}


def entry(tree: _Json, kind: str, number: object) -> _Json:
    """`tree[kind][number]`, or a Fault that names what is missing."""
    items = tree.get(kind)
    if not isinstance(items, list) or type(number) is not int or not 0 <= number < len(items):
        raise Fault(f"{kind}[{number}] does not exist: the file has {len(items) if isinstance(items, list) else 0}")
    found = items[number]
    if not isinstance(found, dict):
        raise Fault(f"{kind}[{number}] is no object")
    return found


def whole(item: _Json, key: str, default: int | None = None) -> int:
    """A whole number, not negative, or a Fault."""
    value = item.get(key, default)
    if type(value) is not int or value < 0:
        raise Fault(f"{key} is {value!r}, expected a whole number of 0 or more")
    return value


def number_list(item: _Json, key: str) -> list[int]:
    """A list of whole numbers; missing is empty."""
    values = item.get(key) or []
    if not isinstance(values, list) or any(type(value) is not int for value in values):
        raise Fault(f"{key} is no list of whole numbers")
    return values


class Buffers:
    """The accessors of one file, read on demand."""

    def __init__(self, tree: _Json, binary: bytes | None) -> None:
        self._tree = tree
        self._binary = binary
        self._decoded: dict[int, bytes] = {}

    def read(self, number: int, *, width: int, unit: bool = False) -> Float[np.ndarray, "R {width}"]:
        """The first `width` columns of an accessor; `unit` maps whole numbers to 0 to 1 as colors have it."""
        accessor = entry(self._tree, "accessors", number)
        count = whole(accessor, "count")
        component, columns = accessor.get("componentType"), _WIDTHS.get(str(accessor.get("type")), 0)
        if component not in _COMPONENTS or columns < width:
            raise Fault(f"accessors[{number}] is {accessor.get('type')} of {component}, expected {width} numbers a row")
        if count > 3 * MAX_FLAT_FACES:
            raise Fault(f"accessors[{number}] promises {count} rows, expected at most {3 * MAX_FLAT_FACES}")
        kind = np.dtype(_COMPONENTS[component])
        if "bufferView" in accessor:
            offset = whole(accessor, "byteOffset", 0)
            values = self._rows(accessor["bufferView"], offset, count, columns, kind, f"accessors[{number}]")
        else:
            values = np.zeros((count, columns), dtype=kind)
        if "sparse" in accessor:
            values = self._sparse(accessor["sparse"], values, f"accessors[{number}].sparse")
        numbers = values[:, :width].astype(np.float64)
        if kind.kind != "f" and (unit or accessor.get("normalized") is True):
            numbers = np.maximum(numbers / np.iinfo(kind).max, -1.0)
        return numbers

    def _sparse(self, sparse: _Json, values: Shaped[np.ndarray, "..."], name: str) -> Shaped[np.ndarray, "..."]:
        count = whole(sparse, "count")
        where, what = sparse["indices"], sparse["values"]
        kind = np.dtype(_COMPONENTS[where["componentType"]])
        offset = whole(where, "byteOffset", 0)
        rows = self._rows(where["bufferView"], offset, count, 1, kind, name)[:, 0].astype(np.int64)
        if rows.size and (rows.min() < 0 or rows.max() >= len(values)):
            raise Fault(f"{name} refers to row {rows.max()}, expected 0 to {len(values) - 1}")
        changed = values.copy()
        offset = whole(what, "byteOffset", 0)
        changed[rows] = self._rows(what["bufferView"], offset, count, values.shape[1], values.dtype, name)
        return changed

    def _rows(
        self, view: object, offset: int, count: int, columns: int, kind: np.dtype[Any], name: str
    ) -> Shaped[np.ndarray, "..."]:
        given = entry(self._tree, "bufferViews", view)
        data = self._buffer(given.get("buffer"))
        start, length = whole(given, "byteOffset", 0), whole(given, "byteLength")
        if start + length > len(data):
            raise Fault(f"bufferViews[{view}] ends at byte {start + length} of a buffer of {len(data)} bytes")
        row = columns * kind.itemsize
        stride = whole(given, "byteStride", 0) or row
        needed = offset + (count - 1) * stride + row if count else 0
        if stride < row or needed > length:
            raise Fault(f"{name} promises {count} rows ({needed} bytes), but bufferViews[{view}] has {length} bytes")
        block = np.frombuffer(data, np.uint8, needed - offset, start + offset) if count else np.zeros(0, np.uint8)
        strided = np.lib.stride_tricks.as_strided(block, (count, row), (stride, 1), writeable=False)
        return np.ascontiguousarray(strided).view(kind).reshape(count, columns)

    def _buffer(self, number: object) -> bytes:
        buffer = entry(self._tree, "buffers", number)
        assert isinstance(number, int), "entry has checked it"
        if number not in self._decoded:
            uri = buffer.get("uri")
            if uri is None and number == 0 and self._binary is not None:
                data = self._binary
            elif uri is None:
                raise Fault(f"buffers[{number}] holds no data: expected a data: URI")
            else:
                data = _decoded(str(uri), number)
            length = whole(buffer, "byteLength")
            if length > len(data):
                raise Fault(f"truncated: buffers[{number}] promises {length} bytes and holds {len(data)}")
            self._decoded[number] = data[:length]
        return self._decoded[number]


def _decoded(uri: str, number: int) -> bytes:
    head, comma, body = uri.partition(",")
    if not comma or not head.endswith(";base64"):
        raise Fault(f"buffers[{number}] is no base64 data: URI: begins with {uri[:24]!r}")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Fault(f"buffers[{number}]: damaged base64: {error}") from None
