"""What scores mean in a collection: probabilities, a line below which nothing is like the query, lists that cover.

Kept as `calibration.json` in the collection's folder, one curve for every composition of a query ("image", "several
image + mesh"): a cosine of 0.8 says one thing between photo and model, another between model and model. `calibrate.py`
fits them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Float64

from maquette.data.atomic import write_atomically
from maquette.errors import CollectionError, FingerprintError

__all__ = ["BEST", "CALIBRATION_FILE", "COVERAGE", "Calibration", "Curve", "familiarity"]

CALIBRATION_FILE = "calibration.json"
COVERAGE = 0.9
"""The share of lists that are to contain a right item."""
BEST = 10
"""Hits of a query that have a curve of their own: the ones people look at."""

_FORMAT = "maquette-calibration"
_VERSION = 1


@dataclass(frozen=True)
class Curve:
    """What scores of queries of one composition mean.

    `probabilities` rise with `scores`, linearly between them, over all items. `best` is (slope, offset) of the logistic
    curve for the ten best hits of a query: at the same score they are right more often than an item that many others
    beat. None where that was not found out. A query whose familiarity is below `familiar` is like
    nothing in the collection. The items of at least the score `covering` contain a right one in 90 % of queries.
    `queries` says how many it was fitted on.
    """

    scores: tuple[float, ...]
    probabilities: tuple[float, ...]
    familiar: float
    covering: float
    queries: int
    best: tuple[float, float] | None = None

    def probability(self, scores: Float[np.ndarray, "N"]) -> Float64[np.ndarray, "N"]:
        """Return P(same class) of items with these scores."""
        probabilities: Float64[np.ndarray, "N"] = np.interp(scores, self.scores, self.probabilities)
        return probabilities

    def ranked(self, scores: Float[np.ndarray, "N"]) -> Float64[np.ndarray, "N"]:
        """Return P(same class) of a query's hits, best first; none below the ten best is likelier than those."""
        probabilities = self.probability(scores)
        if self.best is not None:
            slope, offset = self.best
            first = 1.0 / (1.0 + np.exp(-(slope * scores[:BEST].astype(np.float64) + offset)))
            probabilities[:BEST] = first
            probabilities[BEST:] = np.minimum(probabilities[BEST:], first.min(initial=1.0))
        return probabilities


@dataclass(frozen=True)
class Calibration:
    """The curves of a collection by composition, the model they are of, and what they were fitted on, in words.

    `depth` is the number of best items that a query's familiarity is taken over; `items` and `made` say how large the
    collection was, and when.
    """

    curves: Mapping[str, Curve]
    fingerprint: str
    fitted_on: str
    depth: int
    items: int
    made: str

    def curve(self, composition: str) -> Curve | None:
        """Return the curve for queries of a composition, else that of one part of each kind, else None."""
        return self.curves.get(composition) or self.curves.get(composition.replace("several ", ""))

    def save(self, folder: Path) -> Path:
        """Write it into a collection's folder, in one step; return the file."""
        path = folder / CALIBRATION_FILE
        head = {"format": _FORMAT, "format_version": _VERSION, **asdict(self)}
        write_atomically(path, (json.dumps(head, indent=1) + "\n").encode())
        return path

    @classmethod
    def load(cls, folder: Path, *, fingerprint: str) -> Calibration | None:
        """Return the calibration of the collection in a folder, None if there is none.

        CollectionError if the file is damaged, FingerprintError if it is of another model.
        """
        path = folder / CALIBRATION_FILE
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise CollectionError(f"{path}: cannot be read: {error}: {_REMEDY}") from error
        try:
            calibration = _parsed(values)
        except (KeyError, TypeError, ValueError) as error:
            raise CollectionError(f"{path}: is not whole: {type(error).__name__} {error}: {_REMEDY}") from error
        if calibration.fingerprint != fingerprint:
            raise FingerprintError(
                f"{path}: is of model {calibration.fingerprint[:12]}, the collection's is {fingerprint[:12]}: {_REMEDY}"
            )
        return calibration


_REMEDY = "remove it, or run maquette index calibrate again"


def familiarity(best: Float[np.ndarray, "K"]) -> float:
    """Return how much at home a query is: the mean of its best scores, best first; -1 where there are none.

    >>> familiarity(np.array([0.9, 0.7]))
    0.8
    """
    return float(best.mean()) if len(best) else -1.0


def _parsed(values: Mapping[str, Any]) -> Calibration:
    if (values["format"], values["format_version"]) != (_FORMAT, _VERSION):
        raise ValueError(f"format {values['format']!r} {values['format_version']!r}")
    curves = {
        str(name): Curve(
            tuple(map(float, entry["scores"])),
            tuple(map(float, entry["probabilities"])),
            float(entry["familiar"]),
            float(entry["covering"]),
            int(entry["queries"]),
            None if entry.get("best") is None else (float(entry["best"][0]), float(entry["best"][1])),
        )
        for name, entry in values["curves"].items()
    }
    for name, curve in curves.items():
        points = np.array([curve.scores, curve.probabilities])
        sound = points.ndim == 2 and points.size and np.isfinite(points).all() and (np.diff(points) >= 0).all()
        if not sound or not 0 <= points[1, 0] <= points[1, -1] <= 1:
            raise ValueError(f"curve {name!r}: expected as many scores as probabilities, both rising")
        if curve.best is not None and not (np.isfinite(curve.best).all() and curve.best[0] >= 0):
            raise ValueError(f"curve {name!r}: best {curve.best}: expected a rising curve")
    return Calibration(
        curves,
        str(values["fingerprint"]),
        str(values["fitted_on"]),
        int(values["depth"]),
        int(values["items"]),
        str(values["made"]),
    )
