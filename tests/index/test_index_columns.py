from __future__ import annotations

import numpy as np
import pytest

from maquette.errors import CollectionError
from maquette.index.columns import Head, from_arrow, parts_from_arrow, to_arrow
from maquette.index.rows import Rows, checked_rows

HEAD = Head(3, ("image", "mesh"), {"fingerprint": "f"})


def rows() -> Rows:
    vectors = np.random.default_rng(0).normal(size=(4, 3))
    metadata = [{"class": "ü", "n": row} for row in range(4)]
    return checked_rows("abcd", vectors, metadata=metadata, parts={"mesh": vectors}, dimensions=3, names=HEAD.parts)


def test_what_goes_in_comes_out() -> None:
    before, table = rows(), to_arrow(rows(), HEAD.schema())
    after, parts = from_arrow(table, HEAD), parts_from_arrow(table, HEAD)
    assert (after.ids, after.metadata) == (before.ids, before.metadata)
    np.testing.assert_array_equal(after.vectors, before.vectors)
    assert before.parts is not None
    np.testing.assert_array_equal(np.stack([parts[id_] for id_ in before.ids]), before.parts)


def test_the_head_is_in_the_schema() -> None:
    assert Head.of(HEAD.schema()) == HEAD
    with pytest.raises((KeyError, ValueError)):
        Head.of(HEAD.schema().remove_metadata())
    with pytest.raises(ValueError, match="format 2"):
        Head.of(HEAD.schema().with_metadata({"maquette": '{"format": 2}'}))


def test_the_empty_table() -> None:
    table = to_arrow(rows(), HEAD.schema()).slice(0, 0)
    assert from_arrow(table, HEAD).vectors.shape == (0, 3)


@pytest.mark.parametrize("column", ["id", "vector", "metadata", "checksum"])
def test_one_changed_value_is_found(column: str) -> None:
    import pyarrow as pa

    table = to_arrow(rows(), HEAD.schema())
    values = table[column].to_pylist()
    values[2] = {"id": "z", "vector": [0.0, 1.0, 0.0], "metadata": "{}", "checksum": 7}[column]
    place = table.schema.get_field_index(column)
    table = table.set_column(place, table.schema.field(place), pa.array(values, table.schema.field(place).type))
    with pytest.raises(CollectionError, match="damaged"):
        from_arrow(table, HEAD)


def test_a_changed_part_and_a_doubled_row_are_found() -> None:
    import pyarrow as pa

    table = to_arrow(rows(), HEAD.schema())
    with pytest.raises(CollectionError, match="twice"):
        from_arrow(pa.concat_tables([table, table.slice(1, 1)]), HEAD)
    place = table.schema.get_field_index("parts_checksum")
    table = table.set_column(place, table.schema.field(place), pa.array([0, 0, 0, 0]))
    with pytest.raises(CollectionError, match="parts of item 'a'"):
        parts_from_arrow(table, HEAD)
