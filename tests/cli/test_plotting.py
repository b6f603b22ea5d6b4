"""Figures by command: several runs in one picture; the rest is tested where a run is trained."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

import maquette.cli  # noqa: F401  (registers the commands)
from maquette.cli.app import app
from maquette.train.record import Record


def test_curves_of_several_runs(tmp_path: Path) -> None:
    for name in ("a", "b"):
        with Record(tmp_path / name, batches=0) as record:
            for batch in range(1, 30):
                record.add("train", batch, {"center": 100.0 / batch})
    out = tmp_path / "curves.png"
    done = CliRunner().invoke(app, ["plot", "curves", str(tmp_path / "a"), str(tmp_path / "b"), "--out", str(out)])
    assert done.exit_code == 0, done.output + str(done.exception)
    both = out.read_bytes()
    CliRunner().invoke(app, ["plot", "curves", str(tmp_path / "a"), "--out", str(out)])
    assert both.startswith(b"\x89PNG")
    assert out.read_bytes() != both
