"""Brings a file into a reader's folder: regular files only, never more than the limit, hashed on the way."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from maquette.errors import FileError
from maquette.ingest.limits import in_bytes

__all__ = ["bring_in"]

_AT_ONCE = 2**20


def bring_in(
    path: Path, target: Path, *, most_bytes: int, digest: Callable[[bytes], object] | None = None, head: str = ""
) -> int:
    """Copy a file and return its length; `digest` is handed `head`, the length, a zero byte, then the content.

    What is read is what was hashed, whatever becomes of the file meanwhile. FileError for anything but a regular file
    (a pipe would block for ever), an empty one, one that is too large, or one that changes its length.
    """
    try:
        # O_NONBLOCK: opening a pipe must not wait for a writer.
        source = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise FileError(path, f"cannot be opened: {reason}") from None
    with os.fdopen(source, "rb", buffering=0) as stream:
        found = os.fstat(source)
        if not stat.S_ISREG(found.st_mode):
            raise FileError(path, "is no regular file: expected a file on disk")
        if found.st_size > most_bytes:
            raise FileError(path, f"{in_bytes(found.st_size)} ({found.st_size} bytes): the limit is {most_bytes} bytes")
        if found.st_size == 0:
            raise FileError(path, "the file is empty (0 bytes)")
        if digest is not None:
            digest(f"{head}{found.st_size}\0".encode(errors="surrogateescape"))
        copied = 0
        with target.open("xb") as copy:
            while part := stream.read(min(_AT_ONCE, found.st_size + 1 - copied)):
                copied += len(part)
                if copied > found.st_size:
                    break
                copy.write(part)
                if digest is not None:
                    digest(part)
    if copied != found.st_size:
        raise FileError(path, f"changed while it was read (from {found.st_size} bytes): try again when it is complete")
    return copied
