from __future__ import annotations

import pytest

from maquette.errors import ConfigError
from maquette.methods.settings import check_choice, check_positive, check_weights


@pytest.mark.parametrize("weight", [-0.1, float("nan"), float("inf")])
def test_a_weight_that_means_nothing_is_refused(weight: float) -> None:
    with pytest.raises(ConfigError, match="weight_mse is"):
        check_weights(weight_center=1.0, weight_mse=weight)


def test_some_term_must_stay() -> None:
    with pytest.raises(ConfigError, match="all 0"):
        check_weights(weight_center=0.0, weight_mse=0.0)
    check_weights(weight_center=0.0, weight_mse=1.0)


def test_a_choice_is_one_of_the_listed() -> None:
    assert check_choice("reduction", "mean", choices=("mean", "sum")) == "mean"
    with pytest.raises(ConfigError, match="reduction is 'none': expected 'mean' or 'sum'"):
        check_choice("reduction", "none", choices=("mean", "sum"))


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_a_temperature_is_above_zero(value: float) -> None:
    check_positive(temperature=1e-3)
    with pytest.raises(ConfigError, match="temperature is"):
        check_positive(temperature=value)
