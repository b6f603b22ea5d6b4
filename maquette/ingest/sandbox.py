"""A pool of confined reader processes: a file that hangs, crashes or swells costs its reader, and is refused.

with Sandbox(Limits(), modules=["package.module"]) as sandbox:
values, arrays = sandbox.run("package.module:function", {"any": "JSON"}, stage=copy_the_files_there)
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from maquette.errors import InputError, MaquetteError
from maquette.ingest.frames import FrameError, receive, send
from maquette.ingest.limits import Limits, in_bytes
from maquette.ingest.nursing import NURSERY

__all__ = ["Refused", "Sandbox", "can_confine"]

_START_SECONDS = 60.0
_Answer = tuple[dict[str, Any], dict[str, np.ndarray]]


class Refused(InputError):  # noqa: N818 - a verdict on a file; the caller knows its path and makes it a FileError
    """A file cannot be used: `reason` in one line; `file` is its path in the reader's folder, or empty."""

    def __init__(self, reason: str, file: str = "") -> None:
        self.reason = reason
        self.file = file
        super().__init__(reason)


class Sandbox:
    """At most `workers` readers, started when needed and used again; may be called from as many threads.

    `modules` are imported before a reader is confined: those of the functions that it will run.
    """

    def __init__(self, limits: Limits, *, modules: Sequence[str], workers: int = 1) -> None:
        if workers < 1:
            raise InputError(f"{workers} workers of a sandbox: expected at least 1")
        if not can_confine():
            raise MaquetteError("this system cannot fork, which readers in a sandbox need: use Linux or macOS")
        self.limits = limits
        self._modules = tuple(modules)
        self._places = threading.Semaphore(workers)
        self._state = _State()
        self._finalizer = weakref.finalize(self, self._state.close)

    def run(self, function: str, request: Mapping[str, Any], *, stage: Callable[[Path], None] | None = None) -> _Answer:
        """Return what the function (`module:name`) gives for the request, in a reader whose folder `stage` has filled.

        Refused if the file cannot be used, or the reader died of it or took too long; MaquetteError if no other file
        would do better. What `stage` raises passes through.
        """
        with self._places:
            reader = self._state.take() or self._start()
            healthy = True
            try:
                if stage is not None:
                    stage(reader.folder)
                healthy = False
                answer, healthy = reader.ask(function, request, self.limits)
            finally:
                if healthy:
                    reader.clean()
                    self._state.give_back(reader)
                else:
                    self._state.end(reader)
        return answer()

    def start(self) -> None:
        """Begin to start a reader, without waiting for it: it is ready sooner for the first file."""

        def begin() -> None:
            with self._places, suppress(MaquetteError):  # the first file will say what is wrong
                self._state.give_back(self._state.take() or self._start())

        threading.Thread(target=begin, daemon=True, name="sandbox-start").start()

    def enforced(self) -> dict[str, str]:
        """What holds each limit on this system, in words; starts a reader if there is none."""
        with self._places:
            reader = self._state.take() or self._start()
            self._state.give_back(reader)
            return dict(reader.enforced)

    def close(self) -> None:
        """End all readers and remove their folders; files that are being read are refused."""
        self._finalizer()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _start(self) -> _Reader:
        return self._state.add(lambda folder: _Reader(folder, self.limits, self._modules))


def can_confine() -> bool:
    """Whether this system can run readers in processes of their own at all."""
    return hasattr(os, "fork") and hasattr(socket, "send_fds")


