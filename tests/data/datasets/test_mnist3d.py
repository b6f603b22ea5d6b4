"""The set on disk: what is in the files, that they stay the same, and that RONO's labels meet the right objects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from maquette.data.datasets import mnist3d
from maquette.data.noise import labels_from_file
from maquette.errors import ConfigError

RNG = np.random.default_rng(1)
IMAGES = {
    "train": RNG.integers(0, 256, (40, 28, 28)).astype(np.uint8),
    "test": RNG.integers(0, 256, (10, 28, 28)).astype(np.uint8),
}
LABELS = {"train": np.arange(40) % 10, "test": np.arange(10)}
NOISY = RNG.permutation(LABELS["train"])


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    arrays: dict[str, Any] = {
        f"{split}_{key}": part[split] for split in IMAGES for key, part in (("image", IMAGES), ("label", LABELS))
    }
    np.savez(tmp_path / "digits.npz", **arrays, train_noisy_label_60=NOISY)
    return tmp_path / "digits.npz"


def test_objects_are_the_sources_rows(archive: Path, tmp_path: Path) -> None:
    manifest = mnist3d(tmp_path / "set", source=archive, points=32)
    assert len(manifest) == 50
    by_id = {item.id: item for item in manifest}
    for split, row in (("train", 0), ("train", 37), ("test", 4)):
        item = by_id[f"{split}_{row:05d}"]
        assert (item.split, item.label, item.true_label) == (split, LABELS[split][row], LABELS[split][row])
        with Image.open(manifest.files(item, "image")[0]) as picture:
            np.testing.assert_array_equal(np.asarray(picture), IMAGES[split][row])
        cloud = np.load(manifest.files(item, "pointcloud")[0])
        assert (cloud.shape, cloud.dtype) == ((32, 3), np.float32)
    clouds = [np.load(manifest.files(item, "pointcloud")[0]) for item in manifest]
    assert len({cloud.tobytes() for cloud in clouds}) == 50


def test_noise_files_meet_their_rows_whatever_the_validation_split(archive: Path, tmp_path: Path) -> None:
    manifest = mnist3d(tmp_path / "set", source=archive, points=8, validation_fraction=0.25)
    assert len(manifest.rows("validation")) == 10
    learnt = [item for item in manifest if item.split != "test"]
    folder = tmp_path / "set" / "labels"
    noise = labels_from_file(
        np.array([item.label for item in learnt]),
        manifest.class_names,
        path=folder / "train_label_60.npy",
        true_path=folder / "train_ori_label.npy",
    )
    for item, given in zip(learnt, noise.labels, strict=True):
        assert given == NOISY[int(item.id.removeprefix("train_"))]


def test_a_second_call_keeps_the_files_and_mends_what_is_damaged(archive: Path, tmp_path: Path) -> None:
    first = mnist3d(tmp_path / "set", source=archive, points=8)
    victim = first.files(first.items[3], "pointcloud")[0]
    whole = victim.read_bytes()
    kept = first.files(first.items[4], "image")[0]
    stamp = kept.stat().st_mtime_ns
    assert mnist3d(tmp_path / "set", source=archive, points=8).digest == first.digest
    assert kept.stat().st_mtime_ns == stamp
    victim.write_bytes(b"damaged")
    assert mnist3d(tmp_path / "set", source=archive, points=8, workers=3).digest == first.digest
    assert victim.read_bytes() == whole


def test_frozen_vectors_instead_of_clouds(tmp_path: Path) -> None:
    vectors = {split: RNG.normal(size=(len(images), 7)) for split, images in IMAGES.items()}
    for split in IMAGES:
        np.save(tmp_path / f"{split}_img_feat.npy", IMAGES[split])
        np.save(tmp_path / f"{split}_pt_feat.npy", vectors[split])
        np.save(tmp_path / f"{split}_ori_label.npy", LABELS[split].astype(float))
    manifest = mnist3d(tmp_path / "set", source=tmp_path, clouds="features")
    item = next(item for item in manifest if item.id == "test_00002")
    np.testing.assert_array_equal(np.load(manifest.files(item, "pointcloud")[0]), vectors["test"][2].astype(np.float32))


def test_what_cannot_be_is_refused(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no features clouds: use clouds = 'lifted'"):
        mnist3d(tmp_path / "set", source=archive, clouds="features")
    with pytest.raises(ConfigError, match="turn_degrees 400"):
        mnist3d(tmp_path / "set", source=archive, turn_degrees=400.0)
    mnist3d(tmp_path / "set", source=archive, points=8)
    with pytest.raises(ConfigError, match=r"holds another data set \(it differs in points\)"):
        mnist3d(tmp_path / "set", source=archive, points=9)
