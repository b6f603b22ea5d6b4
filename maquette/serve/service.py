"""Everything that one running service holds, in one place that its routes share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from maquette.search import Engine
from maquette.serve.library import Library
from maquette.serve.measures import Measures
from maquette.serve.pictures import PictureCache
from maquette.serve.queries import KeptQueries
from maquette.serve.settings import Settings

__all__ = ["Service"]

_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass(frozen=True)
class Service:
    """The parts of a service."""

    settings: Settings
    measures: Measures
    library: Library
    queries: KeptQueries
    pictures: PictureCache

    @classmethod
    def over(cls, engine: Engine, settings: Settings) -> Service:
        """Return the service over an engine, with its state in the collection's folder."""
        library = Library(engine)
        measures = Measures()
        measures.watch(measures.items, lambda: float(len(library.index)))
        measures.watch(measures.version, lambda: float(library.index.version))
        return cls(
            settings,
            measures,
            library,
            KeptQueries(library.state / "queries", most=settings.kept_queries),
            PictureCache(library.state / "pictures"),
        )

    def limits(self) -> dict[str, int]:
        """Return the limits that a client may want to know before it sends something."""
        return self.settings.limits()

    def remove(self, id_: str) -> int:
        """Remove an item, for good when this returns; return how many there were."""
        return self.library.remove(id_)

    def run(self, function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Return what a function that reads a file gives."""
        return function(*args, **kwargs)
