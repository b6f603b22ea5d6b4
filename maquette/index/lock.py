"""One writer at a time, over all processes of a machine; a writer that is killed leaves nothing behind.

The operating system holds the lock and drops it when the process ends, however it ends; the file itself says nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import BinaryIO

__all__ = ["WriterLock"]


class WriterLock:
    """The lock on one file, which is made where it is missing; also between the threads of this process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._threads = Lock()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait until no other writer holds the lock, and hold it inside the `with`."""
        with self._threads, self.path.open("ab") as file:
            _acquire(file.fileno())
            try:
                yield
            finally:
                _release(file.fileno())

    def take(self) -> BinaryIO | None:
        """Hold the lock until the returned file is closed, or this process ends; None if somebody holds it now."""
        file = self.path.open("ab")
        if _try_acquire(file.fileno()):
            return file
        file.close()
        return None


if sys.platform == "win32":
    import msvcrt
    import os
    import time

    def _acquire(number: int) -> None:
        while not _try_acquire(number):
            time.sleep(0.02)

    def _try_acquire(number: int) -> bool:
        os.lseek(number, 0, os.SEEK_SET)
        try:
            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _release(number: int) -> None:
        os.lseek(number, 0, os.SEEK_SET)
        msvcrt.locking(number, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _acquire(number: int) -> None:
        fcntl.flock(number, fcntl.LOCK_EX)

    def _try_acquire(number: int) -> bool:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _release(number: int) -> None:
        fcntl.flock(number, fcntl.LOCK_UN)
