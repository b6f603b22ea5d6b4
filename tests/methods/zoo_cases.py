"""A stand-in for `cca-zoo`: models that say what they were given and give back the first columns of each view."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest

REPS = {"mesh": np.random.default_rng(0).normal(size=(8, 3)), "image": np.random.default_rng(1).normal(size=(8, 5))}
LABELS = np.zeros(8, dtype=np.int64)


class Columns:
    """Keeps its settings and views."""

    def __init__(self, **settings: Any) -> None:
        self.settings = settings

    def fit(self, views: list[np.ndarray]) -> Columns:
        self.seen = views
        return self

    def transform(self, views: list[np.ndarray]) -> list[np.ndarray]:
        return [view[:, : self.settings["n_components"]] for view in views]


def install_stand_in(monkeypatch: pytest.MonkeyPatch, module: str, name: str) -> None:
    """Make `from cca_zoo.<module> import <name>` give `Columns`."""
    part = ModuleType(f"cca_zoo.{module}")
    setattr(part, name, Columns)
    monkeypatch.setitem(sys.modules, "cca_zoo", ModuleType("cca_zoo"))
    monkeypatch.setitem(sys.modules, f"cca_zoo.{module}", part)


def take_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Importing the package, or a part of it, fails, whether it is installed or not."""
    for module in ("", ".linear", ".nonparametric"):
        monkeypatch.setitem(sys.modules, f"cca_zoo{module}", None)
