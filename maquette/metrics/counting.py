"""Exact ranks of a few items in long rows of scores, by the scores alone.

Average precision asks only where the relevant items stand, and an item's rank is one more than the number of items
that score above it. Sorting numbers without their places is several times faster than sorting places by their numbers
(numpy does the former with vector instructions), and a binary search then finds the rank of each relevant score.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

__all__ = ["relevant_ranks"]


def relevant_ranks(
    scores: Float[np.ndarray, "Q G"],
    relevant: Int[np.ndarray, "X"],
    counts: Int[np.ndarray, "Q"],
    *,
    left_out: Int[np.ndarray, "Q"] | None = None,
) -> tuple[Int[np.ndarray, "X"], Int[np.ndarray, "X"]]:
    """Ranks, ascending, of each row's relevant items when it is sorted, bigger scores first, equal ones in item order.

    `relevant` holds row after row the ascending items that are relevant to it, `counts` how many those are. `left_out`
    is an item of each row that takes no part (the query itself) and is not among them; -1: none. The second array holds
    for each rank that of the last item with the same score. Scores must be finite.

    >>> ranks, last_tied = relevant_ranks(np.array([[.5, .9, .5, .1]]), np.array([0, 3]), np.array([2]))
    >>> ranks.tolist(), last_tied.tolist()
    ([2, 4], [3, 4])
    """
    ends = np.cumsum(counts)
    rows = np.repeat(np.arange(len(scores)), counts)
    # The largest score is the smallest number here, so that ranks ascend with numbers.
    ascending = -scores
    targets = ascending[rows, relevant]
    own = None
    if left_out is not None and scores.size:
        own = np.where(left_out < 0, np.inf, ascending[np.arange(len(scores)), left_out])
    ascending.sort(axis=1)
    above = np.empty(len(relevant), dtype=np.int64)
    pieces = list(zip((ends - counts).tolist(), ends.tolist(), strict=True))
    for row, (start, end) in zip(ascending, pieces, strict=True):
        targets[start:end].sort()
        above[start:end] = row.searchsorted(targets[start:end])
    ranks = above + 1
    # A number's successor in its sorted row is its equal, if it has one; the last has no successor.
    followed = np.flatnonzero(ranks < scores.shape[1])
    has_equal = ascending[rows[followed], ranks[followed]] == targets[followed]
    if own is not None:
        ranks -= own[rows] < targets
    last_tied = ranks.copy()
    for query in np.unique(rows[followed[has_equal]]).tolist():
        start, end = pieces[query]
        items, skipped = relevant[start:end], None if left_out is None else int(left_out[query])
        ranks[start:end] = _stable_ranks(scores[query], items, skipped)
        last_tied[start:end] = ascending[query].searchsorted(targets[start:end], side="right")
        if own is not None:
            last_tied[start:end] -= own[query] <= targets[start:end]
    return ranks, last_tied


def _stable_ranks(
    scores: Float[np.ndarray, "G"], relevant: Int[np.ndarray, "R"], left_out: int | None
) -> Int[np.ndarray, "R"]:
    order = np.argsort(-scores, kind="stable")
    order = order[order != left_out] if left_out is not None else order
    is_relevant = np.zeros(len(scores), dtype=np.bool_)
    is_relevant[relevant] = True
    return np.flatnonzero(is_relevant[order]) + 1
