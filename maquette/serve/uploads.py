"""Files that clients send: written under names that the server makes; of the sender's name only the ending counts."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any, Protocol, runtime_checkable

from pydantic import PlainValidator, WithJsonSchema
from starlette.datastructures import UploadFile

from maquette.serve.failures import Failure

__all__ = ["Upload", "ending_of", "save_upload", "shown_name"]


def _checked(value: Any) -> UploadFile:
    if not isinstance(value, UploadFile):
        raise ValueError("expected a file")  # pydantic makes a 422 of it
    return value


Upload = Annotated[UploadFile, PlainValidator(_checked), WithJsonSchema({"type": "string", "format": "binary"})]
"""A file in a form. FastAPI's own type is not the type of what it hands over, which the tests would not let pass."""

_PIECE = 2**20
_UNWANTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


@runtime_checkable
class _Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


def ending_of(name: str | None, known: Collection[str]) -> str:
    """Return the ending (lower case, with the dot) of a file's name; Failure 415 unless it is known."""
    ending = os.path.splitext((name or "").replace("\\", "/").rpartition("/")[2])[1].lower()  # noqa: PTH122 - no path
    if ending not in known:
        raise Failure(415, f"{shown_name(name)}: ending {ending!r}: expected one of {', '.join(sorted(known))}")
    return ending


def shown_name(name: str | None) -> str:
    """Return what to call a file when talking to its sender: the last part of its name, without control characters."""
    return _UNWANTED.sub("", (name or "").replace("\\", "/").rpartition("/")[2])[:200] or "file"


def save_upload(source: _Source, target: Path, *, most: int, name: str, durable: bool = False) -> int:
    """Write a file and return its size; Failure 413 as soon as it is larger than `most`.

    `durable`: the bytes are on disk when this returns.
    """
    size = 0
    with target.open("wb") as written:
        while piece := source.read(_PIECE):
            size += len(piece)
            if size > most:
                raise Failure(413, f"{name}: more than {most} bytes: expected at most that", limit=most, value=size)
            written.write(piece)
        if durable:
            written.flush()
            os.fsync(written.fileno())
    return size
