from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from jaxtyping import Float, Int

from maquette.metrics.counting import relevant_ranks


def _one_row(
    scores: Float[np.ndarray, "G"], relevant: Int[np.ndarray, "R"], *, left_out: int | None = None
) -> tuple[Int[np.ndarray, "R"], Int[np.ndarray, "R"]]:
    skipped = None if left_out is None else np.array([left_out])
    return relevant_ranks(scores[None], relevant, np.array([len(relevant)]), left_out=skipped)


def test_by_hand() -> None:
    # Sorted: 9, 7, 7, 7, 1 at items 4, 1, 2, 3, 0.
    scores = np.array([1.0, 7.0, 7.0, 7.0, 9.0])
    ranks, last_tied = _one_row(scores, np.array([0, 2]))
    assert ranks.tolist() == [3, 5]
    assert last_tied.tolist() == [4, 5]


def test_an_item_left_out_takes_no_part() -> None:
    scores = np.array([1.0, 7.0, 7.0, 7.0, 9.0])
    ranks, last_tied = _one_row(scores, np.array([0, 2]), left_out=1)
    assert ranks.tolist() == [2, 4]
    assert last_tied.tolist() == [3, 4]
    assert _one_row(np.array([3.0, 2.0, 1.0]), np.array([2]), left_out=0)[0].tolist() == [2]


def test_rows_of_a_block_do_not_meet() -> None:
    rng = np.random.default_rng(0)
    # Few values in every third row: some rows have ties, others none; some lack relevant or left-out items.
    scores = rng.standard_normal((60, 40))
    scores[::3] = rng.integers(0, 4, (20, 40))
    left_out = rng.integers(-1, 40, 60)
    is_relevant = (rng.random((60, 40)) < 0.3) & (np.arange(60) % 5 > 0)[:, None]
    is_relevant[np.arange(60)[left_out >= 0], left_out[left_out >= 0]] = False
    counts = is_relevant.sum(axis=1)
    before = scores.copy()
    together = relevant_ranks(scores, np.nonzero(is_relevant)[1], counts, left_out=left_out)
    alone = [
        _one_row(row, np.flatnonzero(mask), left_out=None if own < 0 else int(own))
        for row, mask, own in zip(scores, is_relevant, left_out, strict=True)
    ]
    for found, parts in zip(together, zip(*alone, strict=True), strict=True):
        assert found.tolist() == np.concatenate(parts).tolist()
    assert (scores == before).all()


DISTRIBUTIONS: dict[str, Callable[[np.random.Generator, int], Float[np.ndarray, "G"]]] = {
    "normal": lambda rng, n: rng.standard_normal(n),
    "one outlier far from the rest": lambda rng, n: np.append(rng.random(n - 1) * 1e-9, 1e9),
    "few values": lambda rng, n: rng.integers(0, 4, n).astype(np.float64),
    "constant": lambda rng, n: np.zeros(n),
    "neighbouring floats": lambda rng, n: 1 + rng.integers(0, 3, n) * np.finfo(np.float64).eps,
    "smallest floats": lambda rng, n: rng.integers(0, 3, n) * 5e-324,
    "two clusters": lambda rng, n: np.where(rng.random(n) < 0.1, 0.99, 0.2) + 0.01 * rng.standard_normal(n),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
@pytest.mark.parametrize("size", [1, 2, 17, 3000])
@pytest.mark.parametrize("leaves_out", [False, True])
def test_a_full_sort_gives_the_same_ranks(name: str, size: int, leaves_out: bool) -> None:
    rng = np.random.default_rng(size)
    scores = DISTRIBUTIONS[name](rng, size)
    left_out = int(rng.integers(size)) if leaves_out else None
    relevant = np.flatnonzero(rng.random(size) < 0.3)
    relevant = relevant[relevant != left_out]
    order = [item for item in np.argsort(-scores, kind="stable").tolist() if item != left_out]
    place = {item: rank for rank, item in enumerate(order, start=1)}
    expected = sorted(place[item] for item in relevant.tolist())
    by_rank = [scores[order[rank - 1]] for rank in expected]
    others = np.delete(scores, left_out) if left_out is not None else scores
    ranks, last_tied = _one_row(scores, relevant, left_out=left_out)
    assert ranks.tolist() == expected
    assert last_tied.tolist() == [int((others >= value).sum()) for value in by_rank]


def test_many_items() -> None:
    scores = np.random.default_rng(0).standard_normal(100_000)
    relevant = np.arange(0, 100_000, 997)
    place = np.empty(100_000, dtype=np.int64)
    place[np.argsort(-scores, kind="stable")] = np.arange(1, 100_001)
    assert _one_row(scores, relevant)[0].tolist() == sorted(place[relevant].tolist())


def test_nothing_relevant() -> None:
    ranks, last_tied = _one_row(np.array([1.0, 2.0]), np.empty(0, dtype=np.int64))
    assert len(ranks) == len(last_tied) == 0


def test_an_empty_row() -> None:
    ranks, last_tied = _one_row(np.empty(0), np.empty(0, dtype=np.int64), left_out=-1)
    assert len(ranks) == len(last_tied) == 0
