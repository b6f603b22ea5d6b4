"""Adding models in the background: jobs that wait, run one after another, can be cancelled, and outlive the server.

Files lie in the collection's folder `uploads/<job>/` under names that the server made, and stay there as long as an
item is made of them. A job goes on a few items at a time; each lot is written for good before its progress is. After a
restart a job goes on with the items that are left.

A removal that was acknowledged stays one: it is noted in every unfinished job that holds the item before the item goes.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Condition, Thread

from maquette.errors import MaquetteError
from maquette.search import AddReport, Source
from maquette.serve.failures import Failure
from maquette.serve.library import Library
from maquette.serve.records import JobRecord, RecordFolder, State, sync_folder
from maquette.serve.sources import sources_of_job

__all__ = ["Jobs"]

_LOG = logging.getLogger("maquette.serve")
_ITEMS_AT_ONCE = 4
"""Whoever removes an item waits for one lot at most."""

Add = Callable[[Sequence[Source]], AddReport]
Unpack = Callable[[Path, Path], Sequence[tuple[str, str]]]
"""Unpacks an archive into a folder; returns (name, reason) of what was not."""


class Jobs:
    """The jobs of one service. `add` writes sources into the collection, `unpack` opens archives."""

    def __init__(self, library: Library, *, add: Add, unpack: Unpack, waiting: int) -> None:
        self._library = library
        self._add = add
        self._unpack = unpack
        self._waiting = waiting
        self._folder = RecordFolder(library.state / "jobs")
        self._records = {record.id: record for record in self._folder.read_all()}
        self._changed = Condition()
        self._stopping = False
        self._thread: Thread | None = None
        self.uploads = library.collection.folder / "uploads"

    def start(self) -> None:
        """Clear away what an ended server left, and begin to work."""
        self._clear_uploads()
        self._thread = Thread(target=self._work, name="jobs", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the items that are being written; the rest goes on after the next start."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def new(self) -> tuple[JobRecord, Path]:
        """Return a new job and the folder for its files; Failure 429 if too many wait."""
        with self._changed:
            self._require_room()
        record = JobRecord.new()
        folder = self.uploads / record.id
        folder.mkdir(parents=True)
        return record, folder

    def accept(self, record: JobRecord) -> None:
        """Take a job whose files are on the disk; it will be done, whatever happens, when this returns."""
        sync_folder(self.uploads / record.id)
        sync_folder(self.uploads)
        sync_folder(self._library.collection.folder)
        with self._changed:
            self._require_room()
            record.total = len(record.files)
            self._folder.write(record)
            self._records[record.id] = record
            self._folder.forget_old(self._records)
            self._changed.notify_all()

    def drop(self, record: JobRecord) -> None:
        """Remove the files of a job that was not accepted."""
        shutil.rmtree(self.uploads / record.id, ignore_errors=True)

    def get(self, id_: str) -> JobRecord:
        """Return a job; Failure 404 if there is none of that id."""
        with self._changed:
            if id_ not in self._records:
                raise Failure(404, f"job {id_[:40]!r}: is not known; jobs that ended long ago are forgotten")
            return replace(self._records[id_])

    def all(self) -> list[JobRecord]:
        """Return all jobs, newest first."""
        with self._changed:
            return sorted((replace(r) for r in self._records.values()), key=lambda r: r.created, reverse=True)

    def unfinished(self) -> int:
        """Return how many jobs wait or run."""
        with self._changed:
            return sum(not record.is_finished for record in self._records.values())

    def cancel(self, id_: str) -> JobRecord:
        """Have a job add no more items; those that it has added stay."""
        self.get(id_)
        with self._library.writing, self._changed:
            record = self._records[id_]
            if not record.is_finished:
                record.state = "cancelled"
                self._folder.write(record)
            return replace(record)

    def remove(self, id_: str) -> int:
        """Remove an item, so that no job brings it back; return how many there were.

        The item goes first, then the waiting jobs are told, oldest first: a service that is killed in between has
        removed it, or still adds the newest version that was accepted, never an older one.
        """
        with self._library.writing:
            old = self._own_file(id_)
            removed = self._library.remove(id_)
            with self._changed:
                for record in sorted(self._records.values(), key=lambda record: (record.created, record.id)):
                    if not record.is_finished and id_ not in record.removed:
                        record.removed.append(id_)
                        self._folder.write(record)
            if old is not None:
                old.unlink(missing_ok=True)
            return removed

    def _require_room(self) -> None:
        waiting = sum(not record.is_finished for record in self._records.values())
        if waiting >= self._waiting:
            raise Failure(
                429,
                f"{waiting} jobs are waiting: try again when some are done",
                limit=self._waiting,
                value=waiting,
                headers={"Retry-After": "5"},
            )

    def _work(self) -> None:
        while True:
            with self._changed:
                queue = [record for record in self._records.values() if not record.is_finished]
                if self._stopping:
                    return
                if not queue:
                    self._changed.wait()
                    continue
            record = min(queue, key=lambda waiting: (waiting.created, waiting.id))
            try:
                self._run(record)
            except MaquetteError as error:
                self._end(record, "failed", str(error))
            except Exception:
                _LOG.exception("a job failed", extra={"fields": {"job": record.id}})
                self._end(record, "failed", "the server failed; its log says why")

    def _run(self, record: JobRecord) -> None:
        folder = self.uploads / record.id
        with self._changed:
            record.state = "running"
            self._folder.write(record)
        if record.archive:
            refused = self._unpack(folder / record.files[0][1], folder / "files")
            record.refused = list(refused)
        sources = sources_of_job(record, folder)
        record.total = len(sources) + len(record.refused)
        left = [source for source in sources if source.id not in record.outcomes]
        while left and not self._stopping and not record.is_finished:
            with self._library.writing:
                lot, left = left[:_ITEMS_AT_ONCE], left[_ITEMS_AT_ONCE:]
                if not record.is_finished:
                    record.outcomes |= {source.id: "skipped" for source in lot if source.id in record.removed}
                    self._add_lot(record, folder, [source for source in lot if source.id not in record.removed])
        if not left and not record.is_finished:
            self._end(record, "done")

    def _add_lot(self, record: JobRecord, folder: Path, lot: Sequence[Source]) -> None:
        old = {source.id: self._own_file(source.id) for source in lot}
        report = self._add(lot)
        paths = {str(source.root / source.files[0]): source.id for source in lot}
        names = {stored: shown for shown, stored in record.files}
        there = [*report.added, *report.replaced, *report.unchanged]
        with self._changed:
            record.outcomes |= dict.fromkeys(there, "added")
            for path, reason in report.refused:
                id_ = paths.get(path, Path(path).name)
                record.refused.append((names.get(id_, id_), reason.replace(str(folder), "")))
            self._folder.write(record)
        for id_, file in old.items():
            if file is not None and id_ in report.replaced and not file.is_relative_to(folder):
                file.unlink(missing_ok=True)

    def _end(self, record: JobRecord, state: State, reason: str | None = None) -> None:
        with self._changed:
            record.state = state
            record.reason = reason
            self._folder.write(record)
        if record.archive and record.files:
            (self.uploads / record.id / record.files[0][1]).unlink(missing_ok=True)

    def _own_file(self, id_: str) -> Path | None:
        """Return the file of an item if it was sent to this service."""
        try:
            path = self._library.file(id_)
        except Failure:
            return None
        return path if path.is_relative_to(self.uploads.resolve()) else None

    def _clear_uploads(self) -> None:
        """Remove the files that belong to no item and no unfinished job."""
        if not self.uploads.is_dir():
            return
        index = self._library.index
        root = self.uploads.resolve()
        used = set()
        for entry in index.get(index.ids()):
            top = Path(str(entry.metadata.get("root", "")))
            if top.is_relative_to(root):
                used |= {top / str(file) for file in entry.metadata.get("files", [])}
        for folder in sorted(root.iterdir()):
            record = self._records.get(folder.name)
            if record is not None and not record.is_finished:
                continue
            files = [path for path in folder.rglob("*") if path.is_file()]
            for path in files:
                if path not in used:
                    path.unlink()
            if not any(path in used for path in files):
                shutil.rmtree(folder, ignore_errors=True)
