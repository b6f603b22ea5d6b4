"""Written representations say all that was measured: scored from files they give the run's own table."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from maquette.cli.app import app
from maquette.errors import FileError
from maquette.metrics import PROTOCOLS, evaluate_features, get_protocol
from maquette.train.evaluation import encode_run, evaluate_run
from maquette.train.experiment import train
from maquette.train.representations import write_representations
from tests.train.tiny import tiny_config, tiny_store


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two modalities, two views, objects that lack one or the other."""
    folder = tmp_path_factory.mktemp("representations")
    store = tiny_store(folder)
    config = tiny_config(train__epochs=1, data__prepared=str(folder / "prepared"), data__root=str(folder))
    return train(config, store, out=folder / "run").folder


@pytest.mark.parametrize("protocol", sorted(PROTOCOLS))
def test_files_give_the_table_of_the_run(run: Path, tmp_path: Path, protocol: str) -> None:
    names = write_representations(run, tmp_path, split="train")
    assert names == ("ids.json", "img_feat_1.npy", "img_feat_2.npy", "label.npy", "pt_feat.npy")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    rules = get_protocol(protocol)
    own = evaluate_run(run, split="train", protocol=rules)
    assert evaluate_features(tmp_path, protocol=rules)["views"] == own["views"]


def test_rows_are_the_objects_of_the_split(run: Path, tmp_path: Path) -> None:
    write_representations(run, tmp_path, split="validation")
    embedded, store, rows = encode_run(run, split="validation")
    head = json.loads((tmp_path / "ids.json").read_text())
    assert head["ids"] == [store.ids[row] for row in rows]
    assert (head["split"], head["labels"], head["class_names"]) == ("validation", "true", list(store.class_names))
    assert head["run"]["identity"]
    np.testing.assert_array_equal(np.load(tmp_path / "label.npy"), store.true_labels("validation"))
    np.testing.assert_array_equal(np.load(tmp_path / "pt_feat.npy"), embedded.representations["pointcloud"])
    for name in ("image", "pointcloud"):
        assert head["lacking"].get(name, []) == np.flatnonzero(~embedded.present[name]).tolist()
    assert head["lacking"]


def test_onnxruntime_writes_the_same_up_to_rounding(run: Path, tmp_path: Path) -> None:
    plain, other = tmp_path / "torch", tmp_path / "onnxruntime"
    names = write_representations(run, plain, split="train")
    asked = ["embed", str(run), "--out", str(other), "--split", "train", "--backend", "onnxruntime"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    for name in (name for name in names if name.endswith("_feat.npy") or "_feat_" in name):
        expected, found = np.load(plain / name), np.load(other / name)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
        assert not np.array_equal(found, expected)  # it was another runtime that computed them


def test_nothing_of_an_earlier_call_is_left_and_nothing_of_others_is_touched(run: Path, tmp_path: Path) -> None:
    write_representations(run, tmp_path / "out", split="train")
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    np.save(tmp_path / "out" / "img_feat_4.npy", np.ones((30, 8)))
    write_representations(run, tmp_path / "out", split="train")
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "ids.json").write_text("[]")
    (tmp_path / "file").write_text("")
    for place in ("theirs", "file"):
        with pytest.raises(FileError, match="holds something else"):
            write_representations(run, tmp_path / place, split="train")
    assert (tmp_path / "theirs" / "ids.json").read_text() == "[]"
