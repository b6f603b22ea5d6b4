from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maquette.errors import ConfigError
from maquette.metrics.calibration import (
    auroc,
    conformal_threshold,
    expected_calibration_error,
    false_positive_rate,
    reliability,
)


def test_reliability_by_hand() -> None:
    probabilities = np.array([0.0, 0.1, 0.25, 0.3, 0.95, 1.0])
    outcomes = np.array([False, True, False, True, True, True])
    table = reliability(probabilities, outcomes, bins=4)
    np.testing.assert_array_equal(table.counts, [2, 2, 0, 2])
    np.testing.assert_allclose(table.predicted, [0.05, 0.275, 0.0, 0.975], rtol=1e-12)
    np.testing.assert_allclose(table.observed, [0.5, 0.5, 0.0, 1.0], rtol=1e-12)
    # Two predictions in each of three bins, off by 0.45, 0.225 and 0.025.
    assert expected_calibration_error(probabilities, outcomes, bins=4) == pytest.approx(1.4 / 6)


def naive_ece(probabilities: list[float], outcomes: list[bool], bins: int) -> float:
    total = 0.0
    for number in range(bins):
        low, high = number / bins, (number + 1) / bins
        inside = [
            (p, o)
            for p, o in zip(probabilities, outcomes, strict=True)
            if low <= p < high or (number == bins - 1 and p == 1)
        ]
        if inside:
            gap = sum(o for _, o in inside) / len(inside) - sum(p for p, _ in inside) / len(inside)
            total += len(inside) * abs(gap)
    return total / len(probabilities)


@pytest.mark.parametrize("bins", [1, 4, 15])
def test_calibration_error_agrees_with_a_naive_loop(bins: int) -> None:
    rng = np.random.default_rng(bins)
    # No value on an edge but 1: there a loop over floats and a product of floats may differ.
    probabilities = np.append(rng.random(200), 1.0)
    outcomes = rng.random(201) < probabilities**2
    expected = naive_ece(probabilities.tolist(), outcomes.tolist(), bins)
    assert expected_calibration_error(probabilities, outcomes, bins=bins) == pytest.approx(expected, rel=1e-9)


def test_a_sure_forecaster_who_is_right_has_no_error_and_one_who_is_wrong_all() -> None:
    outcomes = np.array([True, False, True])
    assert expected_calibration_error(outcomes.astype(float), outcomes) == 0.0
    assert expected_calibration_error(1.0 - outcomes, outcomes) == 1.0
    assert expected_calibration_error(np.array([]), np.array([], dtype=bool)) == 0.0


def test_draws_from_the_probabilities_themselves_are_calibrated() -> None:
    rng = np.random.default_rng(3)
    probabilities = rng.random(200_000)
    outcomes = rng.random(200_000) < probabilities
    assert expected_calibration_error(probabilities, outcomes) < 0.005
    assert expected_calibration_error(np.sqrt(probabilities), outcomes) > 0.1


def test_probabilities_that_are_none() -> None:
    for bad in (-0.1, 1.1, math.nan):
        with pytest.raises(ConfigError, match="outside 0 to 1"):
            reliability(np.array([0.5, bad]), np.array([True, False]))
    with pytest.raises(ConfigError, match="0 bins"):
        reliability(np.array([0.5]), np.array([True]), bins=0)


def naive_auroc(known: list[float], unknown: list[float]) -> float:
    wins = sum(1.0 if k > u else 0.5 if k == u else 0.0 for k in known for u in unknown)
    return wins / (len(known) * len(unknown))


_SCORES = st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=12)


@given(_SCORES, _SCORES)
@settings(max_examples=60, deadline=None)
def test_auroc_agrees_with_a_naive_loop_and_turns_round(known: list[float], unknown: list[float]) -> None:
    value = auroc(np.array(known), np.array(unknown))
    assert value == pytest.approx(naive_auroc(known, unknown))
    assert auroc(np.array(unknown), np.array(known)) == pytest.approx(1.0 - value)
    # Only the order of scores matters.
    assert auroc(np.exp(known), np.exp(unknown)) == pytest.approx(value)


def naive_fpr(known: list[float], unknown: list[float], rate: float) -> float:
    thresholds = [t for t in known if sum(k >= t for k in known) >= rate * len(known)]
    return sum(u >= max(thresholds) for u in unknown) / len(unknown)


@given(_SCORES, _SCORES, st.sampled_from([0.25, 0.5, 0.95, 1.0]))
@settings(max_examples=60, deadline=None)
def test_false_positives_agree_with_a_naive_loop(known: list[float], unknown: list[float], rate: float) -> None:
    value = false_positive_rate(np.array(known), np.array(unknown), true_positive_rate=rate)
    assert value == pytest.approx(naive_fpr(known, unknown, rate))


def test_nothing_to_compare() -> None:
    some, none = np.array([0.5]), np.array([])
    for measure in (auroc, false_positive_rate):
        for known, unknown in ((some, none), (none, some)):
            with pytest.raises(ConfigError, match="at least one each"):
                measure(known, unknown)


def test_conformal_threshold_by_hand() -> None:
    scores = np.array([0.9, 0.1, 0.5, 0.7, 0.3, 0.2, 0.8, 0.6, 0.4])
    # Nine scores: the first of the ten gaps holds a new one with probability 0.1.
    assert conformal_threshold(scores, coverage=0.9) == 0.1
    assert conformal_threshold(scores, coverage=0.7) == 0.3
    assert conformal_threshold(scores[:8], coverage=0.9) == -math.inf
    with pytest.raises(ConfigError, match=r"coverage 1\.0"):
        conformal_threshold(scores, coverage=1.0)


def test_new_scores_are_covered_as_promised() -> None:
    rng = np.random.default_rng(5)
    draws = rng.normal(size=(4000, 60))
    covered = [row[-1] >= conformal_threshold(row[:-1], coverage=0.9) for row in draws]
    # 59 scores: ⌊60 · 0.1⌋ = 6, so exactly 54 of 60 ranks are covered; four deviations of a share of 4,000 draws.
    assert np.mean(covered) == pytest.approx(0.9, abs=4 * math.sqrt(0.09 / 4000))
