"""What a part of the benchmark is: how its two sides are built at a size, and what is asked of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Contest", "Part", "Task"]


@dataclass(frozen=True)
class Task:
    """Which size to build; `largest` is the largest of the run, `scratch` a folder for files."""

    size: int
    largest: int
    scratch: Path


@dataclass(frozen=True)
class Contest:
    """Two ways to the same result, ready to be called again and again.

    `difference` is the largest difference between the two results, relative to the larger of 1 and their size; for
    networks of outputs, gradients and running statistics, in float64. `items` is how many items a call works on.
    `notes` says more after the calls.
    """

    ours: Callable[[], object]
    textbook: Callable[[], object]
    difference: Callable[[], float]
    items: int = 1
    notes: Callable[[], Mapping[str, float]] = field(default=dict)


@dataclass(frozen=True)
class Part:
    """A row of the report. The last of its sizes is the one that counts; all make the exponent of growth.

    `at_least` is the ratio to reach; `memory_at_least` the same for peak memory above what was there before, which is
    measured where `memory` is set.
    """

    name: str
    what: str
    grows_with: str
    build: Callable[[Task], Contest]
    sizes: tuple[int, ...]
    quick_sizes: tuple[int, ...]
    at_least: float | None = None
    memory_at_least: float | None = None
    memory: bool = False
    repeats: int = 5
    per_item: bool = False
