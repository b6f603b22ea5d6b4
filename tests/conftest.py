"""What several rooms' tests share: one tiny demo, made once a session however many processes run the tests."""

from __future__ import annotations

import os
import time
from contextlib import nullcontext
from pathlib import Path

import pytest

from maquette.bench.demo import Update, run_demo


@pytest.fixture(scope="session")
def tiny_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished demo of four classes; treat it as read-only."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, done, lock = shared / "tiny demo", shared / "tiny-demo-done", shared / "tiny-demo-lock"
    try:
        os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        deadline = time.monotonic() + 600
        while not done.exists():
            assert time.monotonic() < deadline, "the process that makes the tiny demo did not finish"
            time.sleep(0.2)
        return folder

    def stage(name: str) -> nullcontext[Update]:
        return nullcontext(lambda made, total, note: None)

    run_demo(folder, stage=stage, size="tiny", workers=0)
    done.touch()
    return folder
