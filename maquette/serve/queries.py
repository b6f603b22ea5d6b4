"""Queries that were made, kept on disk, so that an address can run one again and its models can be looked at.

    queries/<id>/query.json      the parts: kind, modality, weight, the name its sender gave it, its representation
    queries/<id>/<number>.<ending>   the files, under names that the server made

An id has 128 random bits: who was not given it cannot guess it. The oldest queries go when there are too many.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from maquette.search import Part

__all__ = ["KeptPart", "KeptQueries", "is_query_id"]

_FILE = "query.json"
_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class KeptPart:
    """A part as it is kept: `file` is its name in the query's folder; `shown` what its sender called it."""

    shown: str
    weight: float
    modality: str | None = None
    file: str | None = None
    item: str | None = None

    def part(self, folder: Path) -> Part:
        """Return the part for the engine."""
        path = None if self.file is None else folder / self.file
        return Part(self.modality, path, self.item, self.weight)


class KeptQueries:
    """The queries in a folder, `most` of them at most.

    Which there are is asked of the disk once: to list a thousand folders takes longer than a search.
    """

    def __init__(self, folder: Path, *, most: int) -> None:
        self._folder = folder
        self._most = most
        self._lock = Lock()
        folder.mkdir(parents=True, exist_ok=True)
        there = sorted(folder.iterdir())
        for draft in (path for path in there if not (path / _FILE).is_file()):
            shutil.rmtree(draft, ignore_errors=True)  # of a server that was stopped while it took in a query
        kept = [path for path in there if (path / _FILE).is_file()]
        kept.sort(key=lambda path: (path / _FILE).stat().st_mtime_ns)
        self._kept = dict.fromkeys(path.name for path in kept)

    def new(self) -> tuple[str, Path]:
        """Return the id and the folder of a new query, which is there; it counts once it is kept."""
        id_ = secrets.token_hex(16)
        folder = self._folder / id_
        folder.mkdir()
        return id_, folder

    def keep(self, id_: str, parts: list[KeptPart]) -> None:
        """Keep a query, and let the oldest go if there are too many now."""
        text = json.dumps({"parts": [asdict(part) for part in parts]})
        (self._folder / id_ / _FILE).write_text(text, encoding="utf-8")
        with self._lock:
            self._kept[id_] = None
            gone = list(self._kept)[: max(0, len(self._kept) - self._most)]
            for old in gone:
                del self._kept[old]
        for old in gone:
            shutil.rmtree(self._folder / old, ignore_errors=True)

    def drop(self, id_: str) -> None:
        """Forget a query and its files."""
        with self._lock:
            self._kept.pop(id_, None)
        shutil.rmtree(self._folder / id_, ignore_errors=True)

    def get(self, id_: str) -> tuple[list[KeptPart], Path] | None:
        """Return the parts and the folder of a query that is kept, else None."""
        folder = self._folder / id_
        if not is_query_id(id_) or not (folder / _FILE).is_file():
            return None
        values: dict[str, Any] = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        return [KeptPart(**part) for part in values["parts"]], folder


def is_query_id(text: str) -> bool:
    """Return whether a text could be the id of a query; nothing else ever becomes part of a path."""
    return _ID.fullmatch(text) is not None
