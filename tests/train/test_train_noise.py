"""Configured noise lands on training and validation objects only, in row order, and is part of what a run is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from maquette.config import NoiseConfig
from maquette.data.store import Store
from maquette.errors import CheckpointError, ConfigError, FileError
from maquette.train.experiment import train
from maquette.train.noise import noisy_store
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
