"""A package whose public names are loaded when they are asked for, so that importing one part does not bring all.

Processes that only read files import a few modules of a package, and should not wait for PyTorch, which the rest of it
needs. Type checkers see the names by imports under `TYPE_CHECKING`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["load_lazily"]


def load_lazily(package: str, modules: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package: from a public name, by the module that defines it, to what it names.

    No name may be that of a module of the package: a module that has been imported would stand in its place.

    >>> load_lazily("json", {"JSONDecoder": "decoder"})("JSONDecoder")
    <class 'json.decoder.JSONDecoder'>
    """
    clash = sorted(modules.keys() & set(modules.values()))
    assert not clash, f"{package}: {clash} are both names and modules"

    def get(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{modules[name]}"), name)

    return get
