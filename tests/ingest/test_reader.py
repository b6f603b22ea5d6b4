"""A reader turns whatever a function raises into one line; its life as a process is in `test_sandbox.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

from maquette.errors import FileError
from maquette.ingest.limits import Limits
from maquette.ingest.reader import answer
from tests.ingest import reader_tasks


def said(task: str, tmp_path: Path, **request: object) -> dict[str, object]:
    given = {"function": f"{reader_tasks.__name__}:{task}", "request": request}
    return dict(answer(given, tmp_path, Limits())[0])


def test_an_answer_is_handed_on(tmp_path: Path) -> None:
    values = said("echo", tmp_path, n=2)["values"]
    assert isinstance(values, dict)
    assert values["request"] == {"n": 2}


def test_errors_become_one_line(tmp_path: Path) -> None:
    assert said("fail", tmp_path, how="file") == {"refused": "two lines", "file": str(tmp_path / "x.txt")}
    assert said("fail", tmp_path, how="input") == {"refused": "odd"}
    assert said("fail", tmp_path, how="package") == {"failed": "needs a package"}
    assert said("fail", tmp_path, how="bug") == {"refused": "IndexError: list index out of range"}


def test_too_little_memory_is_said_with_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = {"refused": "needs more memory than the limit of 1 GiB: simplify it or split it", "exhausted": True}
    assert said("fail", tmp_path, how="memory") == expected

    def swallowed(request: dict[str, object], folder: Path) -> None:
        raise FileError(folder / "a.obj", "needs more memory") from MemoryError()

    monkeypatch.setattr(reader_tasks, "echo", swallowed)
    assert said("echo", tmp_path) == {**expected, "file": str(tmp_path / "a.obj")}
