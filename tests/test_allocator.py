"""Page reuse: the command line asks for it, importing the package does not, and it saves what it is there to save."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

import maquette.allocator as allocator

_ON_GLIBC = platform.libc_ver()[0] == "glibc"

_FAULTS = """
import resource, sys
import numpy as np
if sys.argv[1] == "reuse":
    from maquette.allocator import reuse_pages
    print(reuse_pages())
for _ in range(3):
    np.ones(8_000_000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    np.ones(8_000_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def _run(code: str, *words: str, **variables: str) -> list[str]:
    clean = {name: value for name, value in os.environ.items() if name not in allocator._SET_BY_USER}
    command = [sys.executable, "-c", code, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**clean, **variables})
    return done.stdout.split()


@pytest.mark.skipif(not _ON_GLIBC, reason="the settings are glibc's; elsewhere nothing may happen, see below")
def test_freed_memory_is_not_paged_in_again() -> None:
    (without,) = _run(_FAULTS, "leave")
    answer, with_reuse = _run(_FAULTS, "reuse")
    assert answer == "True"
    # 64 MB twenty times, a fault a page of 4 kB (or of 2 MB, where the system gives large ones): nearly all are saved.
    assert int(with_reuse) < 0.1 * int(without)


def test_what_the_user_has_set_holds() -> None:
    code = "from maquette.allocator import reuse_pages; print(reuse_pages())"
    assert _run(code, MALLOC_TRIM_THRESHOLD_="100000") == ["False"]


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in allocator._SET_BY_USER:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("maquette.allocator.ctypes.CDLL", lambda _name: object())
    assert allocator.reuse_pages() is False


def test_only_the_command_line_asks_for_it() -> None:
    code = "import sys, maquette, maquette.cli, maquette.encoders; print('maquette.allocator' in sys.modules)"
    assert _run(code) == ["False"]
    code = (
        "import maquette.allocator as a; asked = []; a.reuse_pages = lambda: asked.append(1)\n"
        "import sys; sys.argv = ['maquette', '--version']\n"
        "from maquette.cli import main\n"
        "try: main()\nexcept SystemExit: print(asked)"
    )
    assert _run(code)[-1] == "[1]"
