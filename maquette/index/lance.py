"""The durable index: a Lance table on disk holds the items, this process's memory holds one version of them to search.

Lance writes new files for every change and commits them by adding one file that names the version, so a process that is
killed in a write leaves the version before. On top of that, this file:

* lets one writer in at a time, and lets it see what the others wrote before it decides (`lock.py`);
* asks the disk to keep what was written before a write counts as done, which Lance leaves to the operating system;
* compares each row with its checksum on reading, so that a damaged disk gives an error, not a wrong answer;
* merges small files and drops versions older than `keep_versions` each time `compact_every` versions have come.

Searches are exact, over the version in memory, by the same function as the `memory` index; so are the filters. Readers
in other processes keep their version until they call `refresh`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
from jaxtyping import Float32

from maquette.errors import CollectionError, InputError
from maquette.index.base import INDEXES, Entry, Index, Ranking
from maquette.index.columns import PART_COLUMNS, ROW_COLUMNS, Head, from_arrow, parts_from_arrow, to_arrow
from maquette.index.exact import entries, known_rows, rank, refuse_known
from maquette.index.lock import WriterLock
from maquette.index.rows import Rows
from maquette.index.storage import import_lancedb
from maquette.index.where import Condition

__all__ = ["LanceIndex"]

_TABLE = "items"
_REMEDY = ": restore the collection from a copy, or create it anew from its files"


@INDEXES.register("lance")
class LanceIndex(Index):
    """Items in a folder on disk, shared by any number of readers and by writers that take turns.

    With `dimensions` the folder is made where it is missing, with these parts and tags; without, it must be there.
    `tags` are texts that describe the whole (the model's fingerprint). A folder of other dimensions or parts raises
    InputError; one that is damaged raises CollectionError.
    """

    def __init__(
        self,
        *,
        folder: Path,
        dimensions: int | None = None,
        parts: tuple[str, ...] = (),
        tags: Mapping[str, str] | None = None,
        keep_versions: timedelta = timedelta(hours=1),
        compact_every: int = 50,
    ) -> None:
        self.folder = folder
        self._files = folder / f"{_TABLE}.lance"
        self._keep_versions = keep_versions
        self._compact_every = compact_every
        self._synced: set[tuple[Path, int]] = set()
        self._state = RLock()
        self._writer = WriterLock(folder / "writer.lock")
        if not self._files.is_dir():
            if dimensions is None:
                raise CollectionError(f"{folder}: holds no items: expected the folder {self._files.name} in it")
            super().__init__(dimensions=dimensions, parts=parts)
            self._create(Head(dimensions, parts, dict(tags or {})))
        self._table, self._head = self._open()
        super().__init__(dimensions=self._head.dimensions, parts=self._head.parts)
        if dimensions is not None and (dimensions, parts) != (self.dimensions, self.part_names):
            raise InputError(
                f"{folder}: holds {self.dimensions} dimensions with parts {self.part_names}: "
                f"asked for {dimensions} with {parts}"
            )
        self._rows, self._version = self._load()
        self._versions: frozenset[str] = frozenset()
        self._places: dict[str, int] | None = None  # where Lance keeps each row of this version; None: not asked yet

    @property
    def tags(self) -> Mapping[str, str]:
        """The texts that the index was made with."""
        return self._head.tags

    def remove(self, ids: Sequence[str]) -> int:
        with self._writer.held(), self._state:
            self.refresh()
            there = sorted({id_ for id_ in ids if id_ in self._rows.row_of})
            if there:
                with self._guard("remove items from"):
                    self._table.delete(_among(there))
                self._commit(self._rows.without(there))
            return len(there)

    def get(self, ids: Sequence[str]) -> list[Entry]:
        return entries(self._rows, ids)

    def parts(self, ids: Sequence[str]) -> Float32[np.ndarray, "N M D"]:
        with self._state, self._guard("read parts from", remedy=_REMEDY):
            known_rows(self._rows, ids)
            if not ids or not self.part_names:
                return np.zeros((len(ids), len(self.part_names), self.dimensions), dtype=np.float32)
            if self._places is None:
                found = self._table.search().select(["id"]).with_row_id(True).to_arrow()
                self._places = dict(zip(found["id"].to_pylist(), found["_rowid"].to_pylist(), strict=True))
            places = [self._places[id_] for id_ in dict.fromkeys(ids)]
            parts = parts_from_arrow(self._table.take_row_ids(places).select(list(PART_COLUMNS)).to_arrow(), self._head)
            return np.stack([parts[id_] for id_ in ids])

    def ids(self, where: Sequence[Condition] = ()) -> tuple[str, ...]:
        return self._rows.ids_matching(where)

    def counts(self, field: str) -> dict[str, int]:
        return self._rows.counts(field)

    def require_fields(self, where: Sequence[Condition]) -> None:
        self._rows.require_fields(where)

    @property
    def version(self) -> int:
        return self._version

    def info(self) -> dict[str, Any]:
        return {
            "index": "lance",
            "items": len(self),
            "dimensions": self.dimensions,
            "parts": list(self.part_names),
            "version": self.version,
            "tags": dict(self.tags),
            "bytes": sum(path.stat().st_size for path in self._files.rglob("*") if path.is_file()),
        }

    def refresh(self) -> bool:
        with self._state:
            with self._guard("look for a newer version of"):
                # Each version has a file of its own, so the same names are the same versions; listed first, so that one
                # that is committed meanwhile is seen the next time.
                versions = frozenset(path.name for path in (self._files / "_versions").iterdir())
                if versions == self._versions:
                    return False
                self._table.checkout_latest()
                moved = bool(self._table.version != self._version)
            if moved:
                self._rows, self._version = self._load()
                self._places = None
            self._versions = versions
            return moved

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, id_: object) -> bool:
        return id_ in self._rows.row_of

    def _put(self, rows: Rows, *, replace: bool) -> None:
        with self._writer.held(), self._state:
            self.refresh()
            if not replace:
                refuse_known(self._rows, rows.ids)
            if not len(rows):
                return
            batch = to_arrow(rows, self._head.schema())
            with self._guard("write to"):
                if any(id_ in self._rows.row_of for id_ in rows.ids):
                    upsert = self._table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all()
                    upsert.execute(batch)
                else:
                    self._table.add(batch)
            self._commit(self._rows.merged(rows.without_parts()))

    def _rank(self, queries: Float32[np.ndarray, "Q D"], k: int, where: Sequence[Condition]) -> list[Ranking]:
        return rank(self._rows, queries, k=k, where=where)

    def _create(self, head: Head) -> None:
        with self._guard("create"):
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._writer.held():
                import_lancedb().connect(self.folder).create_table(_TABLE, schema=head.schema(), exist_ok=True)
                self._sync()

    def _open(self) -> tuple[Any, Head]:
        # Read first: a version that is committed meanwhile is no sign of a loss.
        promised = _last_version(self._files)
        with self._guard("open", remedy=_REMEDY):
            table: Any = import_lancedb().connect(self.folder).open_table(_TABLE)
            head = Head.of(table.schema)
            if table.version < promised:
                raise CollectionError(f"version {promised} is gone, the newest there is {table.version}")
        return table, head

    def _load(self) -> tuple[Rows, int]:
        with self._guard("read", remedy=_REMEDY):
            found = self._table.search().select(list(ROW_COLUMNS)).to_arrow()
            return from_arrow(found, self._head), int(self._table.version)

    def _commit(self, rows: Rows) -> None:
        """Make the write that Lance has committed last, and take its outcome over into memory."""
        self._sync()
        version = int(self._table.version)
        if self._version // self._compact_every != version // self._compact_every:
            with self._guard("compact"):
                self._table.optimize(cleanup_older_than=self._keep_versions)
                version = int(self._table.version)
            self._sync()
        self._rows, self._version, self._places = rows, version, None

    def _sync(self) -> None:
        """Have the disk keep every file that is new since the last call, and the names of the files."""
        with self._guard("flush"):
            files = {(path, path.stat().st_mtime_ns) for path in self._files.rglob("*") if path.is_file()}
            fresh = [path for path, _ in sorted(files - self._synced)]
            for path in fresh:
                _flush(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
            if fresh and os.name == "posix":  # elsewhere a folder cannot be opened, and need not be
                for folder in sorted({path.parent for path in fresh} | {self._files, self.folder}):
                    _flush(folder, os.O_RDONLY)
        self._synced = files

    @contextmanager
    def _guard(self, doing: str, *, remedy: str = "") -> Iterator[None]:
        """Turn whatever the storage raises into a CollectionError that names the folder."""
        try:
            yield
        except (CollectionError, RuntimeError, OSError, ValueError, KeyError, TypeError) as error:
            first = (str(error) or type(error).__name__).splitlines()[0]
            raise CollectionError(f"{self.folder}: cannot {doing} the collection: {first}{remedy}") from error


def _among(ids: Sequence[str]) -> str:
    """Return the SQL condition that holds for these ids; in SQL text a quote is written twice, no more."""
    return "id IN ({})".format(",".join("'" + id_.replace("'", "''") + "'" for id_ in ids))


def _flush(path: Path, flags: int) -> None:
    number = os.open(path, flags)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _last_version(files: Path) -> int:
    """Return the version that the last writer left a note of, 0 without one; Lance takes the note as a mere hint."""
    try:
        note = json.loads((files / "_versions" / "latest_version_hint.json").read_bytes())
        return int(note["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0
