"""The exact index in memory: every item is compared with every query. It defines what the right answer is.

A blocked float32 product finds the candidates; those within its rounding error of the k-th best are scored again in
float64, one at a time, so that a ranking depends neither on the order of the rows nor on how the queries were batched.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float32, Float64

from maquette.errors import InputError
from maquette.index.base import INDEXES, Entry, Index, Ranking
from maquette.index.rows import Rows
from maquette.index.where import Condition

__all__ = ["MemoryIndex", "empty_rows", "entries", "known_rows", "rank", "refuse_known"]

_SCORES_AT_ONCE = 1 << 24
"""Query-item scores held in memory at a time: 64 MiB."""


@INDEXES.register("memory")
class MemoryIndex(Index):
    """Items in this process's memory, searched exactly; gone when the process ends."""

    def __init__(self, *, dimensions: int, parts: tuple[str, ...] = ()) -> None:
        super().__init__(dimensions=dimensions, parts=parts)
        self._rows = empty_rows(dimensions, len(parts))
        self._version = 0

    def remove(self, ids: Sequence[str]) -> int:
        there = {id_ for id_ in ids if id_ in self._rows.row_of}
        if there:
            self._rows = self._rows.without(tuple(there))
            self._version += 1
        return len(there)

    def get(self, ids: Sequence[str]) -> list[Entry]:
        return entries(self._rows, ids)

    def parts(self, ids: Sequence[str]) -> Float32[np.ndarray, "N M D"]:
        rows = known_rows(self._rows, ids)
        if self._rows.parts is None:
            return np.zeros((len(rows), 0, self.dimensions), dtype=np.float32)
        return self._rows.parts[rows]

    def ids(self, where: Sequence[Condition] = ()) -> tuple[str, ...]:
        return self._rows.ids_matching(where)

    def counts(self, field: str) -> dict[str, int]:
        return self._rows.counts(field)

    def require_fields(self, where: Sequence[Condition]) -> None:
        self._rows.require_fields(where)

    @property
    def version(self) -> int:
        return self._version

    def info(self) -> dict[str, Any]:
        return {
            "index": "memory",
            "items": len(self),
            "dimensions": self.dimensions,
            "parts": list(self.part_names),
            "version": self.version,
        }

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, id_: object) -> bool:
        return id_ in self._rows.row_of

    def _put(self, rows: Rows, *, replace: bool) -> None:
        if not replace:
            refuse_known(self._rows, rows.ids)
        if len(rows):
            self._rows = self._rows.merged(rows)
            self._version += 1

    def _rank(self, queries: Float32[np.ndarray, "Q D"], k: int, where: Sequence[Condition]) -> list[Ranking]:
        return rank(self._rows, queries, k=k, where=where)


def rank(rows: Rows, queries: Float32[np.ndarray, "Q D"], *, k: int, where: Sequence[Condition] = ()) -> list[Ranking]:
    """The k best of the rows that match, for each query; both sides have length 1."""
    keep = np.flatnonzero(rows.matching(where)) if where else None
    count = len(rows) if keep is None else len(keep)
    if count == 0:
        return [Ranking((), np.empty(0)) for _ in queries]
    # Both the k-th best score and a candidate's may be off by D rounding errors.
    margin = 2 * rows.vectors.shape[1] * np.finfo(np.float32).eps
    block = max(1, _SCORES_AT_ONCE // len(rows))
    rankings = []
    for start in range(0, len(queries), block):
        scores = queries[start : start + block] @ rows.vectors.T
        scores = scores if keep is None else scores[:, keep]
        for query, row in zip(queries[start : start + block], scores, strict=True):
            if k < count:
                candidates = np.flatnonzero(row >= np.partition(row, count - k)[count - k] - margin)
            else:
                candidates = np.arange(count)
            chosen = candidates if keep is None else keep[candidates]
            exact = _cosines(rows.vectors[chosen].astype(np.float64), query.astype(np.float64))
            best = sorted(zip((-exact).tolist(), (rows.ids[row] for row in chosen), strict=True))[:k]
            rankings.append(Ranking(tuple(id_ for _, id_ in best), -np.array([score for score, _ in best])))
    return rankings


def _cosines(vectors: Float64[np.ndarray, "N D"], query: Float64[np.ndarray, "D"]) -> Float64[np.ndarray, "N"]:
    """Return each vector's cosine with the query; lengths are counted in, as float32 holds 1 only to eight digits."""
    lengths = np.sqrt(np.square(vectors).sum(axis=1) * np.square(query).sum())
    cosines: Float64[np.ndarray, "N"] = np.clip((vectors * query).sum(axis=1) / lengths, -1.0, 1.0)
    return cosines


def empty_rows(dimensions: int, parts: int) -> Rows:
    """No rows, of the right shapes."""
    vectors = np.empty((0, dimensions), dtype=np.float32)
    return Rows((), vectors, (), np.empty((0, parts, dimensions), dtype=np.float32) if parts else None)


def known_rows(rows: Rows, ids: Iterable[str]) -> list[int]:
    """The rows of the ids; one that is not there raises InputError."""
    try:
        return [rows.row_of[id_] for id_ in ids]
    except KeyError as error:
        raise InputError(f"id {error.args[0]!r} is not among the {len(rows)} items of the index") from error


def entries(rows: Rows, ids: Iterable[str]) -> list[Entry]:
    """The items of the ids, in their order; their arrays and metadata are copies."""
    return [
        Entry(rows.ids[row], rows.vectors[row].copy(), json.loads(rows.metadata[row])) for row in known_rows(rows, ids)
    ]


def refuse_known(rows: Rows, ids: Iterable[str]) -> None:
    """Raise InputError if one of the ids is there already."""
    for id_ in ids:
        if id_ in rows.row_of:
            raise InputError(f"id {id_!r} is in the index already: expected a new one, or use upsert to replace it")
