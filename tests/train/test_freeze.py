"""A model's representations in place of files: the same vectors, the same objects, and a set that trains."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from maquette.data.datasets import DATASETS
from maquette.data.manifest import Manifest
from maquette.data.store import Store
from maquette.errors import FileError, UnknownNameError
from maquette.train.data import build_manifest, prepare_data
from maquette.train.evaluation import encode_run
from maquette.train.experiment import train
from maquette.train.freeze import freeze
from maquette.train.practice import practice
from tests.train.tiny import tiny_config, tiny_store


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    store = tiny_store(folder)
    config = tiny_config(data__prepared=str(folder / "prepared"), data__root=str(folder))
    return train(config, store, out=folder / "run").folder


@pytest.fixture(scope="module")
def store(run: Path) -> Store:
    return Store.open(run.parent / "prepared")


@pytest.fixture(scope="module")
def frozen(run: Path, store: Store) -> Manifest:
    return freeze(store, run.parent / "frozen", model=run / "model")


def test_vectors_are_the_models_representations(run: Path, frozen: Manifest) -> None:
    embedded, _, rows = encode_run(run, split="train")
    for modality, values in embedded.representations.items():
        for place, row in enumerate(rows.tolist()):
            files = frozen.files(frozen.items[row], modality)
            assert bool(files) == bool(embedded.present[modality][place])
            if files:
                np.testing.assert_allclose(np.load(files[0]), values[place], atol=1e-6)


def test_objects_splits_and_labels_stay(store: Store, frozen: Manifest) -> None:
    assert frozen.ids == store.ids
    assert frozen.class_names == store.class_names
    assert [item.split for item in frozen] == [item.split for item in store.manifest]
    assert frozen.labels().tolist() == store.labels().tolist()
    assert [item.true_label for item in frozen] == [item.true_label for item in store.manifest]
    assert frozen.source["frozen"]["data"] == store.manifest.digest


def test_a_second_call_keeps_what_is_there_and_another_model_is_refused(
    run: Path, store: Store, frozen: Manifest, tmp_path: Path
) -> None:
    before = {path: path.stat().st_mtime_ns for path in sorted(frozen.root.rglob("*"))}
    assert freeze(store, frozen.root, model=run / "model").digest == frozen.digest
    assert {path: path.stat().st_mtime_ns for path in sorted(frozen.root.rglob("*"))} == before
    other = train(
        tiny_config(data__prepared=str(store.folder), data__root=str(store.folder.parent), train__seed=1),
        store,
        out=tmp_path / "other",
    )
    with pytest.raises(FileError, match="another model"):
        freeze(store, frozen.root, model=other.model)


def test_some_modalities_alone_leave_the_files_of_the_others(run: Path, store: Store, tmp_path: Path) -> None:
    manifest = freeze(store, tmp_path / "part", model=run / "model", modalities=("pointcloud",))
    having = [item for item in store.manifest if item.paths.get("image")]
    by_id = {item.id: item for item in manifest}
    for item in having:
        assert by_id[item.id].paths["image"] == item.paths["image"]
        for path in item.paths["image"]:
            assert (manifest.root / path).read_bytes() == (store.manifest.root / path).read_bytes()
    with pytest.raises(UnknownNameError, match="sound"):
        freeze(store, tmp_path / "none", model=run / "model", modalities=("sound",))


def test_which_labels_the_model_saw_stands_beside_what_is_trained_on_it(
    run: Path, store: Store, tmp_path: Path
) -> None:
    config = tiny_config(method__name="mvi", train__epochs=1, data__prepared=str(store.folder))
    silent = train(config, store, out=tmp_path / "silent").model
    assert _labels_behind(freeze(store, tmp_path / "none", model=silent), tmp_path / "a") == "none"
    assert _labels_behind(freeze(store, tmp_path / "true", model=run / "model"), tmp_path / "b") == "true"


def _labels_behind(frozen: Manifest, prepared: Path) -> str:
    section = {"kind": "features", "encoder": "mlp", "prepare": {"size": 8}, "options": {"inputs": 8}}
    config = tiny_config(data__root=str(frozen.root), data__prepared=str(prepared), modalities={"image": section})
    prepare_data(config, frozen)
    return str(practice(config, Store.open(prepared))["encoders"]["image"]["labels"])


def test_a_frozen_set_is_a_data_set_that_trains(frozen: Manifest, tmp_path: Path) -> None:
    size = len(np.load(next(path for item in frozen for path in frozen.files(item, "image"))))
    section = {"kind": "features", "encoder": "mlp", "prepare": {"size": size}, "options": {"inputs": size}}
    config = tiny_config(
        data__name="frozen",
        data__root=str(frozen.root),
        data__prepared=str(tmp_path / "prepared"),
        modalities={"image": section, "pointcloud": section},
    )
    manifest = build_manifest(config)
    assert manifest.digest == frozen.digest
    prepare_data(config, manifest)
    assert train(config, Store.open(tmp_path / "prepared"), out=tmp_path / "run").finished


def test_a_folder_without_a_frozen_set_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="maquette data freeze"):
        DATASETS.build("frozen", root=tmp_path)
