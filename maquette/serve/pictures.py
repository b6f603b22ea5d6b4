"""Turntables and viewer models, made once for each state of a file and kept on disk.

They are named by the item and its checksum, so an item that changes gets new ones; the oldest go when they fill their
share of the disk.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from maquette.data.atomic import write_atomically

__all__ = ["PictureCache"]


class PictureCache:
    """Files in a folder, made on demand, `most_bytes` of them at most; one is made at a time."""

    def __init__(self, folder: Path, *, most_bytes: int = 2**30) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._making = Lock()

    def get(self, *key: str, make: Callable[[], bytes]) -> Path:
        """Return the file for a key, which `make` gives the content of where there is none."""
        name = hashlib.sha256("\0".join(key).encode("utf-8", "surrogateescape")).hexdigest()
        path = self._folder / name[:2] / name
        if not path.is_file():
            with self._making:
                if not path.is_file():
                    write_atomically(path, make())
                    self._make_room(path)
        return path

    def _make_room(self, newest: Path) -> None:
        files = [(path.stat(), path) for path in self._folder.glob("*/*")]
        total = sum(status.st_size for status, _ in files)
        for status, path in sorted(files, key=lambda file: file[0].st_mtime_ns):
            if total <= self._most_bytes:
                return
            if path != newest:
                path.unlink(missing_ok=True)
                total -= status.st_size
