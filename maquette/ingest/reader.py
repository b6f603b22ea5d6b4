"""The life of a reader: a confined process that runs named functions on files in its folder until it is told to stop.

A function takes the request and the folder, and returns JSON values and named arrays:
`function(request: dict, folder: Path) -> tuple[dict, dict[str, ndarray]]`.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from maquette.errors import FileError, InputError, MaquetteError
from maquette.ingest.confine import allow_cpu_seconds, confine
from maquette.ingest.frames import receive, send
from maquette.ingest.limits import Limits, in_bytes

__all__ = ["Answering", "answer", "serve"]

Answering = tuple[Mapping[str, Any], Mapping[str, np.ndarray]]

_GROWN_BYTES = 256 * 2**20
_MOST_REQUEST_BYTES = 2**20


def serve(link: socket.socket, folder: Path, limits: Limits) -> None:
    """Confine this process, say what holds, and answer requests until the other side closes."""
    pages = _open_pages()
    enforced = confine(folder, limits)
    send(link, {"enforced": enforced}, {})
    first = _resident(pages)
    while (frame := receive(link, most_bytes=_MOST_REQUEST_BYTES)) is not None:
        allow_cpu_seconds(limits.cpu_seconds)
        values, arrays = answer(frame[0], folder, limits)
        # Memory that a large file left behind is given back by giving up the process.
        retires = bool(values.get("exhausted")) or _resident(pages) > first + _GROWN_BYTES
        send(link, {**values, "retires": retires}, arrays)
        if retires:
            return


def answer(request: Mapping[str, Any], folder: Path, limits: Limits) -> Answering:
    """Run the function that the request names; whatever it raises becomes a refusal in one line, or a failure.

    `refused` is a reason that lies in the file, and `file` which it was; `failed` is an error that no other file would
    cure.
    """
    module, _, name = str(request["function"]).partition(":")
    function: Callable[[dict[str, Any], Path], Answering] = getattr(sys.modules[module], name)
    try:
        values, arrays = function(dict(request["request"]), folder)
    except MemoryError:
        return _exhausted(limits), {}
    except FileError as error:
        if isinstance(error.__cause__, MemoryError):
            return {**_exhausted(limits), "file": error.path}, {}
        return {"refused": _line(error.reason), "file": error.path}, {}
    except InputError as error:
        return {"refused": _line(str(error))}, {}
    except MaquetteError as error:
        return {"failed": _line(str(error))}, {}
    except Exception as error:  # a parser may raise anything on a damaged file
        return {"refused": _line(f"{type(error).__name__}: {error}")}, {}
    return {"values": values}, arrays


def _exhausted(limits: Limits) -> dict[str, Any]:
    reason = f"needs more memory than the limit of {in_bytes(limits.memory_bytes)}: simplify it or split it"
    return {"refused": reason, "exhausted": True}


def _line(text: str) -> str:
    return " ".join(text.split())[:300] or "the reader gave no reason"


def _open_pages() -> int:
    """A descriptor of this process's memory figures, opened while that is still allowed; -1 where there are none."""
    try:
        return os.open("/proc/self/statm", os.O_RDONLY)
    except OSError:
        return -1


def _resident(pages: int) -> int:
    if pages < 0:
        return 0
    return int(os.pread(pages, 200, 0).split()[1]) * os.sysconf("SC_PAGE_SIZE")
