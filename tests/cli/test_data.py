"""Data sets by command: named, prepared, looked at."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

import maquette.cli  # noqa: F401  (registers the commands)
from maquette.cli.app import app
from maquette.data.datasets import DATASETS


def test_every_data_set_is_listed_with_a_sentence() -> None:
    listed = json.loads(CliRunner().invoke(app, ["data", "list", "--json"]).stdout)
    assert tuple(listed) == DATASETS.names()
    assert all(len(sentence) > 20 for sentence in listed.values())


def test_prepare_skips_what_is_done_and_strict_says_what_was_refused(tmp_path: Path) -> None:
    models = tmp_path / "models" / "box"
    models.mkdir(parents=True)
    for number in range(3):
        corners = "0 0 0\n1 0 0\n0 1 0\n0 0 1\n"
        (models / f"{number}.off").write_text(f"OFF\n4 4 0\n{corners}3 0 2 1\n3 0 1 3\n3 1 2 3\n3 0 3 2\n")
    (models / "bad.off").write_text("OFF\n4 4 0\n")
    config = tmp_path / "c.toml"
    config.write_text(
        f'[data]\nname = "folder"\nroot = "{tmp_path / "models"}"\nprepared = "{tmp_path / "prepared"}"\n'
        '[modalities.pointcloud]\nencoder = "pointnet"\nprepare = { points_prepared = 32, points = 16 }\n'
    )
    done = CliRunner().invoke(app, ["data", "prepare", str(config), "--workers", "0", "--json"])
    assert done.exit_code == 0, done.output + str(done.exception)
    values = json.loads(done.stdout)
    assert (values["objects"], values["refused"]) == (4, 1)
    assert "bad.off" in done.stderr
    strict = CliRunner().invoke(app, ["data", "prepare", str(config), "--workers", "0", "--strict"])
    assert strict.exit_code == 1
