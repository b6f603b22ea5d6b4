"""What several rooms' tests share: one tiny demo, made once a session however many processes run the tests."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import nullcontext
from pathlib import Path

import pytest


def find_browser() -> str | None:
    """Where Chromium is; None: nowhere on the PATH."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((path for path in map(shutil.which, names) if path), None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that need a browser where there is none; the header of the run says so."""
    if find_browser() is None:
        left_out = [item for item in items if item.get_closest_marker("browser")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("browser")]


def pytest_report_header() -> str:
    """Which browser the page is tested in."""
    found = find_browser()
    return f"browser: {found}" if found else "browser: no Chromium on the PATH, so tests marked `browser` are left out"


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

    from maquette.bench.demo import Update, run_demo  # here: most tests need none of the many rooms that it needs

    def stage(name: str) -> nullcontext[Update]:
        return nullcontext(lambda made, total, note: None)

    run_demo(folder, stage=stage, size="tiny", workers=0)
    done.touch()
    return folder
