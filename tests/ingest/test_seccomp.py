"""The filter, run by a small interpreter here: what it denies, what it lets through, for both kinds of processor."""

from __future__ import annotations

import errno
import os
import struct

import pytest

from maquette.ingest.seccomp import filter_calls, program

ALLOW, KILL, FAIL = 0x7FFF0000, 0x80000000, 0x00050000
ARCHITECTURES = {0: 0xC000003E, 1: 0xC00000B7}
OWN_PID = 4321


def verdict(column: int, number: int, *arguments: int, architecture: int | None = None) -> int:
    """Run the filter on one call, as the kernel does."""
    steps = [struct.unpack("<HBBI", step) for step in program(column, ARCHITECTURES[column], OWN_PID)]
    padded = (*arguments, *[0] * (6 - len(arguments)))
    call = struct.pack("<IIQ6Q", number, architecture or ARCHITECTURES[column], 0, *padded)
    at, held = 0, 0
    while True:
        code, if_true, if_false, value = steps[at]
        at += 1
        match code:
            case 0x20:
                (held,) = struct.unpack_from("<I", call, value)
            case 0x06:
                return int(value)
            case 0x15 | 0x35 | 0x45:
                holds = {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[code]
                at += if_true if holds else if_false
            case _:
                raise AssertionError(f"no such instruction: {code:#x}")


@pytest.mark.parametrize(
    ("column", "calls"),
    [
        (0, {"read": 0, "mmap": 9, "futex": 202, "sendto": 44, "recvfrom": 45, "exit_group": 231, "getrandom": 318}),
        (1, {"read": 63, "mmap": 222, "futex": 98, "sendto": 206, "recvfrom": 207, "exit_group": 94, "getrandom": 278}),
    ],
)
def test_what_reading_needs_passes(column: int, calls: dict[str, int]) -> None:
    assert {name: verdict(column, number) for name, number in calls.items()} == dict.fromkeys(calls, ALLOW)


@pytest.mark.parametrize(
    ("column", "calls"),
    [
        (
            0,
            {
                "socket": 41,
                "connect": 42,
                "fork": 57,
                "execve": 59,
                "kill": 62,
                "ptrace": 101,
                "unlink": 87,
                "bpf": 321,
            },
        ),
        (1, {"socket": 198, "connect": 203, "execve": 221, "kill": 129, "ptrace": 117, "unlinkat": 35, "bpf": 280}),
    ],
)
def test_what_it_need_not_is_denied(column: int, calls: dict[str, int]) -> None:
    denied = FAIL | errno.EPERM
    assert {name: verdict(column, number) for name, number in calls.items()} == dict.fromkeys(calls, denied)


@pytest.mark.parametrize(
    ("column", "clone", "prlimit", "tgkill", "openat"), [(0, 56, 302, 234, 257), (1, 220, 261, 131, 56)]
)
def test_some_calls_depend_on_their_arguments(column: int, clone: int, prlimit: int, tgkill: int, openat: int) -> None:
    denied = FAIL | errno.EPERM
    assert verdict(column, clone, 0x10000 | 0x100) == ALLOW, "a thread"
    assert verdict(column, clone, 0x11) == denied, "a process"
    assert (verdict(column, prlimit, 0), verdict(column, prlimit, 1)) == (ALLOW, denied)
    assert (verdict(column, tgkill, OWN_PID), verdict(column, tgkill, 1)) == (ALLOW, denied)
    assert verdict(column, openat, 0, 0, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY) == ALLOW
    for flags in (os.O_WRONLY, os.O_RDWR, os.O_CREAT, os.O_TRUNC, os.O_APPEND | os.O_WRONLY):
        assert verdict(column, openat, 0, 0, flags) == denied
    assert verdict(column, 435) == FAIL | errno.ENOSYS, "clone3, whose arguments no filter sees"


def test_another_processor_s_calls_end_the_process() -> None:
    assert verdict(0, 0, architecture=0x40000003) == KILL
    assert verdict(0, 0x40000000) == FAIL | errno.EPERM, "the calls of x32"


def test_an_unknown_processor_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(OSError, match="no table of system calls for riscv64"):
        filter_calls()
