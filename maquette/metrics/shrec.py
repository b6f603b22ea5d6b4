"""The measures of the SHREC contests: nearest neighbour, first and second tier, E-measure, discounted gain.

Definitions of Shilane et al., The Princeton Shape Benchmark, SMI 2004 (https://shape.cs.princeton.edu/benchmark/).
R is the number of a query's relevant items in its gallery; no relevant item: 0 in every measure.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from maquette.metrics.ranking import Ranking, discounted_gain, hits_at, recall_at

__all__ = ["dcg", "e_measure", "first_tier", "nearest_neighbour", "second_tier"]

_E_MEASURE_PLACES = 32


def nearest_neighbour(ranking: Ranking) -> Float[np.ndarray, "Q"]:
    """1 where the first item is relevant, else 0.

    >>> nearest_neighbour(Ranking(np.array([1, 3]), np.array([1, 3]), np.array([2]))).tolist()
    [1.0]
    """
    return hits_at(ranking, 1).astype(np.float64)


def first_tier(ranking: Ranking) -> Float[np.ndarray, "Q"]:
    """Share of the relevant items among the first R places.

    >>> first_tier(Ranking(np.array([1, 3]), np.array([1, 3]), np.array([2]))).tolist()
    [0.5]
    """
    return recall_at(ranking, ranking.counts)


def second_tier(ranking: Ranking) -> Float[np.ndarray, "Q"]:
    """Share of the relevant items among the first 2R places.

    >>> second_tier(Ranking(np.array([1, 3]), np.array([1, 3]), np.array([2]))).tolist()
    [1.0]
    """
    return recall_at(ranking, 2 * ranking.counts)


def e_measure(ranking: Ranking) -> Float[np.ndarray, "Q"]:
    """Harmonic mean of precision and recall over the first 32 places; those a small gallery lacks count as wrong.

    >>> e_measure(Ranking(np.array([1, 3]), np.array([1, 3]), np.array([2]))).round(4).tolist()
    [0.1176]
    """
    # 2 / (1/P + 1/R) with P = hits/32 and recall = hits/R.
    value: Float[np.ndarray, "Q"] = 2 * hits_at(ranking, _E_MEASURE_PLACES) / (_E_MEASURE_PLACES + ranking.counts)
    return value


def dcg(ranking: Ranking) -> Float[np.ndarray, "Q"]:
    """Discounted cumulative gain over all ranks, by the benchmark's discount, divided by the best possible.

    The first place counts 1 and place i > 1 counts 1 / log2(i); `ndcg` in `ranking` has log2(i + 1) instead.

    >>> dcg(Ranking(np.array([1, 3]), np.array([1, 3]), np.array([2]))).round(4).tolist()
    [0.8155]
    """
    places = np.arange(1, int(ranking.counts.max(initial=0)) + 1)
    best = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.maximum(places, 2)))])[ranking.counts]
    return discounted_gain(ranking, 1 / np.log2(np.maximum(ranking.ranks, 2))) / np.where(best > 0, best, 1)
