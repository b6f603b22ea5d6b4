from __future__ import annotations

import struct

import numpy as np
import pytest

from maquette.geometry.formats.parsed import Fault
from maquette.geometry.formats.ply_rows import Element, Property, read_ascii, read_binary

_RAGGED = Element("row", 3, (Property("id", "i2", None), Property("values", "f4", "u1")))
_ROWS = [(7, [0.5]), (-8, []), (9, [1.5, 2.5])]


def _expect(found: dict[str, object]) -> None:
    columns = found["row"]
    assert isinstance(columns, dict)
    assert columns["id"][0].tolist() == [7, -8, 9]
    assert columns["values"][0].tolist() == [0.5, 1.5, 2.5]
    assert columns["values"][1].tolist() == [1, 0, 2]


def test_ragged_rows_in_all_three_encodings() -> None:
    text = "".join(f"{number} {len(values)} {' '.join(map(str, values))}\n" for number, values in _ROWS)
    _expect({**read_ascii(text.encode(), [_RAGGED], 0)})
    for order in "<>":
        data = b"".join(struct.pack(f"{order}hB{len(v)}f", n, len(v), *v) for n, v in _ROWS)
        _expect({**read_binary(b"??" + data, [_RAGGED], 2, order=order)})


def test_even_rows_are_read_at_once_with_the_same_result() -> None:
    even = Element("row", 2, _RAGGED.properties)
    found = read_binary(struct.pack("<hB2fhB2f", 1, 2, 3, 4, 5, 2, 6, 7), [even], 0, order="<")["row"]
    assert found["values"][0].tolist() == [3, 4, 6, 7]
    np.testing.assert_array_equal(found["values"][1], [2, 2])
    found = read_ascii(b"1 2 3 4\n5 2 6 7\n", [even], 0)["row"]
    assert found["values"][0].tolist() == [3, 4, 6, 7]


def test_negative_and_missing_counts_are_faults() -> None:
    signed = Element("row", 1, (Property("values", "i4", "i1"),))
    with pytest.raises(Fault, match="truncated: the header promises 1 x row"):
        read_binary(b"\xff\0\0\0\0", [signed], 0, order="<")
    with pytest.raises(Fault, match="line 1: '-1' is too short"):
        read_ascii(b"-1\n", [signed], 0)
    with pytest.raises(Fault, match="twice"):
        signed.plus(Property("values", "i4", None))
