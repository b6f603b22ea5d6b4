"""Finding out what scores mean in a collection, on objects of known class that are not in it.

For queries of one composition (`calibrated.py`) four things are fitted, on other objects than any figure is quoted on:

* P(same class) as a rising function of the score: isotonic regression over pairs of a query and an item.
  Reference: Zadrozny and Elkan, Transforming Classifier Scores into Accurate Multiclass Probability Estimates, KDD
  2002.
* The same for the ten best hits of a query, by logistic regression with smoothed targets: which items are among the
  best depends on the others, so a curve over all pairs makes too little of the best. Reference: Platt, Probabilistic
  Outputs for Support Vector Machines, 1999.
* The familiarity that 95 % of queries reach whose class is in the collection: what stays below is like nothing there.
* The score that the best right item reaches in 90 % of queries: split conformal prediction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from maquette.errors import InputError
from maquette.metrics.calibration import auroc, conformal_threshold, expected_calibration_error
from maquette.search.calibrated import BEST, COVERAGE, Calibration, Curve, familiarity
from maquette.search.engine import Engine
from maquette.search.heldout import HeldOut, compose
from maquette.search.parts import EncodedPart, Part, Query

__all__ = [
    "CompositionReport",
    "Gallery",
    "Trials",
    "calibrate",
    "fit_curve",
    "held_out_trials",
    "own_trials",
    "trials_of",
]

FAMILIAR_SHARE = 0.95
"""The share of queries with a counterpart that must not be turned away."""
DEPTH = 5
"""Best items that a query's familiarity is taken over."""

_PAIRS = 2_000_000
_OWN_QUERIES = 1000
_FEWEST_QUERIES = 20


@dataclass(frozen=True)
class Gallery:
    """The items of known class: unit vectors and classes, as numbers into `class_names`."""

    ids: tuple[str, ...]
    vectors: Float32[np.ndarray, "N D"]
    labels: Int[np.ndarray, "N"]
    class_names: tuple[str, ...]

    @classmethod
    def of(cls, engine: Engine) -> Gallery:
        """Return the items of a collection that have a class; InputError where that makes fewer than two classes."""
        index = engine.collection.index
        index.refresh()
        entries = [entry for entry in index.get(index.ids()) if entry.metadata.get("class")]
        names = sorted({str(entry.metadata["class"]) for entry in entries})
        if len(names) < 2:
            raise InputError(
                f"{engine.collection.folder}: {len(entries)} items of {len(names)} classes: expected at least two "
                "classes (the first folder below the one added names an item's class)"
            )
        place = {name: number for number, name in enumerate(names)}
        labels = np.array([place[str(entry.metadata["class"])] for entry in entries])
        vectors = np.stack([entry.vector for entry in entries])
        return cls(tuple(entry.id for entry in entries), vectors, labels, tuple(names))


@dataclass(frozen=True)
class Trials:
    """Queries of one composition: unit vectors, the class asked for, the row of the item not to be found (or -1)."""

    vectors: Float64[np.ndarray, "Q D"]
    labels: Int[np.ndarray, "Q"]
    own: Int[np.ndarray, "Q"]

    def chosen(self, rows: Bool[np.ndarray, "Q"]) -> Trials:
        """Return some of the queries."""
        return Trials(self.vectors[rows], self.labels[rows], self.own[rows])


