"""Do scores mean what they say? Calibration error, lists that cover, and telling the unknown from the known.

Q queries, N predictions. A prediction is a probability that something holds, an outcome whether it did.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64
from scipy.stats import rankdata

from maquette.errors import ConfigError

__all__ = [
    "Reliability",
    "auroc",
    "conformal_threshold",
    "expected_calibration_error",
    "false_positive_rate",
    "reliability",
]


@dataclass(frozen=True)
class Reliability:
    """Predictions in bins of equal width over 0 to 1: mean prediction, share of outcomes, number; empty bins are 0."""

    predicted: Float64[np.ndarray, "_"]
    observed: Float64[np.ndarray, "_"]
    counts: Int64[np.ndarray, "_"]


def reliability(
    probabilities: Float[np.ndarray, "N"], outcomes: Bool[np.ndarray, "N"], *, bins: int = 15
) -> Reliability:
    """Return predictions and outcomes by bin; bin b holds b/bins <= p < (b+1)/bins, the last one also 1.

    ConfigError for a probability outside 0 to 1 (NaN is), or fewer than one bin.

    >>> reliability(np.array([0.2, 0.4, 1.0]), np.array([False, True, True]), bins=2).observed
    array([0.5, 1. ])
    """
    if bins < 1 or not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise ConfigError(f"{bins} bins, or a probability outside 0 to 1: expected at least 1 bin, and none outside")
    place = np.minimum((probabilities.astype(np.float64) * bins).astype(np.int64), bins - 1)
    counts = np.bincount(place, minlength=bins)
    divisor = np.maximum(counts, 1)
    return Reliability(
        np.bincount(place, weights=probabilities, minlength=bins) / divisor,
        np.bincount(place, weights=outcomes.astype(np.float64), minlength=bins) / divisor,
        counts,
    )


def expected_calibration_error(
    probabilities: Float[np.ndarray, "N"], outcomes: Bool[np.ndarray, "N"], *, bins: int = 15
) -> float:
    """Return how far predictions are from the shares observed, on average over predictions; 0 is best.

    ECE = Σ_b n_b / N |observed_b - predicted_b|. Reference: Naeini et al., Obtaining Well Calibrated Probabilities
    Using Bayesian Binning, AAAI 2015; 15 bins as in Guo et al., On Calibration of Modern Neural Networks, ICML 2017.
    No prediction: 0.

    >>> expected_calibration_error(np.array([0.75, 0.75]), np.array([True, False]))
    0.25
    """
    table = reliability(probabilities, outcomes, bins=bins)
    gaps = np.abs(table.observed - table.predicted)
    return float((table.counts * gaps).sum() / max(len(probabilities), 1))


def auroc(known: Float[np.ndarray, "N"], unknown: Float[np.ndarray, "U"]) -> float:
    """Return P(a known one scores higher than an unknown one), ties counting half: 1 is best, 0.5 is chance.

    The area under the ROC curve, as the Mann-Whitney statistic. Nothing on a side: ConfigError.

    >>> auroc(np.array([0.9, 0.5]), np.array([0.5, 0.1]))
    0.875
    """
    if not len(known) or not len(unknown):
        raise ConfigError(f"{len(known)} known and {len(unknown)} unknown scores: expected at least one each")
    ranks = rankdata(np.concatenate([known, unknown]).astype(np.float64))[: len(known)]
    wins = ranks.sum() - len(known) * (len(known) + 1) / 2
    return float(wins / (len(known) * len(unknown)))


def false_positive_rate(
    known: Float[np.ndarray, "N"], unknown: Float[np.ndarray, "U"], *, true_positive_rate: float = 0.95
) -> float:
    """Return the share of the unknown that passes where at least that share of the known does; 0 is best (FPR95).

    The threshold is the highest score that lets enough of the known pass (at or above it). Nothing on a side:
    ConfigError.

    >>> false_positive_rate(np.array([0.9, 0.8, 0.7, 0.2]), np.array([0.75, 0.1]), true_positive_rate=0.75)
    0.5
    """
    if not len(known) or not len(unknown):
        raise ConfigError(f"{len(known)} known and {len(unknown)} unknown scores: expected at least one each")
    needed = max(1, int(np.ceil(true_positive_rate * len(known) - 1e-9)))
    threshold = np.sort(known)[::-1][needed - 1]
    return float((unknown >= threshold).mean())


def conformal_threshold(scores: Float[np.ndarray, "Q"], *, coverage: float) -> float:
    """Return t such that a new query's score is at least t with a probability of at least `coverage`.

    t is the ⌊(Q + 1)(1 - coverage)⌋-th smallest score; the probability is over queries like those of the scores, in any
    order, and exceeds `coverage` by at most 1/(Q + 1) if no two are equal. Too few scores to promise it: -inf.
    Reference: Vovk et al., Algorithmic Learning in a Random World, 2005; split conformal as in Angelopoulos and Bates,
    A Gentle Introduction to Conformal Prediction, 2021. A coverage outside 0 to 1: ConfigError.

    >>> conformal_threshold(np.arange(1.0, 20.0), coverage=0.9)
    2.0
    """
    if not 0 < coverage < 1:
        raise ConfigError(f"coverage {coverage}: expected more than 0 and less than 1")
    rank = floor((len(scores) + 1) * (1 - coverage) + 1e-9)
    return float(np.sort(scores)[rank - 1]) if rank >= 1 else float("-inf")
