"""Two runs on the same data, query by query: whether their difference is more than the choice of queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int

from maquette.data.store import Store
from maquette.errors import InputError
from maquette.metrics import (
    Interval,
    Pair,
    PairScores,
    Protocol,
    bootstrap_interval,
    holm,
    paired_permutation_test,
)
from maquette.train.evaluation import best_labels, encode_run, score_embedded
from maquette.train.run import Run

__all__ = ["PairComparison", "compare_runs", "compare_scores", "comparison_as_json"]

Scores = Mapping[int, Mapping[Pair, PairScores]]


@dataclass(frozen=True)
class PairComparison:
    """One ordered pair of modalities in two runs: mAP of each, their difference (first minus second), and the test.

    `p_value` is that of the paired permutation test, two-sided; `p_holm` the same after Holm's correction for all
    comparisons of the table. `exact`: whether all flips of signs were counted, or some were drawn.
    """

    query: str
    gallery: str
    views: int
    first: Interval
    second: Interval
    difference: Interval
    p_value: float
    p_holm: float
    exact: bool
    queries: int


def compare_runs(
    first: Path, second: Path, *, split: str, protocol: Protocol, seed: int = 0
) -> tuple[PairComparison, ...]:
    """`compare_scores` of two finished runs on one split.

    InputError, with the digests of their files, if the runs were not made on the same data; if an object could be read
    for one of them only; or if they have no modality in common.
    """
    _check_same_data(first, second)
    scores = []
    measured_by: list[Int[np.ndarray, "N"]] = []
    for folder in (first, second):
        embedded, store, rows = encode_run(folder, split=split)
        labels, _ = best_labels(store, rows)
        measured_by.append(labels)
        scores.append(score_embedded(embedded, labels, protocol=protocol))
    if not np.array_equal(measured_by[0], measured_by[1]):
        raise InputError(f"{first} and {second} have other true labels on {split}: they cannot be compared")
    return compare_scores(*scores, seed=seed)


def compare_scores(
    first: Scores, second: Scores, *, seed: int = 0, level: float = 0.95, resamples: int = 10_000
) -> tuple[PairComparison, ...]:
    """Every ordered pair and number of image views that both have, sorted as in the first.

    Pairs without images come once; those in which no query has a relevant item are left out. Intervals are bootstrapped
    over queries; every comparison starts its random numbers at `seed`, so that a pair's figures (but for `p_holm`) do
    not depend on which other pairs there are.
    """
    found: dict[tuple[Pair, int], tuple[PairScores, PairScores]] = {}
    for views in first:
        for pair in first[views]:
            seen = "image" not in pair and any(known == pair for known, _ in found)
            if not seen and pair in second.get(views, {}):
                a, b = first[views][pair], second[views][pair]
                if len(a.rows) or len(b.rows):
                    found[pair, views] = (a, b)
    if not found:
        raise InputError(
            "the two runs have no pair of modalities and number of views in common in which a query has a relevant "
            "item: nothing to compare"
        )
    compared = [_compare(*scores, views, seed, level, resamples) for (_, views), scores in found.items()]
    corrected = holm(np.asarray([comparison.p_value for comparison in compared]))
    return tuple(
        PairComparison(**{**vars(comparison), "p_holm": float(p)})
        for comparison, p in zip(compared, corrected, strict=True)
    )


def comparison_as_json(comparisons: tuple[PairComparison, ...]) -> list[dict[str, Any]]:
    """The comparisons, in order, as JSON values."""
    return [asdict(comparison) for comparison in comparisons]


def _compare(a: PairScores, b: PairScores, views: int, seed: int, level: float, resamples: int) -> PairComparison:
    if not np.array_equal(a.rows, b.rows) or a.gallery_size != b.gallery_size:
        raise InputError(
            f"{a.query}->{a.gallery}: the runs answered different queries ({len(a.rows)} and {len(b.rows)}, galleries "
            f"of {a.gallery_size} and {b.gallery_size}): prepare both with the same files readable"
        )
    x, y = a.measures["average_precision"], b.measures["average_precision"]
    settings: dict[str, Any] = {"level": level, "resamples": resamples}
    test = paired_permutation_test(x, y, rng=np.random.default_rng(seed), resamples=resamples)
    return PairComparison(
        query=a.query,
        gallery=a.gallery,
        views=views,
        first=bootstrap_interval(x, rng=np.random.default_rng(seed), **settings),
        second=bootstrap_interval(y, rng=np.random.default_rng(seed), **settings),
        difference=bootstrap_interval(x - y, rng=np.random.default_rng(seed), **settings),
        p_value=test.p_value,
        p_holm=test.p_value,
        exact=test.exact,
        queries=len(x),
    )


def _check_same_data(first: Path, second: Path) -> None:
    digests = []
    for folder in (first, second):
        store = Store.open(Run.open(folder).prepared)
        digests.append((store.manifest.name, store.manifest.files_digest))
    if digests[0][1] != digests[1][1]:
        told = " and ".join(
            f"{folder} on {name!r} (files {digest[:16]})"
            for folder, (name, digest) in zip((first, second), digests, strict=True)
        )
        raise InputError(f"the runs were made on different data, {told}: compare runs on the same files")
