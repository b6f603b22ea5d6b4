"""Has the C library keep memory that is given back to it, so that the next large tensor need not be paged in anew.

glibc hands every large block (from 128 kB, later up to 32 MB) back to the system as soon as it is free: the next tensor
of that size then begins with a page fault every 4 kB. A training step frees and asks for the same hundreds of MB again
and again. The command line calls this at its start; a program that imports the package decides for itself.
"""

from __future__ import annotations

import ctypes
import os

__all__ = ["reuse_pages"]

# From glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4
_SET_BY_USER = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_MMAP_MAX_", "GLIBC_TUNABLES")


def reuse_pages() -> bool:
    """Keep freed memory for this process's next allocations; whether that took effect.

    No effect, and False, where the C library is not glibc (musl, macOS, Windows), where another allocator stands before
    it (LD_PRELOAD), or where the user has set the allocator's variables: then theirs hold. Memory that the process has
    once used stays with it until it ends.
    """
    if os.name != "posix" or os.environ.get("LD_PRELOAD") or any(name in os.environ for name in _SET_BY_USER):
        return False
    library = ctypes.CDLL(None)
    if not hasattr(library, "gnu_get_libc_version"):
        return False
    # Never a mapping of its own for a large block, and never give the end of the heap back.
    return bool(library.mallopt(_M_MMAP_MAX, 0)) and bool(library.mallopt(_M_TRIM_THRESHOLD, -1))
