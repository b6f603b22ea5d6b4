"""A job as it stands on disk: what was asked for, what became of it so far. One JSON file a job, replaced in one step.

A job counts as accepted when its record and its files are on the disk; from then on it survives any end of the server.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from maquette.data.atomic import write_atomically
from maquette.serve.schemas import Job, Refused

__all__ = ["JobRecord", "RecordFolder", "State", "sync_folder"]

State = Literal["queued", "running", "done", "cancelled", "failed"]

_ID = re.compile(r"[0-9a-f]{32}")
_REMEMBERED = 200
"""Finished jobs whose records are kept."""


@dataclass
class JobRecord:
    """One job. `files` has (name its sender gave, name in the job's folder); `archive`: the one file is a zip.

    `outcomes` leads from the ids of the job's own items to "added" or "skipped". Items that somebody removed while the
    job waited or ran are in `removed`: the job must not bring them back.
    """

    id: str
    created: str
    files: list[tuple[str, str]]
    class_name: str | None = None
    archive: bool = False
    state: State = "queued"
    total: int = 0
    outcomes: dict[str, str] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    reason: str | None = None

    @classmethod
    def new(cls) -> JobRecord:
        """Return a job without files, with an id that cannot be guessed."""
        return cls(secrets.token_hex(16), datetime.now(UTC).isoformat(timespec="microseconds"), [])

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ("done", "cancelled", "failed")

    def shown(self) -> Job:
        """Return the job as clients see it."""
        return Job(
            id=self.id,
            state=self.state,
            created=self.created,
            done=len(self.outcomes) + len(self.refused),
            total=max(self.total, len(self.outcomes) + len(self.refused)),
            added=sorted(id_ for id_, outcome in self.outcomes.items() if outcome == "added"),
            refused=[Refused(name=name, reason=reason) for name, reason in self.refused],
            reason=self.reason,
        )


class RecordFolder:
    """The records in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for draft in folder.glob(".*.tmp"):
            draft.unlink()  # of a server that ended while it wrote

    def read_all(self) -> list[JobRecord]:
        """Return all jobs, oldest first."""
        found = []
        for path in self._folder.glob("*.json"):
            if _ID.fullmatch(path.stem):
                values = json.loads(path.read_text(encoding="utf-8"))
                files, refused = values.pop("files"), values.pop("refused")
                record = JobRecord(files=[(a, b) for a, b in files], **values)
                record.refused = [(name, reason) for name, reason in refused]
                found.append(record)
        return sorted(found, key=lambda record: (record.created, record.id))

    def write(self, record: JobRecord) -> None:
        """Put a record on the disk, for good when this returns."""
        write_atomically(self._folder / f"{record.id}.json", json.dumps(asdict(record)).encode())
        sync_folder(self._folder)

    def forget_old(self, records: dict[str, JobRecord]) -> None:
        """Remove the oldest finished jobs from the disk and from `records`, but for those that are remembered."""
        finished = sorted((r for r in records.values() if r.is_finished), key=lambda record: record.created)
        for record in finished[: max(0, len(finished) - _REMEMBERED)]:
            (self._folder / f"{record.id}.json").unlink(missing_ok=True)
            del records[record.id]


def sync_folder(folder: Path) -> None:
    """Have the disk keep the names of the files in a folder."""
    if os.name == "posix":  # elsewhere a folder cannot be opened, and need not be
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
