"""Scores of every ordered pair of modalities: queries of one, the gallery of the other.

Per-query values are kept, because intervals and tests between two runs (`significance`) need them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from maquette.errors import ConfigError, InputError
from maquette.metrics import shrec
from maquette.metrics.blocks import rank_blocks
from maquette.metrics.protocol import Protocol
from maquette.metrics.ranking import Ranking, average_precision, ndcg, precision_at, recall_at

__all__ = ["Pair", "PairScores", "evaluate_pairs", "pairs_as_json", "score_queries"]

Pair = tuple[str, str]
"""Modality of the queries, modality of the gallery."""


@dataclass(frozen=True)
class PairScores:
    """What the queries of one modality found in the gallery of another, under one protocol.

    `measures` maps the name of a measure to one value per counted query, whose object `rows` names; `skipped` queries
    without a relevant item were left out, as the protocol says.
    """

    query: str
    gallery: str
    protocol: Protocol
    rows: Int[np.ndarray, "Q"]
    measures: Mapping[str, Float[np.ndarray, "Q"]]
    gallery_size: int
    skipped: int

    def mean(self, measure: str = "average_precision") -> float | None:
        """Unweighted mean over the counted queries (mAP by default); None when no query was counted."""
        if measure not in self.measures:
            raise ConfigError(f"unknown measure {measure!r}: expected one of {', '.join(self.measures)}")
        return float(self.measures[measure].mean()) if len(self.rows) else None

    def as_json(self) -> dict[str, Any]:
        """Means of all measures, the numbers of queries and gallery items, and the protocol's name."""
        means = {name: self.mean(name) for name in self.measures}
        return {
            "map": means.pop("average_precision"),
            **means,
            "queries": len(self.rows),
            "skipped": self.skipped,
            "gallery": self.gallery_size,
            "protocol": self.protocol.name,
        }


def evaluate_pairs(
    representations: Mapping[str, Float[np.ndarray, "N D"]],
    labels: Int[np.ndarray, "N"],
    *,
    protocol: Protocol,
    present: Mapping[str, Bool[np.ndarray, "N"]] | None = None,
    pairs: Iterable[Pair] | None = None,
    depths: Sequence[int] = (1, 10),
) -> dict[Pair, PairScores]:
    """Scores of all ordered pairs of modalities (M x M), or of those asked for, in the mapping's order.

    Row i of every array is object i. `present[m]` says which objects have modality m (all, if m is not named); others
    are neither queries nor gallery items there. `depths` are the K of precision@K and recall@K.
    """
    masks = present or {}
    chosen = list(pairs) if pairs is not None else [(a, b) for a in representations for b in representations]
    for name in sorted({name for pair in chosen for name in pair} | set(masks)):
        if name not in representations:
            raise InputError(f"no representations of {name!r}: there are those of {', '.join(representations)}")
    rows = {name: np.flatnonzero(masks[name]) if name in masks else np.arange(len(labels)) for name in representations}
    results = {}
    for query, gallery in chosen:
        query_rows, gallery_rows = rows[query], rows[gallery]
        values, relevant = score_queries(
            _take(representations[query], query_rows),
            _take(representations[gallery], gallery_rows),
            query_labels=labels[query_rows],
            gallery_labels=labels[gallery_rows],
            protocol=protocol,
            self_rows=np.arange(len(query_rows)) if query == gallery and protocol.exclude_self else None,
            depths=depths,
        )
        counted = relevant > 0 if protocol.empty_queries == "skip" else np.ones(len(relevant), dtype=np.bool_)
        results[query, gallery] = PairScores(
            query=query,
            gallery=gallery,
            protocol=protocol,
            rows=query_rows[counted],
            measures={name: value[counted] for name, value in values.items()},
            gallery_size=len(gallery_rows),
            skipped=int((~counted).sum()),
        )
    return results


def score_queries(
    queries: Float[np.ndarray, "Q D"],
    gallery: Float[np.ndarray, "G D"],
    *,
    query_labels: Int[np.ndarray, "Q"],
    gallery_labels: Int[np.ndarray, "G"],
    protocol: Protocol,
    self_rows: Int[np.ndarray, "Q"] | None = None,
    depths: Sequence[int] = (1, 10),
) -> tuple[dict[str, Float[np.ndarray, "Q"]], Int[np.ndarray, "Q"]]:
    """Every measure for every query, and how many relevant items each query has.

    `self_rows` as in `rank_blocks`: the gallery row of each query to leave out. Queries without a relevant item score 0
    here; whether they count is the caller's to decide by the protocol. Equal scores follow `protocol.ties` in average
    precision; measures at a depth need an order and take the gallery's.
    """
    blocks = rank_blocks(
        queries, gallery, query_labels=query_labels, gallery_labels=gallery_labels, self_rows=self_rows
    )
    measured = [(_measure(ranking, protocol, depths), ranking.counts) for ranking in blocks]
    if not measured:
        nothing = np.empty(0, dtype=np.int64)
        measured = [(_measure(Ranking(nothing, nothing, nothing), protocol, depths), nothing)]
    names = measured[0][0]
    values = {name: np.concatenate([block[name] for block, _ in measured]) for name in names}
    return values, np.concatenate([counts for _, counts in measured])


def pairs_as_json(results: Mapping[Pair, PairScores]) -> dict[str, Any]:
    """Means of every pair under "query->gallery", as JSON values."""
    return {f"{query}->{gallery}": scores.as_json() for (query, gallery), scores in results.items()}


def _measure(ranking: Ranking, protocol: Protocol, depths: Sequence[int]) -> dict[str, Float[np.ndarray, "Q"]]:
    return {
        "average_precision": average_precision(ranking, ties=protocol.ties),
        **{f"precision@{k}": precision_at(ranking, k) for k in depths},
        **{f"recall@{k}": recall_at(ranking, k) for k in depths},
        "ndcg": ndcg(ranking),
        "nearest_neighbour": shrec.nearest_neighbour(ranking),
        "first_tier": shrec.first_tier(ranking),
        "second_tier": shrec.second_tier(ranking),
        "e_measure": shrec.e_measure(ranking),
        "dcg": shrec.dcg(ranking),
    }


def _take(values: Float[np.ndarray, "N D"], rows: Int[np.ndarray, "K"]) -> Float[np.ndarray, "K D"]:
    # All rows are all rows in order: a memory-mapped gallery then stays on disk.
    return values if len(rows) == len(values) else values[rows]
