"""The program's side of the nursery: starts it at first need, asks it for readers, and starts another if it is lost."""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from maquette.errors import MaquetteError
from maquette.ingest.limits import Limits

__all__ = ["NURSERY", "Nursing"]

_START_SECONDS = 300.0
"""Importing takes seconds; on a busy machine with cold disks, minutes."""
_PROGRAM = "import sys; sys.path[:] = sys.argv[2:]; from maquette.ingest.nursery import main; main(int(sys.argv[1]))"
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""A process with threads must not fork; and readers share the cores already."""
_KEPT = frozenset({"LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "PATH", "TMPDIR", "TZ"})
"""Variables that the readers keep; secrets among the others stay in the program."""


class Nursing:
    """The one nursery of this process; may be used by any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._owner = 0
        self._left = False

    def fork(
        self, link: socket.socket, folder: Path, limits: Limits, modules: Sequence[str]
    ) -> tuple[int, dict[str, Any]]:
        """Start a reader that answers on `link`; return its process number and what the nursery says of itself."""
        order = {"order": "fork", "folder": str(folder), "limits": limits.as_json(), "modules": list(modules)}
        reply = self._ask(order, link.fileno())
        if "failed" in reply:
            raise MaquetteError(f"no reader can start: {reply['failed']}; `maquette doctor` says what is missing")
        return int(reply["pid"]), reply

    def end(self, pid: int) -> str:
        """End a reader and return how it ended, in words."""
        try:
            status = self._ask({"order": "end", "pid": pid}, None, restart=False).get("status")
        except MaquetteError:
            status = None
        if status is None:
            return "with the process that it came from"
        if os.WIFSIGNALED(status):
            return signal.Signals(os.WTERMSIG(status)).name
        return f"exit code {os.WEXITSTATUS(status)}"

    def stop(self) -> None:
        """End the nursery and all readers; another starts at the next need."""
        with self._lock:
            self._stop()

    def leave(self) -> None:
        """End the nursery for good, at once: who waits for it hears that it is lost."""
        self._left = True
        process = self._process
        if process is not None and self._owner == os.getpid():
            process.kill()
        self.stop()

    def _ask(self, order: Mapping[str, Any], descriptor: int | None, *, restart: bool = True) -> dict[str, Any]:
        with self._lock:
            for attempt in (1, 2):
                if self._owner != os.getpid():
                    # A copy made by fork: the nursery is that of the process it was copied from.
                    self._process, self._control = None, None
                try:
                    return self._exchange(order, descriptor)
                except (OSError, ValueError) as error:
                    self._stop()
                    if attempt == 2 or not restart or self._left:
                        raise MaquetteError(
                            f"the process that readers start from is lost ({error}): is the machine out of memory?"
                        ) from error
        raise AssertionError("the loop returns or raises")

    def _exchange(self, order: Mapping[str, Any], descriptor: int | None) -> dict[str, Any]:
        if self._left:
            raise OSError("the program is ending")
        if self._control is None:
            self._start()
        assert self._control is not None
        self._control.settimeout(_START_SECONDS)
        line = json.dumps(order).encode() + b"\n"
        if descriptor is None:
            self._control.sendall(line)
        else:
            sent = socket.send_fds(self._control, [line], [descriptor])
            self._control.sendall(line[sent:])
        text = b""
        while not text.endswith(b"\n"):
            part = self._control.recv(65_536)
            if not part:
                raise OSError("it has ended")
            text += part
        reply: dict[str, Any] = json.loads(text)
        return reply

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            environment = {name: value for name, value in os.environ.items() if name in _KEPT}
            environment |= dict.fromkeys(_ONE_THREAD, "1")
            self._process = subprocess.Popen(  # noqa: S603 - this very Python, with a program written above
                [sys.executable, "-I", "-c", _PROGRAM, str(theirs.fileno()), *map(os.path.abspath, sys.path)],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,  # an interruption at the terminal is for the program alone
            )
        self._control, self._owner = ours, os.getpid()

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None and self._owner == os.getpid():
            self._process.kill()
            self._process.wait()
        self._process, self._control = None, None


NURSERY = Nursing()
"""Shared by all sandboxes of the process; nothing runs before the first need."""

atexit.register(NURSERY.leave)
