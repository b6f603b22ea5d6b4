"""What a run did, batch by batch: JSON lines (the record) and TensorBoard (to watch)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from torch.utils.tensorboard import SummaryWriter

__all__ = ["Record", "read_record"]

_FILE = "record.jsonl"


def read_record(folder: Path) -> list[dict[str, Any]]:
    """All entries of a run's record, oldest first; a last line cut off by a crash is left out."""
    path = folder / _FILE
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


class Record:
    """Appends entries with a `batches` count; opened at a checkpoint, it forgets what came after that checkpoint."""

    def __init__(self, folder: Path, *, batches: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / _FILE
        kept = [entry for entry in read_record(folder) if entry["batches"] <= batches] if batches else []
        partial = path.with_suffix(".partial")
        partial.write_text("".join(json.dumps(entry) + "\n" for entry in kept), encoding="utf-8")
        partial.replace(path)
        self._lines = path.open("a", encoding="utf-8")
        self._board = SummaryWriter(str(folder / "tensorboard"), purge_step=batches + 1)

    def add(self, kind: str, batches: int, values: Mapping[str, Any], **more: Any) -> None:
        """One entry; numbers in `values` also go to TensorBoard under `kind/name`."""
        self._lines.write(json.dumps({"kind": kind, "batches": batches, **more, "values": dict(values)}) + "\n")
        for name, value in values.items():
            self._board.add_scalar(f"{kind}/{name}", value, batches)

    def sync(self) -> None:
        """Have everything so far on disk: called before the checkpoint that counts on it."""
        self._lines.flush()
        os.fsync(self._lines.fileno())

    def __enter__(self) -> Record:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lines.close()
        self._board.close()
