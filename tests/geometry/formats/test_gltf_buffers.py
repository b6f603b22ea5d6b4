from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from maquette.geometry.formats.gltf_buffers import Buffers, entry, number_list, whole
from maquette.geometry.formats.parsed import Fault


def test_rows_with_stride_offset_and_units() -> None:
    binary = bytes([9, 9, 0, 51, 255, 9, 102, 204, 0, 9])
    tree: dict[str, Any] = {
        "buffers": [{"byteLength": 10}],
        "bufferViews": [{"buffer": 0, "byteOffset": 1, "byteLength": 9, "byteStride": 4}],
        "accessors": [{"bufferView": 0, "byteOffset": 1, "componentType": 5121, "count": 2, "type": "VEC3"}],
    }
    buffers = Buffers(tree, binary)
    assert buffers.read(0, width=3).tolist() == [[0, 51, 255], [102, 204, 0]]
    np.testing.assert_allclose(buffers.read(0, width=3, unit=True), [[0, 0.2, 1], [0.4, 0.8, 0]])
    tree["accessors"][0]["count"] = 3
    with pytest.raises(Fault, match=r"promises 3 rows \(12 bytes\), but bufferViews\[0\] has 9 bytes"):
        buffers.read(0, width=3)


def test_an_accessor_without_a_view_is_zeros() -> None:
    tree = {"accessors": [{"componentType": 5126, "count": 2, "type": "VEC3"}]}
    assert Buffers(tree, None).read(0, width=3).tolist() == [[0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize("bad", [True, 1.0, "0", -1, 2, None])
def test_entries_are_found_by_whole_numbers_only(bad: object) -> None:
    with pytest.raises(Fault, match="does not exist: the file has 2"):
        entry({"nodes": [{}, {}]}, "nodes", bad)


def test_fields_of_the_wrong_kind() -> None:
    with pytest.raises(Fault, match="count is -1, expected a whole number"):
        whole({"count": -1}, "count")
    with pytest.raises(Fault, match="count is None"):
        whole({}, "count")
    with pytest.raises(Fault, match="children is no list of whole numbers"):
        number_list({"children": ["a"]}, "children")
    with pytest.raises(Fault, match=r"nodes\[0\] is no object"):
        entry({"nodes": [3]}, "nodes", 0)
