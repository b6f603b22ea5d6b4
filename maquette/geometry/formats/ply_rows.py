"""The rows of a PLY file's elements, ASCII and binary.

A property is one value a row, or a list: a count and as many values. Most files give all lists of an element the same
length; then its rows form a table and are read at once, otherwise row by row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Shaped

from maquette.geometry.formats import text
from maquette.geometry.formats.parsed import Fault

__all__ = ["TYPES", "Column", "Columns", "Element", "Property", "read_ascii", "read_binary"]

_BASES = {"char": "i1", "uchar": "u1", "short": "i2", "ushort": "u2", "int": "i4", "uint": "u4"}
_SIZED = {"int8": "i1", "uint8": "u1", "int16": "i2", "uint16": "u2", "int32": "i4", "uint32": "u4"}
_WIDE = {"int64": "i8", "uint64": "u8", "float": "f4", "float32": "f4", "double": "f8", "float64": "f8"}
TYPES: Mapping[str, str] = {**_BASES, **_SIZED, **_WIDE}
"""PLY's names of types and NumPy's."""

_Array = Shaped[np.ndarray, "_"]
Column = tuple[_Array, _Array]
"""All values of a property, one row after another, and how many each row has."""
Columns = Mapping[str, Column]


@dataclass(frozen=True)
class Property:
    """A named value; `count` is the type of a list's count, None for a single value."""

    name: str
    type: str
    count: str | None


@dataclass(frozen=True)
class Element:
    """A kind of row and how many of them the header promises."""

    name: str
    count: int
    properties: tuple[Property, ...]

    @property
    def smallest(self) -> int:
        """Bytes of a binary row whose lists are all empty."""
        return sum(np.dtype(part.count or part.type).itemsize for part in self.properties)

    def plus(self, part: Property) -> Element:
        """The element with one more property; a name that is taken is a Fault."""
        if any(part.name == other.name for other in self.properties):
            raise Fault(f"the header names property {part.name!r} of {self.name} twice")
        return replace(self, properties=(*self.properties, part))


def read_ascii(data: bytes, elements: Sequence[Element], start: int) -> dict[str, Columns]:
    """The columns of every element; rows stand on lines of their own."""
    body = text.rows(data[start:].decode("latin-1"), comment="\n", first_line=1 + data[:start].count(b"\n"))
    found: dict[str, Columns] = {}
    used = 0
    for element in elements:
        block = body[used : used + element.count] if element.properties else []
        if element.properties and len(block) < element.count:
            raise Fault(f"the header promises {element.count} x {element.name}, but only {len(block)} lines are left")
        used += len(block)
        found[element.name] = _ascii_table(block, element) or _ascii_walk(block, element)
    return found


def _ascii_table(block: Sequence[text.Row], element: Element) -> Columns | None:
    if not block:
        return None
    values = text.table(block, columns=len(element.properties))
    if values is None:
        return None
    columns: dict[str, Column] = {}
    at = 0
    for part in element.properties:
        width = 1
        if part.count is not None:
            width = int(values[0, at]) if at < values.shape[1] and abs(values[0, at]) < 1e6 else -1
            if width < 0 or (values[:, at] != width).any():
                return None
            at += 1
        if at + width > values.shape[1]:
            return None
        columns[part.name] = _typed(values[:, at : at + width].reshape(-1), part), np.full(len(block), width)
        at += width
    return columns


def _ascii_walk(block: Sequence[text.Row], element: Element) -> Columns:
    gathered: dict[str, tuple[list[float], list[int]]] = {part.name: ([], []) for part in element.properties}
    for row in block:
        words = row[1]
        at = 0
        for part in element.properties:
            width = 1
            if part.count is not None:
                (width,) = text.integers(row, words[at : at + 1]) or [-1]
                at += 1
            if width < 0 or at + width > len(words):
                raise Fault(f"line {row[0]}: {text.line(words)!r} is too short for {element.name}.{part.name}")
            gathered[part.name][0].extend(text.floats(row, words[at : at + width]))
            gathered[part.name][1].append(width)
            at += width
    return {
        part.name: (_typed(np.array(gathered[part.name][0], dtype=np.float64), part), np.array(gathered[part.name][1]))
        for part in element.properties
    }


def _typed(values: _Array, part: Property) -> _Array:
    # Whole numbers are told from fractions by the header, as for colors; float64 holds the former exactly.
    if np.dtype(part.type).kind == "f":
        return values
    if not np.isfinite(values).all() or (values != np.rint(values)).any() or (np.abs(values) > 2**53).any():
        raise Fault(f"property {part.name!r} holds values that are no whole numbers, which the header says it is")
    return values.astype(np.int64)


def read_binary(data: bytes, elements: Sequence[Element], start: int, *, order: str) -> dict[str, Columns]:
    """The columns of every element; `order` is `<` or `>`."""
    found: dict[str, Columns] = {}
    for element in elements:
        columns, start = _binary_table(data, element, start, order) or _binary_walk(data, element, start, order)
        found[element.name] = columns
    return found


def _binary_table(data: bytes, element: Element, start: int, order: str) -> tuple[Columns, int] | None:
    """All rows at once, supposing that all lists are as long as those of the first row; None where they are not."""
    fields: list[tuple[str, str] | tuple[str, str, tuple[int]]] = []
    at = start
    for number, part in enumerate(element.properties):
        width = 1
        if part.count is not None:
            count = np.dtype(order + part.count)
            if element.count == 0 or at + count.itemsize > len(data):
                return None
            width = int(np.frombuffer(data, count, 1, at)[0])
            if width < 0 or width > len(data):
                return None
            fields.append((f"count{number}", count.str))
            at += count.itemsize
        fields.append((f"value{number}", order + part.type, (width,)))
        at += width * np.dtype(part.type).itemsize
    record = np.dtype(fields)
    end = start + element.count * record.itemsize
    if end > len(data):
        return None
    rows = np.frombuffer(data, record, element.count, start)
    columns: dict[str, Column] = {}
    for number, part in enumerate(element.properties):
        values = rows[f"value{number}"]
        if part.count is not None and (rows[f"count{number}"] != values.shape[1]).any():
            return None
        columns[part.name] = values.reshape(-1), np.full(element.count, values.shape[1])
    return columns, end


def _binary_walk(data: bytes, element: Element, start: int, order: str) -> tuple[Columns, int]:
    gathered: dict[str, tuple[list[_Array], list[int]]] = {part.name: ([], []) for part in element.properties}
    at = start
    for row in range(element.count):
        for part in element.properties:
            width = 1
            if part.count is not None:
                count = np.dtype(order + part.count)
                if at + count.itemsize > len(data):
                    raise _ended(data, element, row)
                width = int(np.frombuffer(data, count, 1, at)[0])
                at += count.itemsize
            kind = np.dtype(order + part.type)
            if width < 0 or at + width * kind.itemsize > len(data):
                raise _ended(data, element, row)
            gathered[part.name][0].append(np.frombuffer(data, kind, width, at))
            gathered[part.name][1].append(width)
            at += width * kind.itemsize
    columns = {
        name: (np.concatenate(values) if values else np.zeros(0), np.array(widths, dtype=np.int64))
        for name, (values, widths) in gathered.items()
    }
    return columns, at


def _ended(data: bytes, element: Element, row: int) -> Fault:
    return Fault(
        f"truncated: the header promises {element.count} x {element.name}, "
        f"the file ends in number {row} (counted from 0), at byte {len(data)}"
    )
