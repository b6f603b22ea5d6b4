"""Everything that one running service holds, in one place that its routes share."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ParamSpec, TypeVar

from maquette.ingest import Limits, unpack
from maquette.search import Engine
from maquette.serve.jobs import Jobs
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
    jobs: Jobs
    file_limits: Limits

    @classmethod
    def over(cls, engine: Engine, settings: Settings) -> Service:
        """Return the service over an engine, with its state in the collection's folder."""
        library = Library(engine)
        measures = Measures()
        measures.watch(measures.items, lambda: float(len(library.index)))
        measures.watch(measures.version, lambda: float(library.index.version))
        limits = Limits()
        jobs = Jobs(
            library,
            add=lambda sources: engine.add(sources, replace_files=True),
            unpack=lambda archive, folder: _unpack(archive, folder, limits, settings),
            waiting=settings.jobs_waiting,
        )
        measures.watch(measures.jobs, lambda: float(jobs.unfinished()))
        return cls(
            settings,
            measures,
            library,
            KeptQueries(library.state / "queries", most=settings.kept_queries),
            PictureCache(library.state / "pictures"),
            jobs,
            limits,
        )

    def start(self) -> None:
        """Begin to work on jobs, those of an ended server first."""
        if not self.settings.read_only:
            self.jobs.start()

    def stop(self) -> None:
        """Finish what is being written."""
        self.jobs.stop()

    def unpack(self, archive: Path, folder: Path) -> Sequence[tuple[str, str]]:
        """Unpack an archive into a folder; return (name, reason) of what was refused. FileError if all of it is."""
        return _unpack(archive, folder, self.file_limits, self.settings)

    def limits(self) -> dict[str, int]:
        """Return the limits that a client may want to know before it sends something."""
        names = ("faces", "points", "pixels", "archive_entries", "archive_bytes")
        return self.settings.limits() | {name: getattr(self.file_limits, name) for name in names}

    def remove(self, id_: str) -> int:
        """Remove an item, for good when this returns; return how many there were."""
        return self.jobs.remove(id_)

    def run(self, function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Return what a function that reads a file gives."""
        return function(*args, **kwargs)


def _unpack(archive: Path, folder: Path, limits: Limits, settings: Settings) -> Sequence[tuple[str, str]]:
    shutil.rmtree(folder, ignore_errors=True)  # of a server that ended while it unpacked
    folder.mkdir()
    return unpack(archive, folder, replace(limits, upload_bytes=settings.job_bytes)).refused
