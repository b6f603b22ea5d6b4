"""How sure a score is: intervals over queries and over seeds, and the test between two runs.

A mean over a few hundred queries moves by a point or more when other queries are drawn; a table without intervals says
little. All functions are pure: the generator is handed in, and the same generator gives the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import stats

from maquette.errors import ConfigError

__all__ = ["Comparison", "Interval", "Spread", "bootstrap_interval", "holm", "paired_permutation_test", "seed_spread"]

# Values drawn at once: bounds the memory of a resampling at 32 MB, whatever the number of queries.
_DRAWN_AT_ONCE = 1 << 22


@dataclass(frozen=True)
class Interval:
    """A mean and the interval that covers it at `level` (0.95: 95 %)."""

    mean: float
    low: float
    high: float
    level: float


@dataclass(frozen=True)
class Spread:
    """A score over seeds: mean, standard deviation (n - 1), and the t-interval of the mean at `level`."""

    mean: float
    sd: float
    low: float
    high: float
    level: float
    seeds: int


@dataclass(frozen=True)
class Comparison:
    """Mean difference of two runs, first minus second, and the two-sided p-value of "no difference"."""

    difference: float
    p_value: float
    exact: bool


def bootstrap_interval(
    values: Float[np.ndarray, "Q"], *, rng: np.random.Generator, level: float = 0.95, resamples: int = 10_000
) -> Interval:
    """Percentile bootstrap interval of the mean of per-query values, queries drawn with replacement.

    Reference: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13. No query: ConfigError.

    >>> bootstrap_interval(np.array([0.5, 0.5]), rng=np.random.default_rng(0))
    Interval(mean=0.5, low=0.5, high=0.5, level=0.95)
    """
    _check(len(values) > 0, "an interval needs at least one query, there is none")
    _check_level(level)
    count = len(values)
    means = np.concatenate(
        [values[rng.integers(count, size=(rows, count))].mean(axis=1) for rows in _portions(resamples, count)]
    )
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(values.mean()), float(low), float(high), level)


def seed_spread(scores: Float[np.ndarray, "S"], *, level: float = 0.95) -> Spread:
    """Mean, standard deviation and t-interval of one score over S >= 2 seeds; fewer raise ConfigError.

    >>> spread = seed_spread(np.array([1.0, 2.0, 3.0]))
    >>> spread.sd, round(spread.high - spread.mean, 4)
    (1.0, 2.4841)
    """
    _check(len(scores) >= 2, f"a spread needs at least two seeds, there is {len(scores)}: run another")
    _check_level(level)
    mean, sd = float(scores.mean()), float(scores.std(ddof=1))
    reach = float(stats.t.ppf((1 + level) / 2, len(scores) - 1)) * sd / len(scores) ** 0.5
    return Spread(mean, sd, mean - reach, mean + reach, level, len(scores))


def paired_permutation_test(
    first: Float[np.ndarray, "Q"],
    second: Float[np.ndarray, "Q"],
    *,
    rng: np.random.Generator,
    resamples: int = 10_000,
) -> Comparison:
    """Two-sided test between two runs on the same queries, by flipping the signs of the per-query differences.

    Exact where all 2^Q flips are no more than `resamples`; otherwise drawn at random, with (1 + extreme) / (1 + drawn)
    as p-value, which is never 0. Reference: Smucker et al., A comparison of statistical significance tests for
    information retrieval evaluation, CIKM 2007.

    >>> paired_permutation_test(np.array([.9, .8, .7]), np.array([.1, .2, .3]), rng=np.random.default_rng(0)).p_value
    0.25
    """
    _check(len(first) > 0, "a test needs at least one query, there is none")
    difference = first.astype(np.float64) - second
    count = len(difference)
    observed = abs(float(difference.mean()))
    # Sums of the same numbers in another order differ in the last bits and must still count as equal.
    threshold = observed - 1e-12 * max(1.0, observed)
    exact = count < 63 and 2**count <= resamples
    if exact:
        flips = (np.arange(2**count)[:, None] >> np.arange(count)) & 1
        means = np.abs((1 - 2 * flips) @ difference) / count
        return Comparison(float(difference.mean()), float((means >= threshold).mean()), exact)
    extreme = 0
    for rows in _portions(resamples, count):
        signs = 1 - 2 * rng.integers(2, size=(rows, count), dtype=np.int8)
        extreme += int((np.abs(signs @ difference) / count >= threshold).sum())
    return Comparison(float(difference.mean()), (1 + extreme) / (1 + resamples), exact)


def holm(p_values: Float[np.ndarray, "T"]) -> Float[np.ndarray, "T"]:
    """P-values of T tests made at once, corrected: rejecting those below α errs anywhere with probability at most α.

    Reference: Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 1979.

    >>> holm(np.array([0.5, 0.25, 0.0625])).tolist()
    [0.5, 0.5, 0.1875]
    """
    count = len(p_values)
    order = np.argsort(p_values, kind="stable")
    stepped = np.maximum.accumulate(p_values[order] * np.arange(count, 0, -1))
    corrected = np.empty(count)
    corrected[order] = np.minimum(stepped, 1.0)
    return corrected


def _portions(resamples: int, count: int) -> Iterator[int]:
    _check(resamples >= 1, f"resamples must be at least 1, not {resamples}")
    most = max(1, _DRAWN_AT_ONCE // count)
    for start in range(0, resamples, most):
        yield min(most, resamples - start)


def _check_level(level: float) -> None:
    _check(0 < level < 1, f"level must be between 0 and 1 (0.95 for 95 %), not {level}")


def _check(condition: bool, message: str) -> None:
    if not condition:
        raise ConfigError(message)
