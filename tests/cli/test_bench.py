"""`maquette bench`: a part is measured, reports of several calls become one, wrong words are one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from maquette.cli.app import app
from maquette.errors import UnknownNameError


def run(*words: str) -> str:
    done = CliRunner().invoke(app, ["bench", *words])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.stdout


def test_two_calls_make_one_report(tmp_path: Path) -> None:
    report = json.loads(run("--quick", "--only", "rdc_loss", "--out", str(tmp_path), "--json"))
    assert [row["name"] for row in report["rows"]] == ["rdc_loss"]
    text = run("--quick", "--only", "map", "--out", str(tmp_path))
    assert "map" in text and "times faster" in text
    kept = json.loads((tmp_path / "speed.json").read_text(encoding="utf-8"))
    assert [row["name"] for row in kept["rows"]] == ["rdc_loss", "map"]
    assert kept["rows"][0] == report["rows"][0]
    assert all(row["difference"] <= 1e-12 for row in kept["rows"])
    page = (tmp_path / "speed.md").read_text(encoding="utf-8")
    assert "| rdc_loss |" in page and "| map |" in page and "maquette bench --quick --threads 1" in page


def test_an_unknown_part_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="unknown part of the benchmark 'speed'"):
        run("--only", "speed")
