"""The process that readers are forked from: it has imported everything once, so a fresh reader costs milliseconds.

A reader is lost with every file that hangs or crashes it, and importing the libraries takes seconds. This process does
nothing but import, fork and bury. It ends when the program that started it does, and its readers with it.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
from pathlib import Path
from typing import Any

from maquette.ingest.confine import leave_network
from maquette.ingest.limits import Limits
from maquette.ingest.reader import serve

__all__ = ["main"]

_MOST_REQUEST_BYTES = 65_536


def main(descriptor: int) -> None:
    """Answer requests on a socket, one at a time, until it closes: `fork` a reader, `end` one and say how it went."""
    control = socket.socket(fileno=descriptor)
    network = leave_network()
    ready: set[str] = set()
    while True:
        request, descriptors = _next(control)
        if request is None:
            return
        try:
            if request["order"] == "end":
                reply: dict[str, Any] = {"status": _bury(int(request["pid"]))}
            else:
                if missing := set(request["modules"]) - ready:
                    for name in sorted(missing):
                        importlib.import_module(name)
                    ready |= missing
                    gc.freeze()  # what is shared with the readers stays shared
                reply = {"pid": _fork(control, request, descriptors[0]), "network": network}
        except Exception as error:  # whatever an import raises is for the program to hear
            reply = {"failed": f"{type(error).__name__}: {error}"}
        finally:
            for number in descriptors:
                os.close(number)
        control.sendall(json.dumps(reply).encode() + b"\n")


def _next(control: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
    """The next request, one line of JSON, and the descriptors that came with it; None when the program is gone."""
    text, descriptors = b"", list[int]()
    while not text.endswith(b"\n"):
        part, found, _, _ = socket.recv_fds(control, _MOST_REQUEST_BYTES, 1)
        if not part:
            return None, []
        text += part
        descriptors += found
    return json.loads(text), descriptors


def _fork(control: socket.socket, request: dict[str, Any], descriptor: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        control.close()
        serve(socket.socket(fileno=descriptor), Path(request["folder"]), Limits.from_json(request["limits"]))
        code = 0
    finally:
        os._exit(code)


def _bury(pid: int) -> int:
    """End a reader, if it has not ended by itself, and return its wait status."""
    os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]
