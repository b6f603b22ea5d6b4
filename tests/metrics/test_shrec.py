from __future__ import annotations

import numpy as np
import pytest

from maquette.metrics.ranking import Ranking, rank_relevant
from maquette.metrics.shrec import dcg, e_measure, first_tier, nearest_neighbour, second_tier


def test_by_hand() -> None:
    # Relevant items at ranks 2, 3 and 40 of a long gallery.
    ranking = Ranking(np.array([2, 3, 40]), np.array([2, 3, 40]), np.array([3]))
    assert nearest_neighbour(ranking)[0] == 0
    assert first_tier(ranking)[0] == pytest.approx(2 / 3)
    assert second_tier(ranking)[0] == pytest.approx(2 / 3)
    precision, recall = 2 / 32, 2 / 3
    assert e_measure(ranking)[0] == pytest.approx(2 / (1 / precision + 1 / recall))
    ideal = 1 + 1 / np.log2(2) + 1 / np.log2(3)
    assert dcg(ranking)[0] == pytest.approx((1 / np.log2(2) + 1 / np.log2(3) + 1 / np.log2(40)) / ideal)


def test_a_naive_loop_gives_the_same() -> None:
    rng = np.random.default_rng(0)
    scores, relevant = rng.standard_normal((30, 80)), rng.random((30, 80)) < 0.15
    relevant[:, 0] = True
    ranking = rank_relevant(scores, relevant)
    for query in range(30):
        hits = relevant[query][np.argsort(-scores[query], kind="stable")].tolist()
        total = sum(hits)
        in_32 = sum(hits[:32])
        gain = float(hits[0]) + sum(hit / np.log2(place) for place, hit in enumerate(hits[1:], start=2))
        ideal = 1 + sum(1 / np.log2(place) for place in range(2, total + 1))
        assert nearest_neighbour(ranking)[query] == float(hits[0])
        assert first_tier(ranking)[query] == sum(hits[:total]) / total
        assert second_tier(ranking)[query] == sum(hits[: 2 * total]) / total
        assert e_measure(ranking)[query] == pytest.approx(
            2 * (in_32 / 32) * (in_32 / total) / (in_32 / 32 + in_32 / total) if in_32 else 0
        )
        assert dcg(ranking)[query] == pytest.approx(gain / ideal)


def test_a_perfect_ranking_and_an_empty_query() -> None:
    relevant = np.array([[True, True, False, False], [False, False, False, False]])
    ranking = rank_relevant(np.array([[4.0, 3.0, 2.0, 1.0]] * 2), relevant)
    for measure in (nearest_neighbour, first_tier, second_tier, dcg):
        assert measure(ranking).tolist() == [1, 0]
    assert e_measure(ranking).tolist() == [2 * 2 / (32 + 2), 0]
