"""From a user's own tree of models to a trained, measured, resumable run, by commands alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from maquette.cli.app import app

CONFIG = """
dimensions = 8
[data]
name = "folder"
root = "{models}"
prepared = "{prepared}"
[data.options]
test = 0.3
[modalities.pointcloud]
encoder = "pointnet"
options = {{ channels = [8, 16] }}
prepare = {{ points_prepared = 64, points = 32 }}
[modalities.mesh]
encoder = "meshnet"
options = {{ width = 4 }}
prepare = {{ faces = 64 }}
[method]
name = "cross_entropy"
[train]
epochs = 2
batch_size = 6
optimizer = "adam"
device = "cpu"
workers = 0
"""


@pytest.fixture
def config(tiny_demo: Path, tmp_path: Path) -> Path:
    shutil.copytree(tiny_demo / "data" / "models", tmp_path / "models")
    path = tmp_path / "own.toml"
    path.write_text(CONFIG.format(models=tmp_path / "models", prepared=tmp_path / "prepared"))
    return path


def test_own_folder_to_figures(config: Path, tmp_path: Path) -> None:
    runner = CliRunner()
    run = tmp_path / "run"
    done = runner.invoke(app, ["train", str(config), "--out", str(run), "--workers", "0", "--json"])
    assert done.exit_code == 0, done.output + str(done.exception)
    assert (run / "model" / "config.json").is_file()
    measured = runner.invoke(app, ["evaluate", str(run), "--json"])
    assert measured.exit_code == 0, measured.output + repr(measured.exception)
    results = json.loads(measured.stdout)
    assert set(results["views"]["1"]) == {f"{a}->{b}" for a in ("mesh", "pointcloud") for b in ("mesh", "pointcloud")}
    text = runner.invoke(app, ["evaluate", str(run), "--protocol", "paper_cmcl"]).stdout
    assert text.startswith("mAP, protocol paper_cmcl")
    written = runner.invoke(app, ["embed", str(run), "--out", str(tmp_path / "reps"), "--json"])
    assert written.exit_code == 0, written.output + repr(written.exception)
    assert json.loads(written.stdout)["files"] == ["ids.json", "label.npy", "mesh_feat.npy", "pt_feat.npy"]
    from_files = runner.invoke(app, ["evaluate", "--features", str(tmp_path / "reps"), "--protocol", "paper_cmcl"])
    assert from_files.stdout == text
    looked = json.loads(runner.invoke(app, ["data", "inspect", str(tmp_path / "prepared"), "--json"]).stdout)
    assert looked["objects"] == 40
    assert looked["classes"] == {"bolt": 10, "chair": 10, "cup": 10, "house": 10}
    assert looked["present"]["mesh"] == 40
    for kind in ("curves", "tsne"):
        drawn = runner.invoke(app, ["plot", kind, str(run), "--out", str(tmp_path / f"{kind}.png")])
        assert drawn.exit_code == 0, drawn.output + str(drawn.exception)
        assert (tmp_path / f"{kind}.png").read_bytes().startswith(b"\x89PNG")


def test_changes_on_the_command_line_count(config: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app, ["train", str(config), "--out", str(tmp_path / "r"), "--workers", "0", "--set", "train.epochs=1"]
    )
    assert done.exit_code == 0, done.output + str(done.exception)
    assert json.loads((tmp_path / "r" / "run.json").read_text())["config"]["train"]["epochs"] == 1


def test_evaluate_reads_the_layout_of_released_features(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([0.0, 1.0, 2.0], 4)
    centers = np.eye(3, 5)[labels.astype(int)]
    for name in ("img_feat_1", "img_feat_2", "img_feat_4", "pt_feat", "mesh_feat"):
        np.save(tmp_path / f"{name}.npy", centers + 0.01 * rng.normal(size=(12, 5)))
    np.save(tmp_path / "label.npy", labels)
    done = CliRunner().invoke(app, ["evaluate", "--features", str(tmp_path), "--json"])
    results = json.loads(done.stdout)
    assert list(results["views"]) == ["1", "2", "4"]
    assert len(results["views"]["4"]) == 9
    assert all(pair["map"] == 1.0 for pairs in results["views"].values() for pair in pairs.values())
