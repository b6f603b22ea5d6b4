from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from maquette.errors import ConfigError
from maquette.metrics.significance import bootstrap_interval, holm, paired_permutation_test, seed_spread


def test_bootstrap_covers_the_mean_like_the_normal_interval() -> None:
    values = np.random.default_rng(0).beta(5, 2, size=900)
    interval = bootstrap_interval(values, rng=np.random.default_rng(1))
    reach = 1.959964 * values.std(ddof=1) / 30
    assert interval.mean == values.mean()
    assert interval.low == pytest.approx(values.mean() - reach, abs=0.05 * reach)
    assert interval.high == pytest.approx(values.mean() + reach, abs=0.05 * reach)
    wider = bootstrap_interval(values, rng=np.random.default_rng(1), level=0.99)
    assert wider.low < interval.low < interval.high < wider.high


def test_bootstrap_agrees_with_scipy() -> None:
    values = np.random.default_rng(2).exponential(size=25)
    ours = bootstrap_interval(values, rng=np.random.default_rng(3), resamples=40_000)
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=40_000, method="percentile", rng=np.random.default_rng(4)
    ).confidence_interval
    assert ours.low == pytest.approx(theirs.low, abs=0.01)
    assert ours.high == pytest.approx(theirs.high, abs=0.01)


def test_the_bootstrap_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(300):
        interval = bootstrap_interval(rng.uniform(size=60), rng=rng, level=0.9, resamples=400)
        covered += interval.low <= 0.5 <= interval.high
    assert 0.84 < covered / 300 < 0.95


def test_resampling_in_portions_is_the_same_kind_of_draw_and_repeats_with_its_seed() -> None:
    # Long enough that 300 resamples do not fit one portion.
    values = np.random.default_rng(6).uniform(size=20_000)
    first, second = (bootstrap_interval(values, rng=np.random.default_rng(7), resamples=300) for _ in range(2))
    assert first == second
    assert first.high - first.low == pytest.approx(2 * 1.96 * values.std() / 20_000**0.5, rel=0.2)


def test_spread_by_hand() -> None:
    spread = seed_spread(np.array([80.0, 82.0, 84.0, 86.0]))
    assert (spread.mean, spread.seeds) == (83, 4)
    assert spread.sd == pytest.approx((20 / 3) ** 0.5)
    # t(0.975, 3) = 3.1824
    assert spread.high - 83 == pytest.approx(3.182446 * spread.sd / 2)
    assert 83 - spread.low == pytest.approx(spread.high - 83)


def test_permutation_by_hand() -> None:
    rng = np.random.default_rng(0)
    # Differences 3, 1, -1: |sums| over the eight flips are 3 5 3 1 1 3 5 3; at least 3 in six of eight.
    result = paired_permutation_test(np.array([3.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0]), rng=rng)
    assert result.exact
    assert result.p_value == 6 / 8
    assert result.difference == 1


def test_permutation_agrees_with_scipy() -> None:
    rng = np.random.default_rng(8)
    first = rng.uniform(size=11)
    second = first + rng.normal(0.05, 0.1, size=11)
    theirs = stats.permutation_test(
        (first, second), lambda a, b: np.mean(a - b), permutation_type="samples", n_resamples=np.inf
    )
    exact = paired_permutation_test(first, second, rng=rng)
    assert exact.exact
    assert exact.p_value == pytest.approx(theirs.pvalue)
    drawn = paired_permutation_test(first, second, rng=np.random.default_rng(9), resamples=2000)
    assert not drawn.exact
    assert drawn.p_value == pytest.approx(theirs.pvalue, abs=0.04)


def test_equal_runs_differ_in_nothing_and_a_clear_difference_is_found() -> None:
    rng = np.random.default_rng(10)
    values = rng.uniform(size=500)
    assert paired_permutation_test(values, values, rng=rng).p_value == 1
    better = paired_permutation_test(values + 0.05 + rng.normal(0, 0.1, 500), values, rng=rng)
    assert better.p_value == 1 / 10_001
    assert better.difference > 0


def test_the_test_raises_false_alarms_as_often_as_it_may() -> None:
    rng = np.random.default_rng(11)
    alarms = 0
    for _ in range(300):
        first, second = rng.uniform(size=(2, 40))
        alarms += paired_permutation_test(first, second, rng=rng, resamples=199).p_value <= 0.1
    assert 0.05 < alarms / 300 < 0.16


def test_too_little_is_refused() -> None:
    rng, empty, one = np.random.default_rng(0), np.empty(0), np.array([0.5])
    for refused in (
        lambda: bootstrap_interval(empty, rng=rng),
        lambda: bootstrap_interval(one, rng=rng, level=95.0),
        lambda: bootstrap_interval(one, rng=rng, resamples=0),
        lambda: seed_spread(one),
        lambda: paired_permutation_test(empty, empty, rng=rng),
    ):
        with pytest.raises(ConfigError):
            refused()


def test_holm_by_hand_and_against_the_stepwise_procedure() -> None:
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02])
    rng = np.random.default_rng(0)
    for _ in range(20):
        values = rng.random(6) ** 3
        corrected = holm(values)
        for level in rng.random(5):
            rejected = set()
            for step, place in enumerate(np.argsort(values)):
                if values[place] > level / (6 - step):
                    break
                rejected.add(int(place))
            assert rejected == set(np.flatnonzero(corrected <= level).tolist())
    assert holm(np.array([0.9, 0.8])).tolist() == [1.0, 1.0]
