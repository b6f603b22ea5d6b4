"""Everything that one running service holds, in one place that its routes share."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from maquette.errors import ServiceError
from maquette.index.lock import WriterLock
from maquette.ingest import OWN_FILES, Limits, Sandbox, unpack
from maquette.search import Collection, Engine
from maquette.search.batching import Shared, SharedEncoder
from maquette.search.previews import Preview, read_preview
from maquette.serve.jobs import Jobs
from maquette.serve.library import Library
from maquette.serve.measures import Measures
from maquette.serve.pictures import PictureCache
from maquette.serve.queries import KeptQueries
from maquette.serve.readers import SERVICE_READER_MODULES, start_readers
from maquette.serve.settings import Settings

__all__ = ["Service"]

_OWN_LIMITS = replace(OWN_FILES, cpu_seconds=120.0, wall_seconds=120.0)
"""For previews of the collection's own files: somebody waits for them."""

_RANKED_TOGETHER = 32
"""Queries of one ranking at most: more would keep the first of them waiting for the last."""


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
    own_files: Sandbox | None
    shared: tuple[Shared[Any, Any], ...]
    lock: BinaryIO | None

    @classmethod
    def open(cls, folder: Path, settings: Settings, *, readers: Sandbox | None = None) -> Service:
        """Return the service over the collection in a folder; errors as `Engine.open` has them.

        Files that clients send are read by processes of their own, with the limits for strangers' files: `readers`, if
        they were started before (`start_readers`). ServiceError where the system cannot confine such processes, or
        another service writes to the collection.
        """
        sandbox = readers or start_readers(settings)
        try:
            return cls.over(Engine(Collection.open(folder), sandbox=sandbox), settings)
        except BaseException:
            sandbox.close()
            raise

    @classmethod
    def over(cls, engine: Engine, settings: Settings) -> Service:
        """Return the service over an engine, with its state in the collection's folder.

        Requests share its encoder and its rankings: those that come at the same time are done together.

        ServiceError if another service writes to the collection: both would work on the same jobs.
        """
        measures = Measures()
        encoder = SharedEncoder(engine.encode, on_batch=measures.encoded.observe)
        engine.encode = encoder
        rankings = Shared(engine.answer_all, name="rank", most=_RANKED_TOGETHER, on_batch=measures.ranked.observe)
        engine.answer = rankings.ask
        library = Library(engine)
        lock = None if settings.read_only else WriterLock(library.state / "writer.lock").take()
        if lock is None and not settings.read_only:
            raise ServiceError(
                f"{engine.collection.folder}: another service writes to it: stop that one, or start this one with "
                "--read-only"
            )
        measures.watch(measures.items, lambda: float(len(library.index)))
        measures.watch(measures.version, lambda: float(library.index.version))
        sandbox = engine.sandbox
        limits = Limits() if sandbox is None else sandbox.limits
        jobs = Jobs(
            library,
            add=lambda sources: engine.add(
                sources,
                workers=0 if sandbox is None else settings.readers,
                sandbox=sandbox,
                replace_files=True,
            ),
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
            None if sandbox is None else Sandbox(_OWN_LIMITS, modules=SERVICE_READER_MODULES),
            (encoder, rankings),
            lock,
        )

    def start(self) -> None:
        """Begin to work on jobs, those of an ended server first."""
        if not self.settings.read_only:
            self.jobs.start()

    def stop(self) -> None:
        """Finish what is being written, and end the processes that read files."""
        self.jobs.stop()
        for shared in self.shared:
            shared.close()
        if self.lock is not None:
            self.lock.close()
        for sandbox in (self.library.engine.sandbox, self.own_files):
            if sandbox is not None:
                sandbox.close()

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

    def preview(self, kind: Preview, path: Path, *, of_query: bool = False) -> bytes:
        """Return a preview of a file; those of queries are read by the limits for strangers' files."""
        sandbox = self.library.engine.sandbox if of_query else self.own_files
        return read_preview(kind, path, sandbox=sandbox)


def _unpack(archive: Path, folder: Path, limits: Limits, settings: Settings) -> Sequence[tuple[str, str]]:
    shutil.rmtree(folder, ignore_errors=True)  # of a server that ended while it unpacked
    folder.mkdir()
    return unpack(archive, folder, replace(limits, upload_bytes=settings.job_bytes)).refused
