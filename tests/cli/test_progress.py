"""Progress is a few plain lines on standard error where there is no terminal."""

from __future__ import annotations

import pytest

from maquette.cli import progress


def test_lines(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN_LINES", 0.0)
    with progress.stage("training") as update:
        update(1, 1200, "center 3.1")
        update(1200, 1200, "")
    out, err = capsys.readouterr()
    assert out == ""
    first, second, last = err.splitlines()
    assert first == "training ..."
    assert second == "  training: 1 of 1,200  center 3.1"
    assert last.startswith("  training: done, 1,200 in ")


def test_few_lines_for_many_updates(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.stage("reading") as update:
        for done in range(10_000):
            update(done, 10_000, "")
    assert len(capsys.readouterr().err.splitlines()) <= 4


def test_a_bar_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with progress.stage("reading") as update:
        update(3, 4, "note")
    assert "3/4" in capsys.readouterr().err
