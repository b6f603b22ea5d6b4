"""Two sides timed in turn, and the arithmetic of what was timed: medians, quartiles, ratios, exponents, matrix work.

Seconds of other programs on the machine do not count as processor time, and hit both sides of an interleaved run alike:
so ratios of processor time are what a shared machine can say.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

__all__ = ["Quartiles", "Times", "fit_exponent", "gemm_rate", "interleave", "matrix_flops", "quartiles", "ratios"]

_GEMM_SIDE = 1024
_MOST_CALLS = 1000


@dataclass(frozen=True)
class Times:
    """Seconds of one call, one entry a repeat."""

    cpu: tuple[float, ...]
    wall: tuple[float, ...]


@dataclass(frozen=True)
class Quartiles:
    """The median and the quartiles around it."""

    median: float
    low: float
    high: float


def quartiles(values: Sequence[float]) -> Quartiles:
    """Median, lower and upper quartile of some numbers, interpolated.

    >>> quartiles([1.0, 2.0, 3.0, 4.0, 5.0])
    Quartiles(median=3.0, low=2.0, high=4.0)
    """
    low, median, high = np.percentile(values, [25, 50, 75]).tolist()
    return Quartiles(median, low, high)


def ratios(textbook: Sequence[float], ours: Sequence[float]) -> Quartiles:
    """How many times longer the textbook took, repeat by repeat: each repeat's two sides ran one after the other.

    >>> ratios([2.0, 30.0, 8.0], [1.0, 10.0, 2.0])
    Quartiles(median=3.0, low=2.5, high=3.5)
    """
    return quartiles([slow / fast for slow, fast in zip(textbook, ours, strict=True)])


def fit_exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """The p of seconds ≈ c · size^p, by least squares in logarithms.

    >>> round(fit_exponent([1, 2, 4], [3.0, 12.0, 48.0]), 6)
    2.0
    """
    x, y = np.log(np.asarray(sizes, float)), np.log(np.asarray(seconds, float))
    x = x - x.mean()
    return float(x @ y / (x @ x))


def interleave(
    ours: Callable[[], object],
    textbook: Callable[[], object],
    *,
    repeats: int,
    least_seconds: float = 0.05,
    now: Callable[[], tuple[float, float]] | None = None,
) -> tuple[Times, Times]:
    """Times of both sides, in turn, after one call of each that does not count.

    A side that is quicker than `least_seconds` is called several times a repeat. Which side begins alternates, so that
    a machine that grows busier favours neither. `now` gives processor and wall seconds.
    """
    clock = now or _now
    sides = (ours, textbook)
    calls = [_calls(side, clock, least_seconds) for side in sides]
    taken: tuple[list[tuple[float, float]], ...] = ([], [])
    for repeat in range(repeats):
        for side in (0, 1) if repeat % 2 == 0 else (1, 0):
            cpu, wall = clock()
            for _ in range(calls[side]):
                sides[side]()
            cpu_end, wall_end = clock()
            taken[side].append(((cpu_end - cpu) / calls[side], (wall_end - wall) / calls[side]))
    first, second = (Times(tuple(c for c, _ in side), tuple(w for _, w in side)) for side in taken)
    return first, second


def matrix_flops(call: Callable[[], object]) -> float:
    """Floating-point operations in matrix products and convolutions of one call, backward included.

    >>> matrix_flops(lambda: torch.zeros(2, 3) @ torch.zeros(3, 4))
    48.0
    """
    # mypy: the counter's own methods carry no types.
    counter: Any = FlopCounterMode(display=False)
    with counter:
        call()
    return float(counter.get_total_flops())


def gemm_rate(dtype: torch.dtype = torch.float32, *, side: int = _GEMM_SIDE, repeats: int = 5) -> float:
    """Operations a processor second of a square matrix product, the best of several: the machine's measured ceiling."""
    left = torch.randn(side, side, generator=torch.Generator().manual_seed(0)).to(dtype)
    best = float("inf")
    for _ in range(repeats + 1):
        began = time.process_time()
        torch.mm(left, left)
        best = min(best, max(time.process_time() - began, 1e-9))
    return 2.0 * side**3 / best


def _calls(side: Callable[[], object], clock: Callable[[], tuple[float, float]], least_seconds: float) -> int:
    """How often to call a side a repeat; makes the calls that do not count, a second one where the first is short."""
    took = 0.0
    for _ in range(2):
        began = clock()[0]
        side()
        took = max(clock()[0] - began, least_seconds / _MOST_CALLS)
        if took >= least_seconds:
            break
    return max(1, min(_MOST_CALLS, round(least_seconds / took)))


def _now() -> tuple[float, float]:
    return time.process_time(), time.perf_counter()
