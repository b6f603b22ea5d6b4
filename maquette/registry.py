"""Names for the things one can choose: modalities, data sets, encoders, methods, noise models, indexes.

A class registers itself with a literal name; other people's packages do the same through the entry-point group
`maquette.<kind>`, whose targets are imported the first time a name of that kind is asked for.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Any, Generic, TypeVar

from maquette.errors import ConfigError, UnknownNameError

__all__ = ["Registry"]

T = TypeVar("T")
C = TypeVar("C", bound=Callable[..., Any])


class Registry(Generic[T]):
    """Builders of one kind of thing, by name.

    >>> shapes: Registry[list[int]] = Registry("shape")
    >>> @shapes.register("triangle")
    ... def triangle(*, corners: int = 3) -> list[int]:
    ...     return list(range(corners))
    >>> shapes.build("triangle")
    [0, 1, 2]
    >>> shapes.names()
    ('triangle',)
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._builders: dict[str, Callable[..., T]] = {}
        self._entry_points_loaded = False

    def register(self, name: str) -> Callable[[C], C]:
        """Decorator that files a class or function under `name`; a name that is taken raises."""

        def keep(builder: C) -> C:
            if name in self._builders:
                raise ConfigError(f"{self.kind} {name!r} is registered already, by {self._builders[name]!r}")
            self._builders[name] = builder
            return builder

        return keep

    def names(self) -> tuple[str, ...]:
        """All registered names, sorted."""
        self._load_entry_points()
        return tuple(sorted(self._builders))

    def get(self, name: str) -> Callable[..., T]:
        """The builder under `name`; an unknown name raises and lists the known ones."""
        if name not in self._builders:
            self._load_entry_points()
        if name not in self._builders:
            raise UnknownNameError(self.kind, name, self._builders)
        return self._builders[name]

    def build(self, name: str, /, **kwargs: Any) -> T:
        """Call the builder under `name`.

        Options that it does not take, or that it needs and are not given, raise a ConfigError that names them. Whatever
        the builder itself raises passes through.
        """
        builder = self.get(name)
        self._check_options(name, builder, kwargs)
        return builder(**kwargs)

    def defaults(self, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """What the builder under `name` takes for the options that are not `given`; an unknown name raises."""
        parameters = _parameters(self.get(name)) or ()
        return {p.name: p.default for p in parameters if p.default is not p.empty and p.name not in given}

    def _check_options(self, name: str, builder: Callable[..., T], options: Mapping[str, Any]) -> None:
        parameters = _parameters(builder)
        if parameters is None:
            return
        named = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        taken = sorted(p.name for p in named)
        unknown = sorted(options.keys() - set(taken))
        if unknown and not any(p.kind is p.VAR_KEYWORD for p in parameters):
            raise ConfigError(
                f"{self.kind} {name!r}: unknown {_quoted(unknown)}: expected some of {', '.join(taken) or '(none)'}"
            )
        lacking = sorted(p.name for p in named if p.default is p.empty and p.name not in options)
        if lacking:
            raise ConfigError(f"{self.kind} {name!r}: lacks {_quoted(lacking)}: expected a value, there is no default")

    def _load_entry_points(self) -> None:
        if self._entry_points_loaded:
            return
        self._entry_points_loaded = True
        for point in sorted(entry_points(group=f"maquette.{self.kind}"), key=lambda point: point.name):
            point.load()


def _parameters(builder: Callable[..., Any]) -> tuple[inspect.Parameter, ...] | None:
    """What it takes; None of a builder written in C that does not say."""
    try:
        return tuple(inspect.signature(builder).parameters.values())
    except (TypeError, ValueError):
        return None


def _quoted(options: list[str]) -> str:
    return f"option{'s' * (len(options) > 1)} {', '.join(map(repr, options))}"
