"""Rankings, and what they are worth: average precision over all ranks, precision and recall at K, NDCG.

Relevance is yes or no, so a whole ranking is known by the ranks of its relevant items. `Ranking` holds those for many
queries, checks itself once, and every measure here and in `shrec` is a few lines on it. How the ranks are found for
large galleries, a block of queries at a time, is told in `blocks`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int

from maquette.errors import ConfigError
from maquette.metrics.counting import relevant_ranks

__all__ = [
    "Ranking",
    "Ties",
    "average_precision",
    "discounted_gain",
    "hits_at",
    "ndcg",
    "precision_at",
    "rank_relevant",
    "recall_at",
]

Ties = Literal["gallery_order", "together"]
"""How equal scores count: `gallery_order` as a stable sort leaves them, the earlier gallery item first; `together` as
one step of the precision-recall curve (scikit-learn's way), which no order of the gallery can flatter."""


@dataclass(frozen=True)
class Ranking:
    """Where the relevant items of Q queries stand; ranks count from 1.

    Query after query: `ranks` of its relevant items, ascending, and beside each `last_tied`, the rank of the last item
    of the gallery that scores the same (equal to the rank itself where nothing ties). `counts` says how many relevant
    items each query has in the whole gallery; it may be 0.
    """

    ranks: Int[np.ndarray, "X"]
    last_tied: Int[np.ndarray, "X"]
    counts: Int[np.ndarray, "Q"]

    def __post_init__(self) -> None:
        if (self.counts < 0).any() or int(self.counts.sum()) != len(self.ranks):
            raise ConfigError(f"counts must be >= 0 and sum to the {len(self.ranks)} ranks, not {self.counts.sum()}")
        same_query = np.diff(self.queries) == 0
        if (self.ranks < 1).any() or (np.diff(self.ranks)[same_query] <= 0).any():
            raise ConfigError("ranks must count from 1 and ascend within a query")
        if (self.last_tied < self.ranks).any() or (np.diff(self.last_tied)[same_query] < 0).any():
            raise ConfigError("last_tied must be at least the rank and not descend within a query")

    @property
    def queries(self) -> Int[np.ndarray, "X"]:
        """The query, 0 to Q-1, that each rank belongs to."""
        return np.repeat(np.arange(len(self.counts)), self.counts)

    @property
    def starts(self) -> Int[np.ndarray, "X"]:
        """For each rank, where the ranks of its query begin."""
        return np.repeat(np.cumsum(self.counts) - self.counts, self.counts)


def rank_relevant(scores: Float[np.ndarray, "Q G"], relevant: Bool[np.ndarray, "Q G"]) -> Ranking:
    """Ranking of each row of scores, bigger first; for matrices that fit in memory.

    >>> ranking = rank_relevant(np.array([[.9, .8, .7]]), np.array([[True, False, True]]))
    >>> ranking.ranks.tolist()
    [1, 3]
    """
    counts = relevant.sum(axis=1, dtype=np.int64)
    return Ranking(*relevant_ranks(scores, np.nonzero(relevant)[1], counts), counts)


def average_precision(ranking: Ranking, *, ties: Ties = "gallery_order") -> Float[np.ndarray, "Q"]:
    """Average precision of each query over all ranks, in [0, 1].

    AP = 1/R sum over relevant items of (relevant items up to its rank) / (its rank), R the number of relevant items in
    the whole gallery. No relevant item: 0. With `ties="together"` "up to its rank" reaches the last tied item.
    Reference: Feng et al., RONO, CVPR 2023, and Jing et al., CMCL, CVPR 2021 use this mean over all ranks.

    >>> average_precision(Ranking(np.array([1, 3]), np.array([1, 3]), np.array([2]))).round(4).tolist()
    [0.8333]
    """
    relevant_so_far = np.arange(1, len(ranking.ranks) + 1) - ranking.starts
    up_to = ranking.ranks
    if ties == "together":
        up_to = ranking.last_tied
        # The last relevant item of the same tie group; (query, last_tied) ascends over the whole array.
        key = ranking.queries * (int(up_to.max(initial=0)) + 1) + up_to
        relevant_so_far = np.searchsorted(key, key, side="right") - ranking.starts
    mean: Float[np.ndarray, "Q"] = discounted_gain(ranking, relevant_so_far / up_to) / np.maximum(ranking.counts, 1)
    return mean


def precision_at(ranking: Ranking, k: int) -> Float[np.ndarray, "Q"]:
    """Share of the first k places that hold a relevant item; k beyond the gallery counts the missing places as wrong.

    >>> precision_at(Ranking(np.array([1, 3]), np.array([1, 3]), np.array([2])), 2).tolist()
    [0.5]
    """
    return hits_at(ranking, k) / _checked(k)


def recall_at(ranking: Ranking, k: int | Int[np.ndarray, "Q"]) -> Float[np.ndarray, "Q"]:
    """Share of a query's relevant items that stand in the first k places; k may differ by query. No relevant item: 0.

    >>> recall_at(Ranking(np.array([1, 3]), np.array([1, 3]), np.array([2])), 2).tolist()
    [0.5]
    """
    share: Float[np.ndarray, "Q"] = hits_at(ranking, k) / np.maximum(ranking.counts, 1)
    return share


def ndcg(ranking: Ranking, *, depth: int | None = None) -> Float[np.ndarray, "Q"]:
    """Normalised discounted cumulative gain over all ranks or the first `depth`, in [0, 1].

    A relevant item at rank r gains 1 / log2(r + 1); the sum is divided by that of the best possible ranking of the
    same depth. No relevant item: 0.
    Reference: Järvelin and Kekäläinen, Cumulated gain-based evaluation, ACM TOIS 2002.

    >>> ndcg(Ranking(np.array([1, 3]), np.array([1, 3]), np.array([2]))).round(4).tolist()
    [0.9197]
    """
    limit = None if depth is None else _checked(depth)
    longest = int(ranking.counts.max(initial=0))
    discounts = 1 / np.log2(np.arange(2, longest + 2))
    best = np.concatenate([[0.0], np.cumsum(discounts)])[np.minimum(ranking.counts, limit or longest)]
    return discounted_gain(ranking, 1 / np.log2(ranking.ranks + 1), depth=limit) / np.where(best > 0, best, 1)


def hits_at(ranking: Ranking, k: int | Int[np.ndarray, "Q"]) -> Int[np.ndarray, "Q"]:
    """How many relevant items stand in the first k places of each query; k may differ by query."""
    queries = ranking.queries
    limit = k[queries] if isinstance(k, np.ndarray) else _checked(k)
    return np.bincount(queries[ranking.ranks <= limit], minlength=len(ranking.counts))


def discounted_gain(
    ranking: Ranking, gains: Float[np.ndarray, "X"], *, depth: int | None = None
) -> Float[np.ndarray, "Q"]:
    """Sum over each query's relevant items of their gains, down to rank `depth` or the end."""
    kept = gains if depth is None else np.where(ranking.ranks <= depth, gains, 0.0)
    # bincount adds in the array's order, as a plain loop does, bit for bit; with nothing to add it returns integers.
    return np.bincount(ranking.queries, weights=kept, minlength=len(ranking.counts)).astype(np.float64)


def _checked(k: int) -> int:
    if k < 1:
        raise ConfigError(f"a ranking's depth is at least 1, not {k}")
    return k
