from __future__ import annotations

import numpy as np
import pytest

from maquette.index import exact
from maquette.index.exact import MemoryIndex
from maquette.index.rows import unit_rows
from maquette.index.where import matches, parse_where


def naive(vectors: np.ndarray, ids: list[str], query: np.ndarray, k: int) -> list[str]:
    """Every cosine in Python floats, then sorted."""
    scored = []
    for id_, vector in zip(ids, vectors, strict=True):
        cosine = sum(float(a) * float(b) for a, b in zip(vector, query, strict=True))
        cosine /= float(np.sqrt((vector.astype(float) ** 2).sum()) * np.sqrt((query.astype(float) ** 2).sum()))
        scored.append((-cosine, id_))
    return [id_ for _, id_ in sorted(scored)][:k]


def test_by_hand() -> None:
    index = MemoryIndex(dimensions=2)
    index.add(["east", "north", "west"], np.array([[2.0, 0.0], [0.0, 5.0], [-1.0, 0.0]]))
    (ranking,) = index.search(np.array([[3.0, 4.0]]), k=3)
    assert ranking.ids == ("north", "east", "west")
    np.testing.assert_allclose(ranking.scores, [0.8, 0.6, -0.6], rtol=1e-7)


@pytest.mark.parametrize("k", [1, 7, 60, 500])
def test_agrees_with_a_naive_search(k: int) -> None:
    rng = np.random.default_rng(k)
    vectors, queries = rng.normal(size=(60, 5)), rng.normal(size=(4, 5))
    ids = [f"item {row}" for row in range(60)]
    index = MemoryIndex(dimensions=5)
    index.add(ids, vectors)
    for query, ranking in zip(queries, index.search(queries, k=k), strict=True):
        assert list(ranking.ids) == naive(vectors, ids, query, k)


def test_a_filter_is_applied_before_the_ranking() -> None:
    rng = np.random.default_rng(0)
    vectors, ids = rng.normal(size=(50, 4)), [f"{row:02}" for row in range(50)]
    metadata = [{"class": "abc"[row % 3], "faces": row} for row in range(50)]
    index = MemoryIndex(dimensions=4)
    index.add(ids, vectors, metadata)
    where = parse_where(["class in a,b", "faces<40"])
    keep = [row for row in range(50) if matches(metadata[row], where)]
    query = rng.normal(size=4)
    (ranking,) = index.search(query[None], k=10, where=where)
    assert list(ranking.ids) == naive(vectors[keep], [ids[row] for row in keep], query, 10)


def test_the_order_of_rows_and_the_batching_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(300, 37)).astype(np.float32)
    vectors[200:] = vectors[:100]  # a hundred exact ties
    ids = [f"{row:03}" for row in range(300)]
    queries = rng.normal(size=(9, 37)).astype(np.float32)
    one, other = MemoryIndex(dimensions=37), MemoryIndex(dimensions=37)
    one.add(ids, vectors)
    for row in rng.permutation(300):
        other.add([ids[row]], vectors[row : row + 1])
    expected = one.search(queries, k=25)
    monkeypatch.setattr(exact, "_SCORES_AT_ONCE", 700)
    for batch in (other.search(queries, k=25), [other.search(query[None], k=25)[0] for query in queries]):
        for left, right in zip(expected, batch, strict=True):
            assert left.ids == right.ids
            np.testing.assert_array_equal(left.scores, right.scores)


def test_neighbours_that_float32_cannot_tell_apart_are_ranked_by_float64() -> None:
    """Scores so close that a float32 product ranks them by its rounding; the definition may not."""
    rng = np.random.default_rng(5)
    base = rng.normal(size=256)
    vectors = (base + 1e-6 * rng.normal(size=(200, 256))).astype(np.float32)
    index = MemoryIndex(dimensions=256)
    ids = [f"{row:03}" for row in range(200)]
    index.add(ids, vectors)
    stored = np.stack([entry.vector for entry in index.get(ids)]).astype(np.float64)
    (ranking,) = index.search(base[None], k=5)
    unit = unit_rows(base[None], 256, what="query")[0].astype(np.float64)
    truth = (stored * unit).sum(axis=1) / np.sqrt((stored * stored).sum(axis=1) * (unit * unit).sum())
    assert len(set(truth)) > 100
    assert ranking.ids == tuple(ids[row] for row in sorted(range(200), key=lambda row: (-truth[row], ids[row]))[:5])


def test_a_search_keeps_the_rows_it_started_with() -> None:
    index = MemoryIndex(dimensions=2)
    index.add(["a"], np.ones((1, 2)))
    (entry,) = index.get(["a"])
    entry.vector[:] = 0
    assert index.search(np.ones((1, 2)), k=1)[0].scores[0] == pytest.approx(1.0)


def test_rank_scores_no_more_than_one() -> None:
    index = MemoryIndex(dimensions=3)
    index.add(["a"], np.array([[0.1, 0.7, 0.3]]))
    assert index.search(np.array([[0.1, 0.7, 0.3]]), k=1)[0].scores[0] <= 1.0
