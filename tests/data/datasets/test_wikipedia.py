"""Wikipedia, and that both papers' methods train and are measured on images and texts through the same path."""

from __future__ import annotations

from pathlib import Path

import pytest

from maquette.config import RunConfig, load_config
from maquette.data.datasets import wikipedia
from maquette.data.store import Store
from maquette.metrics import get_protocol
from maquette.train.data import build_manifest, prepare_data
from maquette.train.evaluation import evaluate_run
from maquette.train.experiment import train
from tests.data.datasets.packed_cases import write_pairs

CONFIGS = Path(__file__).parents[3] / "configs" / "wikipedia"


def test_a_validation_split_of_each_class(tmp_path: Path) -> None:
    manifest = wikipedia(tmp_path / "set", source=write_pairs(tmp_path, classes=10), validation_fraction=0.25)
    assert (manifest.name, len(manifest.class_names), manifest.modalities) == ("wikipedia", 10, ("image", "text"))
    assert [len(manifest.rows(split)) for split in ("train", "validation", "test")] == [90, 30, 20]


@pytest.mark.parametrize("method", ["cmcl", "rono", "cross_entropy"])
def test_the_shipped_configurations_learn_classes_that_can_be_told_apart(tmp_path: Path, method: str) -> None:
    values = load_config(CONFIGS / f"{method}.toml").to_json()
    values["data"] |= {"root": str(tmp_path / "set"), "prepared": str(tmp_path / "prepared")}
    values["data"]["options"] = {"source": str(write_pairs(tmp_path, classes=10))}
    for modality, size in (("image", 11), ("text", 12)):
        values["modalities"][modality]["prepare"] = {"size": size}
        values["modalities"][modality]["options"] |= {"inputs": size, "hidden": [32]}
    values["dimensions"] = 16
    values["noise"] = {"rate": 0.2}
    values["train"] |= {"epochs": 40, "batch_size": 30, "lr": 1e-2}
    config = RunConfig.from_mapping(values)
    prepare_data(config, build_manifest(config))
    run = train(config, Store.open(tmp_path / "prepared"), out=tmp_path / "run")
    results = evaluate_run(run.folder, split="test", protocol=get_protocol("clean"))
    found = results["views"]["1"]
    assert sorted(found) == ["image->image", "image->text", "text->image", "text->text"]
    # Chance is a tenth; these classes nearly part by themselves.
    assert min(found["image->text"]["map"], found["text->image"]["map"]) > 0.5
