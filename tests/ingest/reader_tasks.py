"""Functions that readers run in the tests: good, bad, and wicked ones."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from maquette.errors import FileError, InputError, MaquetteError

Answer = tuple[dict[str, Any], dict[str, np.ndarray]]
_kept: list[np.ndarray] = []


def echo(request: dict[str, Any], folder: Path) -> Answer:
    names = sorted(path.name for path in folder.iterdir())
    values = {"request": request, "names": names, "pid": os.getpid(), "variables": sorted(os.environ)}
    return values, {"numbers": np.arange(request.get("n", 3))}


def hang(request: dict[str, Any], folder: Path) -> Answer:
    time.sleep(1000)
    return {}, {}


def burn(request: dict[str, Any], folder: Path) -> Answer:
    while True:
        pass


def eat(request: dict[str, Any], folder: Path) -> Answer:
    eaten = np.ones(request["bytes"], dtype=np.uint8)
    if request.get("keep"):
        _kept.append(eaten)
    return {"sum": int(eaten[::4096].sum())}, {}


def crash(request: dict[str, Any], folder: Path) -> Answer:
    ctypes.string_at(0)
    return {}, {}


def leave(request: dict[str, Any], folder: Path) -> Answer:
    os._exit(7)


def fail(request: dict[str, Any], folder: Path) -> Answer:
    raise {
        "file": FileError(folder / "x.txt", "two\nlines"),
        "input": InputError("odd"),
        "package": MaquetteError("needs a package"),
        "bug": IndexError("list index\nout of range"),
        "deep": RecursionError(),
        "memory": MemoryError(),
    }[request["how"]]


def takeover(request: dict[str, Any], folder: Path) -> Answer:
    """Write raw bytes to the program, as code that took the reader over could."""
    for number in range(3, 64):
        try:
            if socket.socket(fileno=os.dup(number)).send(bytes.fromhex(request["raw"])):
                break
        except OSError:
            continue
    time.sleep(1000 if request.get("wait") else 0.1)
    os._exit(0)


def escape(request: dict[str, Any], folder: Path) -> Answer:
    """Try to do what a reader must not; say what came of each."""
    outside, parent = Path(request["outside"]), int(request["parent"])
    attempts: dict[str, Callable[[], object]] = {
        "read own": lambda: (folder / "x.txt").read_text(),
        "read outside": outside.read_text,
        "read system": lambda: Path("/etc/passwd").read_text(),
        "read memory of the program": lambda: Path(f"/proc/{parent}/mem").read_bytes(),
        "read variables of the program": lambda: Path(f"/proc/{parent}/environ").read_bytes(),
        "list a folder": lambda: list(Path("/tmp").iterdir()),
        "write own": lambda: (folder / "y.txt").write_text("x"),
        "append own": lambda: os.open(folder / "x.txt", os.O_WRONLY | os.O_APPEND),
        "write outside": lambda: outside.write_text("x"),
        "remove": (folder / "x.txt").unlink,
        "remove outside": outside.unlink,
        "rename": lambda: (folder / "x.txt").rename(folder / "z.txt"),
        "make a folder": (folder / "d").mkdir,
        "make a link": lambda: (folder / "l").symlink_to("/etc"),
        "open a socket": socket.socket,
        "open a local socket": lambda: socket.socket(socket.AF_UNIX),
        "fork": os.fork,
        "run a program": lambda: subprocess.run(["/bin/true"], check=False),
        "signal the program": lambda: os.kill(parent, 0),
        "end the program": lambda: os.kill(parent, signal.SIGKILL),
        "limit the program": lambda: resource.prlimit(parent, resource.RLIMIT_CPU, (1, 1)),
        "raise a limit": lambda: resource.setrlimit(resource.RLIMIT_DATA, (2**60, 2**60)),
        "become another": lambda: os.setuid(12345),
        "memory file": lambda: os.memfd_create("x"),
        "start a thread": lambda: threading.Thread(target=int).start(),
        "import": lambda: __import__("wave"),
    }
    values = {}
    for name, attempt in attempts.items():
        try:
            attempt()
        except (OSError, ValueError) as error:
            values[name] = f"{type(error).__name__}"
        else:
            values[name] = "done"
    return values, {}


def frame_of(size: int) -> str:
    """The head of a frame that promises so many bytes, for `takeover`."""
    return struct.pack("<IQ", 2, size).hex() + b"{}".hex()
