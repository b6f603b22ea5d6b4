from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from maquette.index.lock import WriterLock

HOLDER = """
import sys
from pathlib import Path
from maquette.index.lock import WriterLock
with WriterLock(Path(sys.argv[1])).held():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_killed_holder_leaves_the_lock_free(tmp_path: Path) -> None:
    path = tmp_path / "writer.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        got: list[str] = []

        def wait() -> None:
            with WriterLock(path).held():
                got.append("mine")

        waiting = Thread(target=wait)
        waiting.start()
        waiting.join(0.2)
        assert got == [], "the child holds it"
        child.kill()
        waiting.join(10)
    assert got == ["mine"]


def test_threads_take_turns(tmp_path: Path) -> None:
    lock = WriterLock(tmp_path / "writer.lock")
    inside, worst = [0], [0]

    def work() -> None:
        for _ in range(50):
            with lock.held():
                inside[0] += 1
                worst[0] = max(worst[0], inside[0])
                inside[0] -= 1

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert worst == [1]


def test_an_error_inside_frees_the_lock(tmp_path: Path) -> None:
    lock = WriterLock(tmp_path / "writer.lock")
    with pytest.raises(ZeroDivisionError), lock.held():
        raise ZeroDivisionError
    with lock.held():
        pass


def test_taking_it_does_not_wait(tmp_path: Path) -> None:
    lock = WriterLock(tmp_path / "writer.lock")
    file = lock.take()
    assert file is not None
    assert WriterLock(lock.path).take() is None and lock.take() is None
    file.close()
    with WriterLock(lock.path).held():
        assert lock.take() is None
    again = lock.take()
    assert again is not None
    again.close()
