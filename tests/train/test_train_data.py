"""Frozen modalities are made by one configuration for another: once, from the same data, and without labels."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from maquette.config import RunConfig, load_config
from maquette.data.store import Store
from maquette.encoders import open_model
from maquette.errors import ConfigError
from maquette.train.data import build_manifest, prepare_data
from maquette.train.experiment import train

_REPRESENTATIONS = """
dimensions = 6
[modalities.image]
encoder = "mnist_cnn"
prepare = { views = 1, resolution = 28, train_views = 1, augmentation = "handwriting" }
options = { channels = [2, 2], hidden = [4] }
[modalities.pointcloud]
encoder = "pointnet"
prepare = { points_prepared = 16, points = 8, augmentation = "handwriting" }
options = { channels = [4], hidden = [4] }
[method]
name = "mvi"
[train]
epochs = 1
batch_size = 10
workers = 0
device = "cpu"
"""


def _config(folder: Path, **changes: str) -> RunConfig:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (30, 28, 28)).astype(np.uint8)
    labels = np.arange(30) % 10
    np.savez(folder / "digits.npz", train_image=images, train_label=labels, test_image=images, test_label=labels)
    (folder / "representations.toml").write_text(_REPRESENTATIONS)
    (folder / "own.toml").write_text(f"""
dimensions = 5
[data]
name = "mnist3d"
root = {json.dumps(str(folder / "set"))}
prepared = {json.dumps(str(folder / "prepared"))}
options = {{ source = {json.dumps(str(folder / "digits.npz"))}, points = 16 }}
frozen = {{ config = "representations.toml", modalities = ["pointcloud"] }}
[modalities.image]
encoder = "mnist_cnn"
prepare = {{ views = 1, resolution = 28, train_views = 1, augmentation = "none" }}
options = {{ channels = [2, 2], hidden = [4] }}
[modalities.pointcloud]
kind = "features"
encoder = "mlp"
prepare = {{ size = 6 }}
options = {{ inputs = 6 }}
[method]
name = "cross_entropy"
[noise]
rate = 0.4
[train]
epochs = 1
batch_size = 10
workers = 0
device = "cpu"
""")
    return load_config(folder / "own.toml", [f"{name}={value}" for name, value in changes.items()])


def test_a_configuration_trains_on_what_another_one_froze(tmp_path: Path) -> None:
    config = _config(tmp_path)
    manifest = build_manifest(config)
    prepare_data(config, manifest)
    store = Store.open(config.data.prepared)
    run = train(config, store, out=tmp_path / "run")
    assert open_model(run.model).specs["pointcloud"].encoder == "mlp"
    frozen = manifest.source["frozen"]
    assert frozen["model"] == open_model(tmp_path / "set" / "run" / "model").fingerprint
    assert frozen["modalities"] == ["pointcloud"]
    vectors = store.arrays("pointcloud", store.rows("test"))["features"]
    assert vectors.shape == (30, 6)
    assert np.ptp(vectors, axis=0).max() > 0
    assert not (tmp_path / "set" / "run" / "checkpoint.safetensors").exists()

    # Told twice, nothing is trained or written again.
    before = {path: path.stat().st_mtime_ns for path in sorted((tmp_path / "set").rglob("*")) if path.is_file()}
    assert build_manifest(config).digest == manifest.digest
    after = {path: path.stat().st_mtime_ns for path in sorted((tmp_path / "set").rglob("*")) if path.is_file()}
    written = {path.relative_to(tmp_path / "set").as_posix() for path in before if after[path] != before[path]}
    assert written <= {"arrays/store.json", "arrays/manifest.json"}, "the store's lists alone, with the same content"


def test_the_other_configuration_is_found_beside_this_one_and_can_be_changed(tmp_path: Path) -> None:
    config = _config(tmp_path, **{"data.frozen.changes": '["dimensions=3"]', "modalities.pointcloud.prepare.size": "3"})
    assert config.data.frozen is not None
    assert config.data.frozen.config == tmp_path / "representations.toml"
    manifest = build_manifest(config)
    (path,) = manifest.files(manifest.items[0], "pointcloud")
    assert np.load(path).shape == (3,)


def test_representations_with_noise_of_their_own_are_refused(tmp_path: Path) -> None:
    config = _config(tmp_path, **{"data.frozen.changes": '["noise.rate=0.2"]'})
    with pytest.raises(ConfigError, match="expected neither"):
        build_manifest(config)


def test_an_unknown_key_of_frozen_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"unknown key 'data\.frozen\.modality'.*changes, config, modalities"):
        _config(tmp_path, **{"data.frozen.modality": "mesh"})
