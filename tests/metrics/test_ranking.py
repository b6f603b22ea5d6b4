from __future__ import annotations

import numpy as np
import pytest
from jaxtyping import Bool, Float
from sklearn.metrics import average_precision_score, ndcg_score

from maquette.errors import ConfigError
from maquette.metrics.ranking import Ranking, average_precision, hits_at, ndcg, precision_at, rank_relevant, recall_at


def random_case(
    seed: int, *, queries: int = 20, gallery: int = 50, tied: bool = False
) -> tuple[Float[np.ndarray, "Q G"], Bool[np.ndarray, "Q G"]]:
    rng = np.random.default_rng(seed)
    scores = rng.standard_normal((queries, gallery))
    if tied:
        scores = np.round(scores)
    relevant = rng.random((queries, gallery)) < 0.2
    relevant[:, 0] = True
    return scores, relevant


def test_by_hand() -> None:
    # Sorted: item 1 (relevant), 3 (not), 0 (relevant), 2 (not).
    ranking = rank_relevant(np.array([[0.5, 0.9, 0.1, 0.7]]), np.array([[True, True, False, False]]))
    assert ranking.ranks.tolist() == [1, 3]
    assert average_precision(ranking)[0] == (1 / 1 + 2 / 3) / 2
    assert precision_at(ranking, 2)[0] == 0.5
    assert recall_at(ranking, 2)[0] == 0.5
    assert hits_at(ranking, 4)[0] == 2
    assert ndcg(ranking)[0] == pytest.approx((1 + 1 / 2) / (1 + 1 / np.log2(3)))
    assert ndcg(ranking, depth=2)[0] == pytest.approx(1 / (1 + 1 / np.log2(3)))
    assert ndcg(ranking, depth=1)[0] == 1


@pytest.mark.parametrize("tied", [False, True])
def test_a_naive_loop_gives_the_same_bits(tied: bool) -> None:
    scores, relevant = random_case(1, tied=tied)
    expected = []
    for row, mask in zip(scores, relevant, strict=True):
        order = sorted(range(len(row)), key=lambda item, row=row: (-row[item], item))  # type: ignore[misc]  # a default binds the row
        hits, total = 0, 0.0
        for rank, item in enumerate(order, start=1):
            if mask[item]:
                hits += 1
                total += hits / rank
        expected.append(total / hits)
    assert average_precision(rank_relevant(scores, relevant)).tolist() == expected


@pytest.mark.parametrize(("tied", "ties"), [(False, "gallery_order"), (False, "together"), (True, "together")])
def test_scikit_learn_agrees_per_query(tied: bool, ties: str) -> None:
    scores, relevant = random_case(2, tied=tied)
    expected = [average_precision_score(mask, row) for row, mask in zip(scores, relevant, strict=True)]
    ours = average_precision(
        rank_relevant(scores, relevant), ties="together" if ties == "together" else "gallery_order"
    )
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("depth", [None, 1, 7, 500])
def test_scikit_learn_agrees_on_ndcg(depth: int | None) -> None:
    scores, relevant = random_case(3)
    expected = [
        ndcg_score(mask[None].astype(float), row[None], k=depth, ignore_ties=True)
        for row, mask in zip(scores, relevant, strict=True)
    ]
    np.testing.assert_allclose(ndcg(rank_relevant(scores, relevant), depth=depth), expected, rtol=0, atol=1e-12)


def test_ties_in_gallery_order_prefer_the_earlier_item_and_together_prefer_none() -> None:
    scores = np.array([[0.3, 0.3, 0.3, 0.3]])
    first, last = np.array([[True, False, False, False]]), np.array([[False, False, False, True]])
    assert average_precision(rank_relevant(scores, first))[0] == 1
    assert average_precision(rank_relevant(scores, last))[0] == 0.25
    assert average_precision(rank_relevant(scores, first), ties="together")[0] == 0.25
    assert average_precision(rank_relevant(scores, last), ties="together")[0] == 0.25


def test_no_relevant_item_is_zero_everywhere() -> None:
    ranking = rank_relevant(np.array([[0.1, 0.2], [0.1, 0.2]]), np.array([[False, False], [True, False]]))
    for values in (average_precision(ranking), precision_at(ranking, 1), recall_at(ranking, 2), ndcg(ranking)):
        assert values[0] == 0
        assert np.isfinite(values).all()
    assert average_precision(ranking)[1] == 0.5


def test_k_beyond_the_gallery_finds_all_and_counts_missing_places_as_wrong() -> None:
    scores, relevant = random_case(4, gallery=10)
    ranking = rank_relevant(scores, relevant)
    assert (recall_at(ranking, 1000) == 1).all()
    np.testing.assert_allclose(precision_at(ranking, 1000), relevant.sum(axis=1) / 1000)


def test_one_item() -> None:
    ranking = rank_relevant(np.array([[0.4]]), np.array([[True]]))
    assert [average_precision(ranking)[0], precision_at(ranking, 1)[0], ndcg(ranking)[0]] == [1, 1, 1]


def test_the_order_of_the_gallery_does_not_matter() -> None:
    scores, relevant = random_case(5)
    order = np.random.default_rng(0).permutation(scores.shape[1])
    shuffled = rank_relevant(scores[:, order], relevant[:, order])
    np.testing.assert_array_equal(shuffled.ranks, rank_relevant(scores, relevant).ranks)
    tied, mask = random_case(6, tied=True)
    np.testing.assert_array_equal(
        average_precision(rank_relevant(tied, mask), ties="together"),
        average_precision(rank_relevant(tied[:, order], mask[:, order]), ties="together"),
    )


@pytest.mark.parametrize(
    ("ranks", "last_tied", "counts"),
    [([2, 1], [2, 2], [2]), ([0], [0], [1]), ([1, 2], [1, 2], [1]), ([2], [1], [1]), ([1, 2], [3, 2], [2])],
)
def test_a_ranking_that_cannot_be_is_refused(ranks: list[int], last_tied: list[int], counts: list[int]) -> None:
    with pytest.raises(ConfigError):
        Ranking(np.array(ranks), np.array(last_tied), np.array(counts))


def test_a_depth_of_zero_is_refused() -> None:
    ranking = rank_relevant(np.array([[0.4]]), np.array([[True]]))
    with pytest.raises(ConfigError, match="at least 1, not 0"):
        precision_at(ranking, 0)
