"""A finished run is measured on a split; each number of views comes from the same passes."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from maquette.encoders import open_model
from maquette.errors import CheckpointError
from maquette.metrics import get_protocol
from maquette.train.evaluation import best_labels, encode_run, evaluate_embedded, evaluate_run
from maquette.train.experiment import train
from maquette.train.run import Run, build_modalities
from tests.train.tiny import tiny_config, tiny_store


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    store = tiny_store(folder)
    config = tiny_config(data__prepared=str(folder / "prepared"), data__root=str(folder))
    return train(config, store, out=folder / "run").folder


def test_every_object_is_encoded_as_the_model_encodes_it(run: Path) -> None:
    embedded, store, rows = encode_run(run, split="validation")
    assert rows.tolist() == store.rows("validation").tolist()
    model = open_model(run / "model")
    row = int(np.flatnonzero(embedded.present["image"])[0])
    pixels = store.arrays("image", rows[row : row + 1])["pixels"]

    inputs = build_modalities(Run.open(run).config)["image"].collate({"pixels": pixels})
    with torch.inference_mode():
        alone = model.encode_inputs("image", inputs).numpy()
    assert np.allclose(alone[0], embedded.representations["image"][row], atol=1e-5)
    assert np.allclose(embedded.views["image"][row].mean(0), embedded.representations["image"][row], atol=1e-6)


def test_all_pairs_at_each_number_of_views(run: Path) -> None:
    results = evaluate_run(run, split="train", protocol=get_protocol("clean"))
    assert list(results["views"]) == ["1", "2"], "two views were prepared: four cannot be reported"
    names = {f"{query}->{gallery}" for query in ("image", "pointcloud") for gallery in ("image", "pointcloud")}
    assert set(results["views"]["1"]) == names
    assert results["split"] == "train"
    assert results["run"]["identity"]


def test_labels_decide(run: Path) -> None:
    embedded, _, rows = encode_run(run, split="train")
    same = np.zeros(len(rows), dtype=np.int64)
    results = evaluate_embedded(embedded, same, protocol=get_protocol("clean"))
    assert all(pair["map"] == 1.0 for pair in results["views"]["1"].values())


def test_an_unfinished_run_is_refused(tmp_path: Path, run: Path) -> None:
    text = (run / "run.json").read_text().replace('"finished": true', '"finished": false')
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(CheckpointError, match="not finished"):
        evaluate_run(tmp_path, split="test", protocol=get_protocol("clean"))


def test_given_labels_stand_in_where_the_true_are_unknown(run: Path) -> None:
    _, store, rows = encode_run(run, split="validation")
    labels, known = best_labels(store, rows)
    assert known
    assert labels.tolist() == store.true_labels("validation").tolist()
    items = tuple(replace(item, true_label=None, label=2 - item.label) for item in store.manifest.items)
    unknown = replace(store, manifest=replace(store.manifest, items=items))
    labels, known = best_labels(unknown, rows)
    assert not known
    assert labels.tolist() == (2 - store.true_labels("validation")).tolist()


def test_run_and_data_can_be_moved_together(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = evaluate_run(run, split="validation", protocol=get_protocol("clean"))
    shutil.copytree(run.parent, tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path)
    moved = tmp_path / "elsewhere" / "run"
    assert Run.open(moved).prepared.resolve() == (tmp_path / "elsewhere" / "prepared").resolve()
    assert evaluate_run(moved, split="validation", protocol=get_protocol("clean"))["views"] == before["views"]