class _Reader:
    """One reader process, its link and its folder."""

    def __init__(self, folder: Path, limits: Limits, modules: Sequence[str]) -> None:
        self.folder = folder
        self.link, theirs = socket.socketpair()
        try:
            with theirs:
                self.pid, nursery = NURSERY.fork(theirs, folder, limits, modules)
        except MaquetteError:
            self.link.close()
            raise
        try:
            frame = receive(self.link, most_bytes=0, deadline=time.monotonic() + _START_SECONDS)
        except FrameError as error:
            frame = None
            reason = str(error)
        else:
            reason = "it has ended"
        if frame is None:
            raise MaquetteError(f"a reader could not start ({reason}, {self.end()})")
        self.enforced: dict[str, str] = {"network": nursery["network"], **frame[0]["enforced"]}

    def ask(self, function: str, request: Mapping[str, Any], limits: Limits) -> tuple[Callable[[], _Answer], bool]:
        """Return how to get at the answer (it may raise), and whether the reader is fit for another file."""
        begun = time.monotonic()
        deadline = begun + limits.wall_seconds
        try:
            send(self.link, {"function": function, "request": dict(request)}, {}, deadline=deadline)
            frame = receive(self.link, most_bytes=limits.memory_bytes, deadline=deadline)
        except FrameError as error:
            late = time.monotonic() >= deadline
            frame, fault = None, "" if late else str(error)
        else:
            late, fault = False, ""
        if frame is None:
            reason = _cause(late, self.end(), fault, limits)
            return lambda: _refuse(reason), False
        values, arrays = frame
        if "refused" in values:
            reason, file = str(values["refused"])[:1000], str(values.get("file", ""))[:4096]
            return lambda: _refuse(reason, file), not values.get("retires")
        if "failed" in values:
            message = str(values["failed"])[:1000]
            return lambda: _fail(message), not values.get("retires")
        if not isinstance(values.get("values"), dict):
            self.end()
            return lambda: _refuse("the process that read it gave no sound answer"), False
        return lambda: (values["values"], arrays), not values.get("retires")

    def clean(self) -> None:
        """Remove the last file; a folder that is gone already is as clean."""
        with suppress(FileNotFoundError):
            for path in sorted(self.folder.iterdir()):
                path.unlink()

    def end(self) -> str:
        """End the process, whatever it is doing; return how it ended. A second call does nothing."""
        with suppress(OSError):
            self.link.shutdown(socket.SHUT_RDWR)  # wakes a thread that waits for it
        self.link.close()
        pid, self.pid = self.pid, 0
        return NURSERY.end(pid) if pid else ""


class _State:
    """The readers of a sandbox, apart from it so that they end when it is forgotten."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: set[_Reader] = set()
        self._free: list[_Reader] = []
        self._root: Path | None = None
        self._closed = False

    def _is_closed(self) -> bool:
        return self._closed

    def take(self) -> _Reader | None:
        with self._lock:
            return self._free.pop() if self._free else None

    def give_back(self, reader: _Reader) -> None:
        with self._lock:
            if not self._closed:
                self._free.append(reader)

    def add(self, make: Callable[[Path], _Reader]) -> _Reader:
        with self._lock:
            if self._closed:
                raise MaquetteError("the sandbox is closed: make another")
            if self._root is None:
                self._root = Path(tempfile.mkdtemp(prefix="maquette-"))
            folder = Path(tempfile.mkdtemp(dir=self._root))
        try:
            reader = make(folder)
        except MaquetteError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        with self._lock:
            self._all.add(reader)
            closed = self._is_closed()
        if closed:  # while the reader started
            self.end(reader)
            raise MaquetteError("the sandbox is closed: make another")
        return reader

    def end(self, reader: _Reader) -> None:
        reader.end()
        shutil.rmtree(reader.folder, ignore_errors=True)
        with self._lock:
            self._all.discard(reader)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            readers, self._all, self._free = list(self._all), set(), []
        for reader in readers:
            reader.end()
        if self._root is not None:
            shutil.rmtree(self._root, ignore_errors=True)


def _cause(late: bool, ended: str, fault: str, limits: Limits) -> str:
    if late:
        return f"took more than {limits.wall_seconds:g} s, the limit for a file: simplify it"
    if ended == "SIGXCPU":
        return f"took more than {limits.cpu_seconds:g} s of processor time, the limit for a file: simplify it"
    return (
        f"the process that read it died ({ended or fault or 'closed'}): the file is damaged, or needs more than "
        f"{in_bytes(limits.memory_bytes)} of memory"
    )


def _refuse(reason: str, file: str = "") -> _Answer:
    raise Refused(reason, file)


def _fail(message: str) -> _Answer:
    raise MaquetteError(message)
