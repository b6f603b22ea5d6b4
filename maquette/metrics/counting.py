"""Exact ranks of a few items in a long row of scores, without sorting the row.

Average precision asks only where the relevant items stand, and an item's rank is one more than the number of items
that score above it. Scores fall into equal-width bins, which keeps their order; whole bins are counted, and only the
bins that hold a relevant item are sorted. The work grows linearly with the row, at 12,000 items a quarter of a sort.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

__all__ = ["relevant_ranks"]

# More bins than this no longer fit the processor's cache, and the sorted remainder is small anyway.
_MOST_BINS = 1 << 16
# Below this spread the bins' scale could overflow; one bin then holds all, which is a plain sort.
_LEAST_SPREAD = 1e-200


def relevant_ranks(
    scores: Float[np.ndarray, "G"], relevant: Int[np.ndarray, "R"], *, left_out: int | None = None
) -> tuple[Int[np.ndarray, "R"], Int[np.ndarray, "R"]]:
    """Ranks, ascending, of the relevant items when the row is sorted by score, bigger first, equal ones in row order.

    `relevant` are ascending rows; `left_out` is an item that takes no part (the query itself) and is not among them.
    The second array holds for each the rank of the last item with the same score. Scores must be finite.

    >>> ranks, last_tied = relevant_ranks(np.array([.5, .9, .5, .1]), np.array([0, 3]))
    >>> ranks.tolist(), last_tied.tolist()
    ([2, 4], [3, 4])
    """
    if len(relevant) == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    # Descending scores, so that ranks ascend.
    targets = np.sort(scores[relevant])[::-1]
    above, at_least = _count_above(scores, relevant, targets)
    if left_out is not None:
        above -= scores[left_out] > targets
        at_least -= scores[left_out] >= targets
    if (at_least - above == 1).all():
        return at_least, at_least.copy()
    return _stable_ranks(scores, relevant, left_out), at_least


def _count_above(
    scores: Float[np.ndarray, "G"], relevant: Int[np.ndarray, "R"], targets: Float[np.ndarray, "R"]
) -> tuple[Int[np.ndarray, "R"], Int[np.ndarray, "R"]]:
    """For each target (a score of the row, descending), how many scores are above it, and how many above or equal."""
    bins = min(len(scores), _MOST_BINS)
    lowest = scores.min()
    spread = float(scores.max() - lowest)
    scale = (bins - 1) / spread if spread > _LEAST_SPREAD else 0.0
    # Subtracting, scaling and truncating never reverse the order of two numbers, rounding included.
    bin_of = ((scores - lowest) * scale).astype(np.intp)
    hot_bins = bin_of[relevant]
    population = np.bincount(bin_of, minlength=bins)
    population[hot_bins] = 0
    up_to = np.cumsum(population)
    is_hot = np.zeros(bins, dtype=np.bool_)
    is_hot[hot_bins] = True
    close = scores.compress(is_hot[bin_of])
    close.sort()
    target_bins = ((targets - lowest) * scale).astype(np.intp)
    elsewhere = up_to[-1] - up_to[target_bins] + len(close)
    return (
        elsewhere - close.searchsorted(targets, side="right"),
        elsewhere - close.searchsorted(targets, side="left"),
    )


def _stable_ranks(
    scores: Float[np.ndarray, "G"], relevant: Int[np.ndarray, "R"], left_out: int | None
) -> Int[np.ndarray, "R"]:
    order = np.argsort(-scores, kind="stable")
    if left_out is not None:
        order = order[order != left_out]
    is_relevant = np.zeros(len(scores), dtype=np.bool_)
    is_relevant[relevant] = True
    return np.flatnonzero(is_relevant[order]) + 1
