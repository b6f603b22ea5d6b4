"""Configured noise lands on training and validation objects only, in row order, and is part of what a run is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maquette.config import NoiseConfig
from maquette.data.noise.instance import instance_dependent
from maquette.data.store import Store
from maquette.errors import CheckpointError, ConfigError, FileError
from maquette.train.experiment import train
from maquette.train.noise import make_noise, noise_for_split, noisy_store, split_rows
from tests.train.tiny import tiny_config, tiny_store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return tiny_store(tmp_path_factory.mktemp("noise"))


def test_rate_nothing_changes_nothing(store: Store) -> None:
    same, made = noisy_store(store, NoiseConfig())
    assert same is store
    assert made["realised_rate"] == 0.0


def test_symmetric_noise_keeps_the_truth_and_says_its_rate(store: Store) -> None:
    noisy, made = noisy_store(store, NoiseConfig(rate=0.5, seed=3))
    assert (noisy.labels() != noisy.true_labels()).sum() == 18
    assert made["realised_rate"] == 0.5
    np.testing.assert_array_equal(noisy.true_labels(), store.labels())
    again, made_again = noisy_store(store, NoiseConfig(rate=0.5, seed=3))
    assert made_again == made
    assert again.manifest.digest == noisy.manifest.digest != store.manifest.digest
    other, made_other = noisy_store(store, NoiseConfig(rate=0.5, seed=4))
    assert made_other["labels_digest"] != made["labels_digest"]
    assert other.manifest.files_digest == store.manifest.files_digest


def test_each_modality_may_have_its_own_noise(store: Store) -> None:
    options = {"modalities": ["pointcloud", "image"]}
    noisy, made = noisy_store(store, NoiseConfig(rate=0.5, seed=3, options=options))
    wrong = {name: noisy.modality_labels[name] != store.labels() for name in store.modalities}
    assert {name: int(where.sum()) for name, where in wrong.items()} == {"image": 18, "pointcloud": 18}
    assert (wrong["image"] != wrong["pointcloud"]).any(), "drawn once and used twice"
    assert made["realised_rate"] == 0.5
    assert made["modalities"] == ["image", "pointcloud"]
    np.testing.assert_array_equal(noisy.labels(), noisy.modality_labels["image"])
    np.testing.assert_array_equal(noisy.true_labels(), store.labels())
    again, made_again = noisy_store(store, NoiseConfig(rate=0.5, seed=3, options=options))
    assert made_again == made
    assert again.manifest.digest == noisy.manifest.digest


def test_a_modality_that_the_noise_does_not_name_keeps_its_labels(store: Store) -> None:
    noisy, _ = noisy_store(store, NoiseConfig(rate=0.5, options={"modalities": ["pointcloud"]}))
    np.testing.assert_array_equal(noisy.modality_labels["image"], store.labels())
    np.testing.assert_array_equal(noisy.labels(), noisy.modality_labels["pointcloud"])
    with pytest.raises(ConfigError, match="holds no modality 'smell'"):
        noisy_store(store, NoiseConfig(rate=0.5, options={"modalities": ["smell"]}))


def test_a_file_is_found_by_rate_and_belongs_to_rows(store: Store) -> None:
    folder = store.manifest.root / "labels"
    folder.mkdir(exist_ok=True)
    given = np.roll(store.labels(), 1)
    np.save(folder / "given_30.npy", given.astype(float))
    np.save(folder / "true.npy", store.labels())
    options = {"path": "labels/given_{percent}.npy", "true_path": "labels/true.npy"}
    noisy, made = noisy_store(store, NoiseConfig(kind="file", rate=0.3, options=options))
    np.testing.assert_array_equal(noisy.labels(), given)
    assert made["realised_rate"] == (given != store.labels()).mean()
    assert made["nominal_rate"] == 0.3
    with pytest.raises(FileError, match=r"given_70\.npy"):
        noisy_store(store, NoiseConfig(kind="file", rate=0.7, options=options))


def test_wrong_options_are_wrong_at_rate_nothing_too(store: Store) -> None:
    with pytest.raises(ConfigError, match="unknown option 'nosuch'"):
        noisy_store(store, NoiseConfig(options={"nosuch": 3}))
    with pytest.raises(ConfigError, match="class_map 'nowhere'"):
        noisy_store(store, NoiseConfig(kind="asymmetric", options={"class_map": "nowhere"}))


def test_kinds_that_take_no_rate_need_none(store: Store) -> None:
    folder = store.manifest.root / "labels"
    folder.mkdir(exist_ok=True)
    given = np.roll(store.labels(), 1)
    np.save(folder / "given.npy", given)
    noisy, made = noisy_store(store, NoiseConfig(kind="file", options={"path": "labels/given.npy"}))
    np.testing.assert_array_equal(noisy.labels(), given)
    assert made["realised_rate"] == (given != store.labels()).mean() > 0
    # Where the file is found by the rate, 0 is no noise, as in a table's column without any.
    same, _ = noisy_store(store, NoiseConfig(kind="file", options={"path": "labels/given_{percent}.npy"}))
    assert same is store
    classes = len(store.class_names)
    turned = (0.75 * np.eye(classes) + 0.25 * np.roll(np.eye(classes), 1, axis=1)).tolist()
    noisy, made = noisy_store(store, NoiseConfig(kind="class_dependent", options={"matrix": turned}))
    wrong = noisy.labels() != store.labels()
    assert made["realised_rate"] == 0.25
    np.testing.assert_array_equal(noisy.labels()[wrong], (store.labels()[wrong] + 1) % classes)
    with pytest.raises(ConfigError, match="path"):
        noisy_store(store, NoiseConfig(kind="file"))


def test_frozen_modalities_say_which_objects_look_alike(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    options: dict[str, Any] = {"representations": "frozen", "temperature": 0.01}
    noise = NoiseConfig(kind="instance_dependent", rate=0.25, options=options)
    with pytest.raises(ConfigError, match="no frozen modality"):
        noisy_store(store, noise)
    vectors = np.random.default_rng(0).normal(size=(len(store), 4))
    monkeypatch.setattr(Store, "arrays", lambda self, name, rows: {"features": vectors[rows]})
    noisy, made = noisy_store(store, noise)
    rows = split_rows(store.manifest, "train+validation")
    sides = [vectors[rows] * store.present(name)[rows, None] for name in store.modalities]
    units = [side / np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-12) for side in sides]
    wanted = instance_dependent(
        store.labels()[rows],
        store.class_names,
        representations=np.concatenate(units, axis=1),
        rate=0.25,
        seed=0,
        temperature=0.01,
    )
    assert (made["kind"], made["realised_rate"]) == ("instance_dependent", 0.25)
    np.testing.assert_array_equal(noisy.labels()[rows], wanted.labels)


def test_kinds_that_change_objects_and_unknown_maps_are_refused(store: Store) -> None:
    with pytest.raises(ConfigError, match="more than an object's label"):
        noisy_store(store, NoiseConfig(kind="pair", rate=0.5, options={"modality": "image"}))
    with pytest.raises(ConfigError, match="class_map 'nowhere'"):
        noisy_store(store, NoiseConfig(kind="asymmetric", rate=0.2, options={"class_map": "nowhere"}))


def test_a_run_records_its_noise_and_is_another_run_with_another(store: Store, tmp_path: Path) -> None:
    config = tiny_config(train__epochs=1, noise={"kind": "symmetric", "rate": 0.4})
    run = train(config, store, out=tmp_path / "run")
    written = json.loads((tmp_path / "run" / "run.json").read_text())
    assert written["noise"]["realised_rate"] == pytest.approx(14 / 36)
    assert len(written["noise"]["labels_digest"]) == 64
    assert "realised rate 0.3889" in (run.model / "README.md").read_text()
    with pytest.raises(CheckpointError, match="another configuration or other data"):
        train(tiny_config(train__epochs=1, noise={"rate": 0.4, "seed": 1}), store, out=tmp_path / "run")


def test_splits_are_joined_in_row_order(store: Store) -> None:
    both = split_rows(store.manifest, "train+validation")
    assert both.tolist() == sorted([*store.rows("train").tolist(), *store.rows("validation").tolist()])
    assert split_rows(store.manifest, "validation").tolist() == store.rows("validation").tolist()
    with pytest.raises(ConfigError, match="names a split twice"):
        split_rows(store.manifest, "train+train")
    with pytest.raises(ConfigError, match="split 'trial': expected one of"):
        split_rows(store.manifest, "train+trial")


def test_arrays_in_options_are_lists_or_files(store: Store, tmp_path: Path) -> None:
    labels, names = store.labels(), store.class_names
    matrix = [[0.8, 0.2, 0.0], [0.0, 1.0, 0.0], [0.0, 0.25, 0.75]]
    np.save(tmp_path / "matrix.npy", np.asarray(matrix))
    made = [
        make_noise(
            NoiseConfig(kind="class_dependent", rate=0.1, options={"matrix": given}),
            labels,
            class_names=names,
            root=tmp_path,
        )
        for given in (matrix, "matrix.npy")
    ]
    np.testing.assert_array_equal(made[0].labels, made[1].labels)
    assert made[0].rate == pytest.approx((round(0.2 * 12) + round(0.25 * 12)) / 36, abs=1 / 36)
    for bad, error in (("none.npy", FileError), ([[1.0], [0.0, 1.0]], ConfigError)):
        with pytest.raises(error, match=r"\.npy"):
            make_noise(
                NoiseConfig(kind="class_dependent", rate=0.1, options={"matrix": bad}),
                labels,
                class_names=names,
                root=tmp_path,
            )


@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_saved_noise_is_the_configured_noise(store: Store, tmp_path: Path, rate: float) -> None:
    """Written first or made on the spot: the same labels; the rate may be left out because the folder says it."""
    drawn = NoiseConfig(rate=0.5, seed=3)
    noise_for_split(store.manifest, drawn, split="train+validation", root=tmp_path).save(tmp_path / "saved")
    saved, made = noisy_store(store, NoiseConfig(kind="file", rate=rate, options={"folder": str(tmp_path / "saved")}))
    direct, _ = noisy_store(store, drawn)
    np.testing.assert_array_equal(saved.labels(), direct.labels())
    np.testing.assert_array_equal(saved.true_labels(), store.labels())
    assert (made["kind"], made["nominal_rate"], made["realised_rate"]) == ("symmetric", 0.5, 0.5)


def test_saved_noise_of_each_modality_is_the_configured_noise(store: Store, tmp_path: Path) -> None:
    drawn = NoiseConfig(rate=0.5, seed=3, options={"modalities": ["image", "pointcloud"]})
    noise_for_split(store.manifest, drawn, split="train+validation", root=tmp_path).save(tmp_path / "saved")
    saved, made = noisy_store(store, NoiseConfig(kind="file", options={"folder": str(tmp_path / "saved")}))
    direct, made_direct = noisy_store(store, drawn)
    for name, labels in direct.modality_labels.items():
        np.testing.assert_array_equal(saved.modality_labels[name], labels)
    assert made["modality_labels_digest"] == made_direct["modality_labels_digest"]


def test_saved_noise_touches_its_split_alone(store: Store, tmp_path: Path) -> None:
    noise_for_split(store.manifest, NoiseConfig(rate=0.5), split="train", root=tmp_path).save(tmp_path / "saved")
    noisy, _ = noisy_store(store, NoiseConfig(kind="file", options={"folder": str(tmp_path / "saved")}))
    np.testing.assert_array_equal(noisy.labels("validation"), store.labels("validation"))
    assert (noisy.labels("train") != store.labels("train")).sum() == 15


def test_saved_noise_of_other_objects_is_refused(store: Store, tmp_path: Path) -> None:
    options = {"folder": str(tmp_path)}
    config = NoiseConfig(kind="file", options=options)
    manifest = store.manifest
    noise_for_split(manifest, NoiseConfig(rate=0.5), split="train", root=tmp_path).save(tmp_path)
    with pytest.raises(ConfigError, match=r"noise.rate 0.4: .* was made at 0.5"):
        noisy_store(store, NoiseConfig(kind="file", rate=0.4, options=options))
    with pytest.raises(ConfigError, match="path: a folder says everything itself"):
        noisy_store(store, NoiseConfig(kind="file", options={**options, "path": "labels.npy"}))
    fewer = replace(store, manifest=replace(manifest, items=manifest.items[1:]))
    with pytest.raises(FileError, match="made for other objects"):
        noisy_store(fewer, config)
    relabelled = manifest.with_labels({item.id: (item.label + 1) % 3 for item in manifest.items}, source={})
    with pytest.raises(FileError, match="made for other labels"):
        noisy_store(replace(store, manifest=relabelled), config)
    labels = manifest.labels("train")
    make_noise(NoiseConfig(rate=0.5), labels, class_names=store.class_names, root=tmp_path).save(tmp_path)
    with pytest.raises(FileError, match="noise for split None"):
        noisy_store(store, config)


def test_noise_needs_objects(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no object in split 'test'"):
        noise_for_split(store.manifest, NoiseConfig(rate=0.5), split="test", root=tmp_path)
