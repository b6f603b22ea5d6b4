"""The nursery starts at first need, forks fresh readers, buries dead ones, and is replaced when it is lost."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from maquette.errors import MaquetteError
from maquette.ingest.frames import receive, send
from maquette.ingest.limits import Limits
from maquette.ingest.nursing import Nursing
from tests.ingest import reader_tasks

MODULES = [reader_tasks.__name__]


@pytest.fixture
def nursing() -> Iterator[Nursing]:
    made = Nursing()
    yield made
    made.stop()


def test_a_reader_is_forked_and_buried(nursing: Nursing, tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            pid, said = nursing.fork(theirs, tmp_path, Limits(), MODULES)
        assert set(said) == {"pid", "network"}
        hello = receive(ours, most_bytes=0, deadline=time.monotonic() + 60)
        assert hello is not None
        assert hello[0]["enforced"]["processor time"] == "RLIMIT_CPU: 20 s a file"
        send(ours, {"function": f"{MODULES[0]}:echo", "request": {"n": 1}}, {})
        frame = receive(ours, most_bytes=100, deadline=time.monotonic() + 60)
        assert frame is not None
        assert frame[0]["values"]["pid"] == pid
    assert nursing.end(pid) in {"exit code 0", "SIGKILL"}


def test_a_lost_nursery_is_replaced(nursing: Nursing, tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        pid, _ = nursing.fork(theirs, tmp_path, Limits(), MODULES)
        assert nursing._process is not None
        os.kill(nursing._process.pid, signal.SIGKILL)
        nursing._process.wait()
        assert nursing.end(pid) == "with the process that it came from"
        again, _ = nursing.fork(theirs, tmp_path, Limits(), MODULES)
        assert again != pid
        assert nursing.end(again) == "SIGKILL"


def test_a_module_that_cannot_be_imported_is_said(nursing: Nursing, tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(MaquetteError, match=r"no reader can start: ModuleNotFoundError: .*not_there"):
        nursing.fork(theirs, tmp_path, Limits(), ["not_there"])


@pytest.mark.slow
def test_readers_end_with_the_program_however_it_ends(tmp_path: Path) -> None:
    script = (
        "import sys, time\n"  # no `if __name__ == '__main__'`: readers never import the program
        "from maquette.ingest import Limits, Sandbox\n"
        f"sandbox = Sandbox(Limits(), modules=['{MODULES[0]}'])\n"
        f"print(sandbox.run('{MODULES[0]}:echo', {{}})[0]['pid'], flush=True)\n"
        "time.sleep(1000)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=environment) as program:
        assert program.stdout is not None
        pid = int(program.stdout.readline())
        os.kill(pid, 0)
        program.kill()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and alive(pid):
        time.sleep(0.05)
    assert not alive(pid)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_a_program_that_ends_does_not_wait_for_imports(tmp_path: Path) -> None:
    nursing = Nursing()
    ours, theirs = socket.socketpair()
    with ours, theirs, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(nursing.fork, theirs, tmp_path, Limits(), ["tests.ingest.slow_module"])
        while nursing._process is None:
            time.sleep(0.01)
        begun = time.monotonic()
        nursing.leave()
        assert time.monotonic() - begun < 60, "the module takes 300 s to import"
        with pytest.raises(MaquetteError, match="is lost"):
            waiting.result()
        with pytest.raises(MaquetteError, match="the program is ending"):
            nursing.fork(theirs, tmp_path, Limits(), MODULES)
    assert nursing._process is None
