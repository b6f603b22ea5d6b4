"""One writer at a time, over all processes of a machine; a writer that is killed leaves nothing behind.

The operating system holds the lock and drops it when the process ends, however it ends; the file itself says nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

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


if sys.platform == "win32":
    import msvcrt
    import os
    import time

    def _acquire(number: int) -> None:
        while True:
            os.lseek(number, 0, os.SEEK_SET)
            try:
                msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
            except OSError:
                time.sleep(0.02)
            else:
                return

    def _release(number: int) -> None:
        os.lseek(number, 0, os.SEEK_SET)
        msvcrt.locking(number, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _acquire(number: int) -> None:
        fcntl.flock(number, fcntl.LOCK_EX)

    def _release(number: int) -> None:
        fcntl.flock(number, fcntl.LOCK_UN)