@dataclass(frozen=True)
class CompositionReport:
    """How good a curve is on the half of the queries that it was not fitted on (each half once).

    `raw_error` and `error` are the expected calibration errors of the cosine and of the probability, over the ten best
    items; `absent_auroc` tells queries whose class was taken out of the collection from the others.
    """

    queries: int
    raw_error: float
    error: float
    coverage: float
    absent_auroc: float

    def as_json(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        return asdict(self)


def calibrate(
    engine: Engine, trials: Mapping[str, Trials], gallery: Gallery, *, fitted_on: str, rng: np.random.Generator
) -> tuple[Calibration, dict[str, CompositionReport]]:
    """Return the calibration and how good it is, by composition; nothing is written.

    Compositions of fewer than 20 queries are left out; InputError if that leaves none.
    """
    curves, reports = {}, {}
    for name, some in sorted(trials.items()):
        if len(some.labels) >= _FEWEST_QUERIES:
            curves[name] = fit_curve(some, gallery, rng=rng)
            reports[name] = _cross_checked(some, gallery, rng)
    if not curves:
        most = max((len(some.labels) for some in trials.values()), default=0)
        raise InputError(f"at most {most} queries of a kind whose class is in the collection: expected 20 or more")
    made = datetime.now(UTC).isoformat(timespec="seconds")
    return Calibration(curves, engine.fingerprint, fitted_on, DEPTH, len(engine.collection.index), made), reports


def fit_curve(trials: Trials, gallery: Gallery, *, rng: np.random.Generator) -> Curve:
    """Return what the scores of these queries mean; of a large collection some items, drawn by `rng`, stand for all."""
    share = min(1.0, _PAIRS / (len(trials.labels) * len(gallery.labels)))
    drawn = np.ones(len(gallery.labels), dtype=bool) if share == 1.0 else rng.random(len(gallery.labels)) < share
    scores, same, best_right, familiar = [], [], [], []
    best_scores, best_same = [], []
    for found, right in _each(trials, gallery):
        kept = drawn & ~np.isnan(found)
        scores.append(found[kept])
        same.append(right[kept])
        best_right.append(np.nanmax(found[right], initial=-1.0))
        familiar.append(_familiarity(found))
        best = _best(found)
        best_scores.append(found[best])
        best_same.append(right[best])
    fit = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    fit.fit(np.concatenate(scores), np.concatenate(same).astype(np.float64))
    return Curve(
        tuple(fit.X_thresholds_.tolist()),
        tuple(fit.y_thresholds_.tolist()),
        familiar=max(-1.0, conformal_threshold(np.array(familiar), coverage=FAMILIAR_SHARE)),
        covering=max(-1.0, conformal_threshold(np.array(best_right), coverage=COVERAGE)),
        queries=len(trials.labels),
        best=_logistic(np.concatenate(best_scores), np.concatenate(best_same)),
    )


def held_out_trials(engine: Engine, objects: Iterable[HeldOut], gallery: Gallery) -> dict[str, Trials]:
    """Return the queries that objects of known class make, by composition; those of other classes are left out.

    A file that cannot be read is left out. Where an object is in the collection itself, its item must not be found.
    """
    known = (thing for thing in objects if thing.class_name in gallery.class_names)
    return trials_of([(thing.class_name, thing.id, engine.encode_usable(thing.parts)) for thing in known], gallery)


def trials_of(
    objects: Iterable[tuple[str, str | None, Sequence[EncodedPart]]],
    gallery: Gallery,
    *,
    weights: Mapping[str, float] | None = None,
) -> dict[str, Trials]:
    """Return the queries that objects make, as (class, id, parts), by composition; of the gallery's classes alone.

    `weights` are those of modalities among each other, 1 where none is given.
    """
    rows = {id_: row for row, id_ in enumerate(gallery.ids)}
    made = []
    for class_name, id_, parts in objects:
        if class_name in gallery.class_names:
            label, own = gallery.class_names.index(class_name), rows.get(id_ or "", -1)
            made += [(replace(query, weights=weights or {}), label, own) for query in compose(parts)]
    return _by_composition(made)


def own_trials(engine: Engine, gallery: Gallery, *, rng: np.random.Generator) -> dict[str, Trials]:
    """Return the collection's items as queries, each by the representations it is made of and as itself.

    Of more than a thousand items that many are drawn.
    """
    count = len(gallery.ids)
    chosen = np.sort(rng.permutation(count)[:_OWN_QUERIES])
    ids = [gallery.ids[row] for row in chosen]
    parts = engine.collection.index.parts(ids)
    made: list[tuple[Query, int, int]] = []
    for row, own in zip(chosen.tolist(), parts, strict=True):
        label = int(gallery.labels[row])
        there = [
            EncodedPart(Part(name, engine.collection.folder), vector)
            for name, vector in zip(engine.collection.modalities, own, strict=True)
            if vector.any()
        ]
        made += [(query, label, row) for query in compose(there)]
        made.append((Query((EncodedPart(Part(item=gallery.ids[row]), gallery.vectors[row]),)), label, row))
    return _by_composition(made)


def _by_composition(made: Sequence[tuple[Query, int, int]]) -> dict[str, Trials]:
    groups: dict[str, list[tuple[np.ndarray, int, int]]] = {}
    for query, label, own in made:
        groups.setdefault(query.composition, []).append((query.wanted(), label, own))
    return {
        name: Trials(
            np.stack([vector for vector, _, _ in group]),
            np.array([label for _, label, _ in group]),
            np.array([own for _, _, own in group]),
        )
        for name, group in groups.items()
    }


def _each(trials: Trials, gallery: Gallery) -> Iterator[tuple[Float64[np.ndarray, "N"], Bool[np.ndarray, "N"]]]:
    """Yield every query's score with every item (NaN: its own), and which items are of its class."""
    vectors = gallery.vectors.astype(np.float64)
    for query, label, own in zip(trials.vectors, trials.labels, trials.own, strict=True):
        found = vectors @ query
        if own >= 0:
            found[own] = np.nan
        yield found, gallery.labels == label


def _best(found: Float64[np.ndarray, "N"]) -> Int[np.ndarray, "K"]:
    """Return the rows of the ten best items, best first; the query's own (NaN) is none."""
    best: Int[np.ndarray, "K"] = np.argsort(np.where(np.isnan(found), -np.inf, found))[::-1][:BEST]
    return best[: int((~np.isnan(found)).sum())]


def _logistic(scores: Float64[np.ndarray, "N"], same: Bool[np.ndarray, "N"]) -> tuple[float, float]:
    """Return (slope, offset) of P(same) = 1 / (1 + exp(-(slope · score + offset))), never falling."""
    right, wrong = int(same.sum()), int((~same).sum())
    # Platt's targets in place of 1 and 0: no certainty from a finite number, and a fit where all are right.
    target = np.where(same, (right + 1) / (right + 2), 1 / (wrong + 2))
    twice = np.concatenate([scores, scores])[:, None]
    fit = LogisticRegression(C=1e6, max_iter=1000)
    fit.fit(twice, np.repeat([1, 0], len(scores)), sample_weight=np.concatenate([target, 1 - target]))
    slope, offset = float(fit.coef_[0, 0]), float(fit.intercept_[0])
    return (slope, offset) if slope > 0 else (0.0, float(np.log(target.mean() / (1 - target.mean()))))


def _familiarity(found: Float64[np.ndarray, "N"]) -> float:
    found = found[~np.isnan(found)]
    return familiarity(np.sort(np.partition(found, max(0, len(found) - DEPTH))[-DEPTH:])[::-1])


def _cross_checked(trials: Trials, gallery: Gallery, rng: np.random.Generator) -> CompositionReport:
    """Fit on each half of the queries and measure on the other."""
    halves = rng.permutation(len(trials.labels)) % 2 == 0
    raw, probable, same, covered = [], [], [], []
    known, absent = [], []
    for half in (halves, ~halves):
        curve, rest = fit_curve(trials.chosen(half), gallery, rng=rng), trials.chosen(~half)
        for found, right in _each(rest, gallery):
            best = _best(found)
            raw.append(np.clip(found[best], 0.0, 1.0))
            probable.append(curve.ranked(found[best]))
            same.append(right[best])
            covered.append(np.nanmax(found[right], initial=-1.0) >= curve.covering)
            known.append(_familiarity(found))
            absent.append(_familiarity(np.where(right, np.nan, found)))
    outcomes = np.concatenate(same)
    return CompositionReport(
        queries=len(trials.labels),
        raw_error=expected_calibration_error(np.concatenate(raw), outcomes),
        error=expected_calibration_error(np.concatenate(probable), outcomes),
        coverage=float(np.mean(covered)),
        absent_auroc=auroc(np.array(known), np.array(absent)),
    )
