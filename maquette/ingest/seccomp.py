"""A filter of system calls: no sockets, no programs, no other processes, no writing, nothing that alters the system.

The kernel runs it before every call (https://docs.kernel.org/userspace-api/seccomp_filter.html). It is a list of what
is denied, on top of Landlock: a list of what is allowed would break with every other libc.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterator

__all__ = ["filter_calls", "program"]

# Name of the call: its number on x86-64 and on ARM 64, None where that has no such call.
_DENIED: dict[str, tuple[int | None, int | None]] = {
    # sockets
    "socket": (41, 198), "connect": (42, 203), "accept": (43, 202), "bind": (49, 200), "listen": (50, 201),
    "socketpair": (53, 199), "accept4": (288, 242),
    # programs and other processes
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281), "ptrace": (101, 117),
    "kill": (62, 129), "tkill": (200, 130), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "kcmp": (312, 272),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "setpriority": (141, 140),
    # files, other than reading them
    "creat": (85, None), "unlink": (87, None), "unlinkat": (263, 35), "rename": (82, None), "renameat": (264, 38),
    "renameat2": (316, 276), "mkdir": (83, None), "mkdirat": (258, 34), "rmdir": (84, None), "link": (86, None),
    "linkat": (265, 37), "symlink": (88, None), "symlinkat": (266, 36), "truncate": (76, 45), "mknod": (133, None),
    "mknodat": (259, 33), "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "chown": (92, None),
    "lchown": (94, None), "fchown": (93, 55), "fchownat": (260, 54), "utimensat": (280, 88), "setxattr": (188, 5),
    "open_by_handle_at": (304, 265), "memfd_create": (319, 279),
    # the system
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "unshare": (272, 97),
    "setns": (308, 268), "init_module": (175, 105), "finit_module": (313, 273), "bpf": (321, 280),
    "userfaultfd": (323, 282), "perf_event_open": (298, 241), "io_uring_setup": (425, 425), "keyctl": (250, 219),
    "add_key": (248, 217), "request_key": (249, 218), "shmget": (29, 194), "msgget": (68, 186), "mq_open": (240, 180),
}  # fmt: skip
_ABSENT: dict[str, tuple[int | None, int | None]] = {"clone3": (435, 435), "openat2": (437, 437)}
"""Answered as an old kernel does: their arguments lie in memory, which a filter cannot see; libc uses the others."""
_CLONE, _PRLIMIT, _TGKILL, _OPEN, _OPENAT = (56, 220), (302, 261), (234, 131), (2, None), (257, 56)

_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_ALLOW, _KILL, _FAIL = 0x7FFF0000, 0x80000000, 0x00050000
_X32 = 0x40000000
_CLONE_THREAD = 0x10000
_PR_SET_SECCOMP, _MODE_FILTER = 22, 2


def filter_calls() -> str:
    """Put the filter on this process and its threads for good; needs `no_new_privs`. Return in words what is denied."""
    machine = platform.machine()
    if machine not in _MACHINES:
        raise OSError(f"no table of system calls for {machine}")
    column, architecture = _MACHINES[machine]
    code = b"".join(program(column, architecture, os.getpid()))
    buffer = ctypes.create_string_buffer(code, len(code))
    pointer = ctypes.create_string_buffer(struct.pack("@HP", len(code) // 8, ctypes.addressof(buffer)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(pointer), 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return "seccomp: sockets, programs, processes, writing"


def program(column: int, architecture: int, own_pid: int) -> Iterator[bytes]:
    """The filter, one instruction of eight bytes after another."""
    yield _step(_LOAD, _ARCHITECTURE)
    yield _step(_EQUAL, architecture, 1, 0)
    yield _step(_RETURN, _KILL)
    yield _step(_LOAD, _NUMBER)
    if column == 0:
        yield _step(_AT_LEAST, _X32, 0, 1)
        yield _step(_RETURN, _FAIL | errno.EPERM)
    for numbers in _DENIED.values():
        if (number := numbers[column]) is not None:
            yield _step(_EQUAL, number, 0, 1)
            yield _step(_RETURN, _FAIL | errno.EPERM)
    for numbers in _ABSENT.values():
        if (number := numbers[column]) is not None:
            yield _step(_EQUAL, number, 0, 1)
            yield _step(_RETURN, _FAIL | errno.ENOSYS)
    # A thread is allowed, a process is not; limits and signals only of one's own.
    yield from _only_if(_CLONE[column], 0, _ANY_BIT, _CLONE_THREAD)
    yield from _only_if(_PRLIMIT[column], 0, _EQUAL, 0)
    yield from _only_if(_TGKILL[column], 0, _EQUAL, own_pid)
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
    for number, argument in ((_OPEN[column], 1), (_OPENAT[column], 2)):
        if number is not None:
            yield from _only_if(number, argument, _ANY_BIT, writing, holds=False)
    yield _step(_RETURN, _ALLOW)


def _only_if(number: int, argument: int, test: int, value: int, *, holds: bool = True) -> Iterator[bytes]:
    """Allow a call only where the lower half of an argument passes a test (or, not `holds`, fails it)."""
    yield _step(_EQUAL, number, 0, 4)
    yield _step(_LOAD, _FIRST_ARGUMENT + 8 * argument)
    yield _step(test, value, *((1, 0) if holds else (0, 1)))
    yield _step(_RETURN, _FAIL | errno.EPERM)
    yield _step(_RETURN, _ALLOW)


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)
