"""Finds the textbook formulations, which stand in a checkout's `benchmarks/textbook` and are no part of the package."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType

import maquette
from maquette.errors import InputError

__all__ = ["checkout", "load_textbook"]


def checkout() -> Path:
    """The checkout this package is imported from; InputError from an installed package, which lacks what is needed."""
    root = Path(maquette.__file__).resolve().parents[1]
    if not (root / "benchmarks" / "textbook").is_dir():
        raise InputError(
            f"{root}: has no benchmarks/textbook, the formulations that speed is measured against: an installed "
            "package does not hold them; get the source and run `maquette bench` with the package installed from it "
            "in place (pip install -e .)"
        )
    return root


@cache
def load_textbook(name: str) -> ModuleType:
    """The module `benchmarks/textbook/NAME.py`."""
    path = checkout() / "benchmarks" / "textbook" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"maquette_textbook_{name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
