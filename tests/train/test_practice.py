"""The facts beside a run: they follow from its configuration, its data, and the objects that were really measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from maquette.config import RunConfig
from maquette.data.datasets import wikipedia
from maquette.data.prepare import prepare
from maquette.data.store import Store
from maquette.modalities import FeaturesModality
from maquette.train.experiment import train
from maquette.train.practice import image_views, measured_objects, practice, what_it_saw
from tests.data.datasets.packed_cases import write_pairs
from tests.train.tiny import tiny_config, tiny_store


def _store(tmp_path: Path) -> Store:
    manifest = wikipedia(tmp_path / "set", source=write_pairs(tmp_path, classes=10))
    prepare(manifest, {"image": FeaturesModality(size=11), "text": FeaturesModality(size=12)}, tmp_path / "prepared")
    return Store.open(tmp_path / "prepared")


def test_what_made_the_features_is_what_the_data_set_says(tmp_path: Path) -> None:
    frozen = {"encoder": "mlp", "kind": "features"}
    config = RunConfig.from_mapping(
        {"modalities": {"image": frozen, "mesh": frozen, "text": {"encoder": "mlp", "weights": "w.safetensors"}}}
    )
    facts = practice(config, _store(tmp_path))
    assert facts["encoders"]["image"]["labels"] == "none"
    assert facts["encoders"]["mesh"]["labels"] == "undeclared"
    assert facts["encoders"]["text"]["name"] == "w.safetensors"
    assert facts["views"] == {}, "frozen features have no views"
    assert facts["listing"] == {"sorted": True}
    assert facts["epoch"]["split"] is None and facts["stopping"]["split"] is None


def test_objects_that_are_repeated_replaced_or_left_out_are_seen(tmp_path: Path) -> None:
    store = _store(tmp_path)
    rows = store.rows("test")
    whole = measured_objects(store, rows, split="test")
    assert whole == {"listed": 20, "measured": 20, "distinct": 20, "left_out": [], "replaced": []}
    foreign = store.rows("train")[0]
    found = measured_objects(store, np.array([foreign, rows[2], *rows[2:]]), split="test")
    assert (found["measured"], found["distinct"]) == (20, 19)
    assert found["left_out"] == [store.ids[row] for row in rows[:2]]
    assert found["replaced"] == [store.ids[foreign]]


def test_what_a_model_saw_is_what_its_run_and_those_before_it_saw(tmp_path: Path) -> None:
    store = tiny_store(tmp_path)
    silent = train(tiny_config(method__name="mvi", train__epochs=1), store, out=tmp_path / "silent").model
    assert what_it_saw(silent)["image"] == {"name": "a run of mvi", "trained_on": "tiny", "labels": "none"}
    noise = {"kind": "symmetric", "rate": 0.5}
    noisy = train(tiny_config(train__epochs=1, noise=noise), store, out=tmp_path / "noisy").model
    assert {saw["labels"] for saw in what_it_saw(noisy).values()} == {"given"}
    later = tiny_config(method__name="mvi", train__epochs=1, train__start=noisy)
    after = what_it_saw(train(later, store, out=tmp_path / "later").model)
    assert after["pointcloud"]["labels"] == "given", "a method without labels does not unsee them"


def test_views_of_frozen_images_are_those_of_the_configuration_that_made_them(tmp_path: Path) -> None:
    first = tmp_path / "first.toml"
    image = '[modalities.image]\nencoder = "resnet18"\nprepare = { views = 6, resolution = 32, train_views = 1 }\n'
    first.write_text(image)
    vectors = {"encoder": "mlp", "kind": "features"}

    def views(frozen: dict[str, object] | None, section: dict[str, str] = vectors) -> int | None:
        return image_views(RunConfig.from_mapping({"data": {"frozen": frozen}, "modalities": {"image": section}}))

    assert views({"config": first}) == 6
    assert views({"config": first, "modalities": ["image"], "changes": ["modalities.image.prepare.views=3"]}) == 3
    assert views({"config": first, "modalities": ["pointcloud"]}) is None
    assert views(None) is None, "vectors from elsewhere"
    assert views(None, {"encoder": "resnet18"}) == 4, "the default of pictures"
    assert image_views(RunConfig.from_mapping({"modalities": {"mesh": {"encoder": "meshnet"}}})) is None
