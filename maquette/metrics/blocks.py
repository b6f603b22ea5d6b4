"""Rankings of many queries against a large gallery, a block of queries at a time.

Nothing of size Q x G is ever held. A gallery that is small enough is kept in float64; of a larger one, which may be a
memory-mapped array, a few thousand rows at a time are turned to float64, once for each block of queries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from jaxtyping import Float, Int

from maquette.errors import InputError
from maquette.metrics.counting import relevant_ranks
from maquette.metrics.ranking import Ranking

__all__ = ["cosine_scores", "rank_blocks"]

_GALLERY_ROWS = 4096
_MEMORY_BYTES = 256 << 20
# Adding and subtracting this rounds a cosine to the next multiple of 2^-40.
_ROUNDING = 1.5 * 2.0**12


def cosine_scores(queries: Float[np.ndarray, "Q D"], gallery: Float[np.ndarray, "G D"]) -> Float[np.ndarray, "Q G"]:
    """Cosine of every query with every gallery item, float64; an all-zero vector has cosine 0 with everything.

    Rounded to a multiple of 2^-40 (9e-13). Matrix products sum in an order that depends on an item's place, so that
    copies of one vector would else differ in the last bits, and their place would decide between them.
    A vector that is not finite raises InputError.

    >>> cosine_scores(np.array([[2., 0.]]), np.array([[1., 0.], [0., 3.], [0., 0.]])).tolist()
    [[1.0, 0.0, 0.0]]
    """
    scores = np.empty((len(queries), len(gallery)))
    _score(_unit(queries, "the queries", 0), _unit_chunks(gallery), out=scores)
    return scores


def rank_blocks(
    queries: Float[np.ndarray, "Q D"],
    gallery: Float[np.ndarray, "G D"],
    *,
    query_labels: Int[np.ndarray, "Q"],
    gallery_labels: Int[np.ndarray, "G"],
    self_rows: Int[np.ndarray, "Q"] | None = None,
    memory_bytes: int = _MEMORY_BYTES,
) -> Iterator[Ranking]:
    """Rankings by cosine, block after block of queries, in their order.

    Relevant is what carries the query's label. `self_rows` names for each query the gallery row of the query itself,
    which is then left out of its ranking; -1: it is not in the gallery. `memory_bytes` bounds the scores and the copy
    of the gallery together, except that one row of scores, twice (16 bytes a gallery item), there must be.
    """
    by_label = _rows_by_label(gallery_labels)
    nothing = np.empty(0, dtype=np.int64)
    kept = list(_unit_chunks(gallery)) if 8 * gallery.size <= memory_bytes // 2 else None
    # With the gallery at hand a small block is best: it stays in the cache. Read from disk, each block costs a pass.
    # Scores are there twice, the second time sorted.
    scores_bytes = memory_bytes // 2 if kept is None else memory_bytes // 64
    block = min(max(1, scores_bytes // (8 * max(1, len(gallery)))), max(1, len(queries)))
    scores = np.empty((block, len(gallery)))
    for start in range(0, len(queries), block):
        unit_queries = _unit(queries[start : start + block], "the queries", start)
        _score(unit_queries, kept or _unit_chunks(gallery), out=scores[: len(unit_queries)])
        labels = query_labels[start : start + len(unit_queries)].tolist()
        left_out = None if self_rows is None else self_rows[start : start + len(unit_queries)]
        relevant = [by_label.get(label, nothing) for label in labels]
        if left_out is not None:
            relevant = [items[items != own] for items, own in zip(relevant, left_out.tolist(), strict=True)]
        counts = np.array([len(items) for items in relevant], dtype=np.int64)
        rows = scores[: len(unit_queries)]
        yield Ranking(*relevant_ranks(rows, np.concatenate(relevant), counts, left_out=left_out), counts)


def _score(
    unit_queries: Float[np.ndarray, "Q D"],
    chunks: Iterable[tuple[int, Float[np.ndarray, "_ D"]]],
    *,
    out: Float[np.ndarray, "Q G"],
) -> None:
    for start, chunk in chunks:
        np.matmul(unit_queries, chunk.T, out=out[:, start : start + len(chunk)])
    out += _ROUNDING
    out -= _ROUNDING


def _unit_chunks(gallery: Float[np.ndarray, "G D"]) -> Iterator[tuple[int, Float[np.ndarray, "_ D"]]]:
    for start in range(0, len(gallery), _GALLERY_ROWS):
        yield start, _unit(gallery[start : start + _GALLERY_ROWS], "the gallery", start)


def _unit(vectors: Float[np.ndarray, "N D"], name: str, first_row: int) -> Float[np.ndarray, "N D"]:
    double = np.asarray(vectors, dtype=np.float64)
    squares = np.einsum("nd,nd->n", double, double)
    if not np.isfinite(squares).all():
        row = first_row + int(np.flatnonzero(~np.isfinite(squares))[0])
        raise InputError(f"row {row} of {name} is not finite: every representation must be; look at the model's output")
    norms = np.sqrt(squares)
    unit: Float[np.ndarray, "N D"] = double / np.where(norms > 0, norms, 1)[:, None]
    return unit


def _rows_by_label(labels: Int[np.ndarray, "G"]) -> dict[int, Int[np.ndarray, "_"]]:
    order = np.argsort(labels, kind="stable")
    values, starts = np.unique(labels[order], return_index=True)
    return {int(value): rows for value, rows in zip(values, np.split(order, starts)[1:], strict=True)}
