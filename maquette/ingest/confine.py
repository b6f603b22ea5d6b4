"""Takes from this process, for good, whatever reading one file does not need.

Each measure is tried by itself; what the system does not have is reported, not fatal. Order matters: the network and
the privileges first, for later measures take away the calls that they need.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

from maquette.errors import ConfigError
from maquette.ingest.landlock import restrict_files
from maquette.ingest.limits import Limits, in_bytes
from maquette.ingest.seccomp import filter_calls

__all__ = ["allow_cpu_seconds", "confine", "leave_network"]

_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000
_DEATH_SIGNAL, _DUMPABLE, _NO_NEW_PRIVILEGES = 1, 4, 38
_CAPABILITY_VERSION = 0x20080522
_ADDRESS_SLACK = 2 * 2**30
"""Address space beyond the memory limit: reserved, never filled parts of threads' stacks and heaps."""
_SYSTEM_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/dev/urandom")


def leave_network() -> str:
    """Move this process, and those it will start, into a network of their own that leads nowhere; say how."""
    libc = ctypes.CDLL(None, use_errno=True)
    for flags in (_NEW_NETWORK, _NEW_NETWORK | _NEW_USER):
        if hasattr(libc, "unshare") and libc.unshare(flags) == 0:
            return "a network namespace without interfaces"
    return "not enforced: the system allows no network namespace"


def confine(folder: Path, limits: Limits) -> dict[str, str]:
    """Leave this process its own memory, the Python it runs, and reading in `folder`; say what holds each limit."""
    os.chdir(folder)
    return {
        "memory": _attempt(lambda: _limit_memory(limits.memory_bytes)),
        "processor time": _attempt(lambda: allow_cpu_seconds(limits.cpu_seconds)),
        "file size": _attempt(_limit_files),
        "privileges": _attempt(_drop_privileges),
        "files": _attempt(lambda: restrict_files([folder, *_library_folders()])),
        "system calls": _attempt(filter_calls),
        "debugging": _attempt(lambda: _control(_DUMPABLE, 0, "no core dump, no debugger")),
    }


def allow_cpu_seconds(seconds: float) -> str:
    """Let this process use so much more processor time before the system kills it."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    until = int(usage.ru_utime + usage.ru_stime + seconds) + 1
    # The hard limit stays: what was lowered once could not be raised for the next file.
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    return f"RLIMIT_CPU: {seconds:g} s a file"


def _attempt(measure: Callable[[], str]) -> str:
    try:
        return measure()
    except (OSError, ValueError, AttributeError, ConfigError) as error:
        return f"not enforced: {error}"


def _limit_memory(extra: int) -> str:
    data, address = _held()
    if data:
        _lower(resource.RLIMIT_DATA, data + extra)
        _lower(resource.RLIMIT_AS, address + extra + _ADDRESS_SLACK)
        return f"RLIMIT_DATA: {in_bytes(extra)} beyond the {in_bytes(data)} of the libraries"
    _lower(resource.RLIMIT_DATA, extra + 2**30)
    return f"RLIMIT_DATA: {in_bytes(extra)} beyond 1 GiB"


def _held() -> tuple[int, int]:
    """Bytes of private memory and of address space that this process has; zeros where the system does not say."""
    with contextlib.suppress(OSError):
        status = Path("/proc/self/status").read_text(encoding="ascii")
        rows = dict(line.split(":", 1) for line in status.splitlines())
        return 1024 * int(rows["VmData"].split()[0]), 1024 * int(rows["VmSize"].split()[0])
    return 0, 0


def _limit_files() -> str:
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_CORE, 0)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # an error of the write, not the end of the process
    return "RLIMIT_FSIZE: nothing is written"


def _lower(what: int, value: int) -> None:
    hard = resource.getrlimit(what)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (value, value))


def _drop_privileges() -> str:
    _control(_NO_NEW_PRIVILEGES, 1, "")
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    nothing = (ctypes.c_uint32 * 6)()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.capset(ctypes.byref(header), ctypes.byref(nothing)) != 0:
        raise OSError(ctypes.get_errno(), "capabilities stay")
    # After the capabilities: whoever changes them loses this.
    _control(_DEATH_SIGNAL, signal.SIGKILL, "")
    return "no capabilities, none to be gained"


def _control(what: int, value: int, words: str) -> str:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(what, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return words


def _library_folders() -> list[Path]:
    """Where code lies that may still be imported: Python's own, installed packages, and packages imported so far."""
    paths = sysconfig.get_paths()
    folders = {Path(paths[name]).resolve() for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    folders |= {Path(name) for name in _SYSTEM_LIBRARIES}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and "." not in name and Path(file).name == "__init__.py":
            folders.add(Path(file).resolve().parent)
    return sorted(folders)
