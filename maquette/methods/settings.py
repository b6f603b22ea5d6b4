"""What a method's settings may be, checked where they enter: in the constructor."""

from __future__ import annotations

from math import isfinite
from typing import TypeVar

from maquette.errors import ConfigError

__all__ = ["check_choice", "check_positive", "check_weights"]

T = TypeVar("T", bound=str)


def check_weights(**weights: float) -> None:
    """Nothing, or a ConfigError: each weight must be finite and at least 0 (0 switches its term off), not all 0.

    >>> check_weights(weight_center=10.0, weight_mse=0.0)
    >>> check_weights(weight_center=-1.0)
    Traceback (most recent call last):
    ...
    maquette.errors.ConfigError: weight_center is -1.0: expected a finite number of at least 0 (0 switches the term off)
    """
    for name, weight in weights.items():
        if not (isfinite(weight) and weight >= 0):
            raise ConfigError(f"{name} is {weight}: expected a finite number of at least 0 (0 switches the term off)")
    if not any(weights.values()):
        raise ConfigError(f"{', '.join(weights)} are all 0: expected at least one above 0, else there is no objective")


def check_choice(name: str, value: str, *, choices: tuple[T, ...]) -> T:
    """`value` as one of `choices`, or a ConfigError that lists them.

    >>> check_choice("reduction", "sum", choices=("mean", "sum"))
    'sum'
    """
    for choice in choices:
        if value == choice:
            return choice
    raise ConfigError(f"{name} is {value!r}: expected {' or '.join(repr(choice) for choice in choices)}")


def check_positive(**settings: float) -> None:
    """Nothing, or a ConfigError: each must be finite and above 0 (temperatures, scales, exponents)."""
    for name, value in settings.items():
        if not (isfinite(value) and value > 0):
            raise ConfigError(f"{name} is {value}: expected a finite number above 0")
