from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from maquette.errors import InputError
from maquette.index.rows import Rows, checked_rows, unit_rows
from maquette.index.where import parse_where


def rows_of(*ids: str, parts: bool = False) -> Rows:
    vectors = np.array([[len(id_), ord(id_[0])] for id_ in ids], dtype=np.float32)
    metadata = [{"letter": id_[0], "length": len(id_)} for id_ in ids]
    given = {"image": vectors} if parts else None
    return checked_rows(
        ids, vectors, metadata=metadata, parts=given, dimensions=2, names=("image", "mesh") if parts else ()
    )


def test_vectors_are_scaled_to_length_one_by_hand() -> None:
    unit = unit_rows(np.array([[3.0, 4.0], [0.0, -2.0]]), 2, what="vector")
    assert unit.dtype == np.float32
    np.testing.assert_array_equal(unit, np.array([[0.6, 0.8], [0.0, -1.0]], dtype=np.float32))


@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1.0, 1e30, 1e300])
def test_very_small_and_very_large_vectors_keep_their_direction(scale: float) -> None:
    np.testing.assert_allclose(unit_rows(np.array([[3.0, 4.0]]) * scale, 2, what="vector"), [[0.6, 0.8]], rtol=1e-7)


@pytest.mark.parametrize(
    ("vector", "reason"),
    [
        ([0.0, 0.0], "all zero"),
        ([np.nan, 1.0], "NaN"),
        ([1.0, -np.inf], "NaN or infinity"),
        ([1.0, 2.0, 3.0], "3 dimensions"),
    ],
)
def test_a_vector_without_direction_is_refused(vector: list[float], reason: str) -> None:
    vectors = np.stack([np.ones(len(vector)), np.array(vector)])
    with pytest.raises(InputError, match=reason):
        unit_rows(vectors, 2, what="query")


def test_the_message_names_the_row() -> None:
    with pytest.raises(InputError, match="query 1 of 3"):
        unit_rows(np.array([[1.0], [0.0], [1.0]]), 1, what="query")


def test_merging_replaces_and_dropping_drops() -> None:
    old, new = rows_of("a", "bb", "c", parts=True), rows_of("bb", "d", parts=True)
    merged = old.merged(new)
    assert merged.ids == ("a", "c", "bb", "d")
    assert merged.parts is not None
    for id_ in merged.ids:
        source = new if id_ in new.row_of else old
        np.testing.assert_array_equal(merged.vectors[merged.row_of[id_]], source.vectors[source.row_of[id_]])
        np.testing.assert_array_equal(merged.parts[merged.row_of[id_], 0], merged.vectors[merged.row_of[id_]])
        assert not merged.parts[merged.row_of[id_], 1].any()
    assert merged.without(["c", "nobody"]).ids == ("a", "bb", "d")
    assert old.ids == ("a", "bb", "c")


def test_matching_agrees_with_every_row_alone() -> None:
    rows = rows_of("a", "bb", "ab", "c")
    assert rows.matching(parse_where(["letter in a,c", "length<2"])).tolist() == [True, False, False, True]
    assert rows.matching(parse_where(["absent=1"])).tolist() == [False] * 4
    assert rows_of("a").merged(rows_of("b")).matching(parse_where(["letter=b"])).tolist() == [False, True]


def test_true_and_one_are_different_values_of_a_column() -> None:
    metadata: list[dict[str, Any]] = [{"x": True}, {"x": 1}, {"x": "1"}, {"x": None}, {}]
    rows = checked_rows("abcde", np.ones((5, 2)), metadata=metadata, parts=None, dimensions=2, names=())
    assert rows.matching(parse_where(["x=1"])).tolist() == [False, True, True, False, False]
    assert rows.matching(parse_where(["x=true"])).tolist() == [True, False, False, False, False]


@pytest.mark.parametrize(
    ("ids", "metadata", "parts", "reason"),
    [
        (["a", "a"], None, None, "stands twice"),
        (["a", ""], None, None, "not empty"),
        (["a", "\udc80"], None, None, "UTF-8"),
        (["a"], None, None, "1 ids, 2 vectors"),
        (["a", "b"], [{}], None, "expected one each"),
        (["a", "b"], [{}, {"x": float("nan")}], None, "JSON"),
        (["a", "b"], [{}, {"x": object()}], None, "JSON"),
        (["a", "b"], None, {"sound": np.ones((2, 2))}, "sound"),
        (["a", "b"], None, {"image": np.ones((2, 3))}, "image"),
        (["a", "b"], None, {"image": np.full((2, 2), np.nan)}, "NaN"),
    ],
)
def test_what_cannot_be_used_is_refused(ids: list[str], metadata: Any, parts: Any, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        checked_rows(ids, np.ones((2, 2)), metadata=metadata, parts=parts, dimensions=2, names=("image",))


def test_a_field_that_no_row_has_is_refused_and_the_known_ones_are_named() -> None:
    metadata: list[dict[str, Any]] = [
        {"class": "cup", "files": ["a.obj"], "assumed": {"up": "z", "image": {"files": 2}}, "faces": None},
        {"class": None, "thin": True},
    ]
    rows = checked_rows(("a", "b"), np.eye(2), metadata=metadata, parts=None, dimensions=2, names=())
    rows.require_fields(parse_where(["class=jug", "thin=false", "assumed.image.files>9", "assumed.up!=z"]))
    for text in ("klass=cup", "files=a.obj", "assumed=z", "faces<3", "assumed.down=z"):
        with pytest.raises(InputError) as caught:
            rows.require_fields(parse_where(["class=cup", text]))
        assert "no item has a text or a number in field" in str(caught.value)
        assert str(caught.value).endswith("expected one of assumed.image.files, assumed.up, class, thin")
    rows.without(["a", "b"]).require_fields(parse_where(["klass=cup"]))
