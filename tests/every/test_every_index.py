"""One contract for every index that registers: the same calls give the same answers as a plain model of them."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maquette.errors import InputError
from maquette.index import INDEXES, Index, MemoryIndex, matches, parse_where

Make = Callable[..., Index]


@pytest.fixture(params=INDEXES.names())
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """A maker of empty indexes of one kind, each in a folder of its own where the kind wants one."""
    name, count = str(request.param), 0

    def build(*, dimensions: int = 4, parts: tuple[str, ...] = ()) -> Index:
        nonlocal count
        count += 1
        own = {"folder": tmp_path / str(count)} if "folder" in inspect.signature(INDEXES.get(name)).parameters else {}
        return INDEXES.build(name, dimensions=dimensions, parts=parts, **own)

    return build


def test_empty(make: Make) -> None:
    index = make()
    assert (len(index), index.ids(), index.dimensions) == (0, (), 4)
    assert index.search(np.ones((2, 4)), k=3)[1].ids == ()
    assert index.search(np.ones((0, 4)), k=3) == []
    assert index.remove(["nobody"]) == 0
    assert index.get([]) == []


def test_one_item(make: Make) -> None:
    index = make()
    index.add(["a"], np.array([[3.0, 0, 4, 0]]), [{"class": "chair"}])
    (ranking,) = index.search(np.array([[0.0, 0, 2, 0]]), k=99)
    assert ranking.ids == ("a",)
    assert ranking.scores[0] == pytest.approx(0.8, abs=1e-7)
    (entry,) = index.get(["a"])
    assert (entry.id, entry.metadata) == ("a", {"class": "chair"})
    np.testing.assert_array_equal(entry.vector, np.array([0.6, 0, 0.8, 0], dtype=np.float32))
    assert "a" in index
    assert "b" not in index


def test_equal_scores_come_in_the_order_of_ids(make: Make) -> None:
    index = make()
    index.add(["c", "a"], np.ones((2, 4)))
    index.add(["b", "z"], np.array([[2.0, 2, 2, 2], [-1, 1, 1, 1]]))
    assert index.search(np.ones((1, 4)), k=4)[0].ids == ("a", "b", "c", "z")
    assert index.search(np.ones((1, 4)), k=2)[0].ids == ("a", "b")


def test_an_id_that_is_there_is_refused_and_nothing_changes(make: Make) -> None:
    index = make()
    index.add(["a"], np.eye(4)[:1], [{"n": 1}])
    version = index.version
    with pytest.raises(InputError, match="'a' is in the index already"):
        index.add(["b", "a"], np.eye(4)[1:3])
    assert (index.ids(), index.version, index.get(["a"])[0].metadata) == (("a",), version, {"n": 1})


def test_upsert_replaces_the_whole_item(make: Make) -> None:
    index = make(parts=("image",))
    index.add(["a", "b"], np.eye(4)[:2], [{"n": 1}, {"n": 2}], parts={"image": np.eye(4)[:2]})
    index.upsert(["a", "c"], np.eye(4)[2:], [{"m": 3}, {}])
    assert index.ids() == ("a", "b", "c")
    assert index.get(["a"])[0].metadata == {"m": 3}
    assert index.search(np.eye(4)[2:3], k=1)[0].ids == ("a",)
    assert not index.parts(["a"]).any()
    assert index.parts(["b"]).any()


def test_remove_is_for_good_and_makes_room(make: Make) -> None:
    index = make()
    index.add(["a", "b", "c"], np.eye(4)[:3])
    assert index.remove(["a", "a", "x", "c"]) == 2
    assert index.ids() == ("b",)
    assert index.search(np.ones((1, 4)), k=9)[0].ids == ("b",)
    with pytest.raises(InputError, match="'a' is not among"):
        index.get(["a"])
    index.add(["a"], np.eye(4)[3:])
    assert index.ids() == ("a", "b")


def test_the_version_grows_with_every_change_and_only_then(make: Make) -> None:
    index = make()
    seen = [index.version]
    for change in (
        lambda: index.add(["a", "b"], np.eye(4)[:2]),
        lambda: index.upsert(["a"], np.eye(4)[2:3]),
        lambda: index.remove(["a"]),
    ):
        change()
        seen.append(index.version)
    assert seen == sorted(set(seen))
    index.remove(["a"])
    index.add([], np.empty((0, 4)))
    index.search(np.ones((1, 4)), k=1)
    assert index.version == seen[-1]
    assert index.refresh() is False


def test_parts_come_back_in_the_order_asked_for(make: Make) -> None:
    index = make(parts=("image", "mesh"))
    image, mesh = np.random.default_rng(0).normal(size=(2, 3, 4))
    image[1] = 0
    index.add(["a", "b", "c"], image + mesh, parts={"image": image, "mesh": mesh})
    got = index.parts(["c", "b", "c"])
    assert got.shape == (3, 2, 4)
    np.testing.assert_allclose(got[0, 1], mesh[2] / np.linalg.norm(mesh[2]), atol=1e-7)
    np.testing.assert_array_equal(got[0], got[2])
    assert not got[1, 0].any()
    with pytest.raises(InputError, match="'x'"):
        index.parts(["x"])
    assert make().parts([]).shape == (0, 0, 4)


@pytest.mark.parametrize(
    ("ids", "vectors"),
    [
        (["a"], np.zeros((1, 4))),
        (["a"], np.full((1, 4), np.nan)),
        (["a"], np.ones((1, 3))),
        (["a", "a"], np.ones((2, 4))),
        ([""], np.ones((1, 4))),
        (["a", "b"], np.ones((1, 4))),
    ],
)
def test_what_cannot_be_used_is_refused(make: Make, ids: list[str], vectors: Any) -> None:
    index = make()
    for write in (index.add, index.upsert):
        with pytest.raises(InputError):
            write(ids, vectors)
    assert (len(index), index.refresh()) == (0, False)


def test_queries_are_checked_too(make: Make) -> None:
    index = make()
    index.add(["a"], np.ones((1, 4)))
    for query in (np.zeros((1, 4)), np.full((1, 4), np.inf), np.ones((1, 5))):
        with pytest.raises(InputError, match="query"):
            index.search(query, k=1)
    with pytest.raises(InputError, match="k = 0"):
        index.search(np.ones((1, 4)), k=0)


def test_info_says_what_it_is_in_json(make: Make) -> None:
    index = make(parts=("image",))
    index.add(["a"], np.ones((1, 4)))
    info = json.loads(json.dumps(index.info()))
    assert (info["items"], info["dimensions"], info["parts"]) == (1, 4, ["image"])
    assert info["index"] in INDEXES.names()


def test_arguments_are_left_alone(make: Make) -> None:
    index = make()
    vectors, metadata = np.full((1, 4), 2.0), [{"tags": ["x"]}]
    index.add(["a"], vectors, metadata)
    metadata[0]["tags"].append("y")
    np.testing.assert_array_equal(vectors, np.full((1, 4), 2.0))
    assert index.get(["a"])[0].metadata == {"tags": ["x"]}


def test_a_thousand_items_are_removed_at_once(make: Make) -> None:
    index = make()
    ids = [f"id {n:04}" for n in range(1200)]
    index.add(ids, np.random.default_rng(0).normal(size=(1200, 4)))
    assert index.remove(ids[:1150]) == 1150
    assert index.ids() == tuple(ids[1150:])


values = (
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-5, 5) | st.sampled_from(["a", "b", "", "2", "true"])
)
steps = st.lists(
    st.tuples(
        st.sampled_from(["add", "upsert", "remove"]),
        st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=3, unique=True),
        st.fixed_dictionaries({}, optional={"x": values, "y": values}),
    ),
    max_size=6,
)
conditions = st.lists(
    st.tuples(
        st.sampled_from("xy"),
        st.sampled_from(["=", "!=", "<", "<=", ">", ">=", " in "]),
        st.sampled_from(["a", "2", "-1.5", "true"]),
    ),
    max_size=2,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps, conditions, st.integers(1, 8), st.integers(0, 99))
def test_any_history_gives_the_rankings_of_the_memory_index(
    make: Make, history: list[Any], where: list[tuple[str, str, str]], k: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    index, memory = make(dimensions=3), MemoryIndex(dimensions=3)
    model: dict[str, dict[str, Any]] = {}
    for verb, ids, metadata in history:
        if verb == "remove":
            assert index.remove(ids) == memory.remove(ids) == len([model.pop(id_) for id_ in ids if id_ in model])
            continue
        vectors = rng.integers(-2, 3, size=(len(ids), 3)) + 0.5
        for each in (index, memory):
            if verb == "add" and set(ids) & set(model):
                with pytest.raises(InputError):
                    each.add(ids, vectors, [metadata] * len(ids))
            else:
                (each.add if verb == "add" else each.upsert)(ids, vectors, [metadata] * len(ids))
        if verb == "upsert" or not set(ids) & set(model):
            model |= dict.fromkeys(ids, metadata)
    assert index.ids() == tuple(sorted(model))
    filters = parse_where(["".join(parts) for parts in where])
    queries = rng.integers(-2, 3, size=(3, 3)) + 0.25
    rankings = index.search(queries, k=k, where=filters)
    for mine, right in zip(rankings, memory.search(queries, k=k, where=filters), strict=True):
        assert mine.ids == right.ids
        np.testing.assert_array_equal(mine.scores, right.scores)
    allowed = {id_ for id_, metadata in model.items() if matches(metadata, filters)}
    assert len(rankings[0]) == min(k, len(allowed))
    assert set(rankings[0].ids) <= allowed
