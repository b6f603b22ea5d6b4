"""Every source of digits gives the same arrays, and says what is wrong with one that is none."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maquette.data.datasets.digit_sources import PERCENTS, read_digits
from maquette.errors import FileError

RNG = np.random.default_rng(0)
IMAGES = {
    "train": RNG.integers(0, 256, (20, 28, 28)).astype(np.uint8),
    "test": RNG.integers(0, 256, (10, 28, 28)).astype(np.uint8),
}
LABELS = {"train": np.arange(20) % 10, "test": np.arange(10)}
VECTORS = {"train": RNG.normal(size=(20, 6)), "test": RNG.normal(size=(10, 6))}
NOISY = (np.arange(20) * 3) % 10


def rono_folder(folder: Path) -> Path:
    """Images as fractions and labels as float64, as released."""
    for split in ("train", "test"):
        np.save(folder / f"{split}_img_feat.npy", IMAGES[split] / 255)
        np.save(folder / f"{split}_pt_feat.npy", VECTORS[split])
        np.save(folder / f"{split}_ori_label.npy", LABELS[split].astype(np.float64)[:, None])
    np.save(folder / "train_label_40.npy", NOISY.astype(np.float64))
    return folder


def test_an_archive_and_ronos_files_hold_the_same(tmp_path: Path) -> None:
    arrays: dict[str, Any] = {
        f"{split}_{key}": part[split] for split in IMAGES for key, part in (("image", IMAGES), ("label", LABELS))
    }
    (tmp_path / "one").mkdir()
    np.savez(tmp_path / "one" / "digits.npz", **arrays, train_noisy_label_40=NOISY)
    np.savez(tmp_path / "one" / "other.npz", nothing=np.zeros(1))
    (tmp_path / "two").mkdir()
    _, first = read_digits(tmp_path / "one")
    _, direct = read_digits(tmp_path / "one" / "digits.npz")
    _, second = read_digits(rono_folder(tmp_path / "two"))
    for split in ("train", "test"):
        assert first[split].digest == direct[split].digest
        np.testing.assert_array_equal(first[split].images, IMAGES[split])
        np.testing.assert_array_equal(second[split].images, IMAGES[split])
        np.testing.assert_array_equal(second[split].labels, LABELS[split])
        np.testing.assert_array_equal(second[split].vectors, VECTORS[split].astype(np.float32))
    for found in (first, second):
        assert list(found["train"].noisy) == [40]
        np.testing.assert_array_equal(found["train"].noisy[40], NOISY)
        assert not found["test"].noisy


@pytest.mark.parametrize("source", ["datasets", "datasets/3D_MNIST"])
def test_ronos_test_features_lie_one_folder_deeper(tmp_path: Path, source: str) -> None:
    folder = tmp_path / "datasets" / "3D_MNIST"
    (folder / "3D_MNIST").mkdir(parents=True)
    rono_folder(folder)
    (folder / "test_pt_feat.npy").rename(folder / "3D_MNIST" / "test_pt_feat.npy")
    name, found = read_digits(tmp_path / source)
    assert name == "RONO's files"
    for split in ("train", "test"):
        np.testing.assert_array_equal(found[split].vectors, VECTORS[split].astype(np.float32))
        np.testing.assert_array_equal(found[split].labels, LABELS[split])
    np.testing.assert_array_equal(found["train"].noisy[40], NOISY)
    (folder / "3D_MNIST" / "test_pt_feat.npy").unlink()
    with pytest.raises(FileError, match=r"holds no test_pt_feat\.npy: expected features of both splits, or of neither"):
        read_digits(tmp_path / source)


def test_kaggles_files(tmp_path: Path) -> None:
    import h5py

    clouds = [RNG.normal(size=(5 + row, 3)) for row in range(12)]
    for split in ("train", "test"):
        with h5py.File(tmp_path / f"{split}_point_clouds.h5", "w") as file:
            for row in range(12):
                group = file.create_group(str(row))
                group["img"], group["points"] = IMAGES["train"][row] / 255, clouds[row]
                group.attrs["label"] = row % 10
    name, found = read_digits(tmp_path)
    assert name == "Kaggle's files"
    # Rows in the order of their numbers, not of their names: 2 before 10.
    np.testing.assert_array_equal(found["train"].images, IMAGES["train"][:12])
    assert [len(cloud) for cloud in found["train"].clouds] == [5 + row for row in range(12)]
    assert found["test"].labels.tolist() == [row % 10 for row in range(12)]


def test_the_stand_in_is_digits_with_noise_at_the_four_rates() -> None:
    _, found = read_digits(None)
    train, test = found["train"], found["test"]
    assert len(train.labels) + len(test.labels) == 1797
    assert set(test.labels.tolist()) == set(range(10))
    # A nearest-mean rule reads them: they are digits, with the right labels.
    means = np.stack([train.images[train.labels == digit].mean(axis=0) for digit in range(10)])
    nearest = ((test.images[:, None] - means) ** 2).sum(axis=(2, 3)).argmin(axis=1)
    assert (nearest == test.labels).mean() > 0.8
    assert {percent: round(100 * (train.noisy[percent] != train.labels).mean()) for percent in PERCENTS} == {
        20: 20,
        40: 40,
        60: 60,
        80: 80,
    }


def test_faults_name_the_file_and_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="neither a folder nor"):
        read_digits(tmp_path / "missing")
    with pytest.raises(FileError, match=r"0 archives with train_image"):
        read_digits(tmp_path)
    plain = BytesIO()
    np.save(plain, np.zeros(3))
    for content in (b"not an archive", b"", b"PK\x03\x04 cut short", plain.getvalue()):
        (tmp_path / "bad.npz").write_bytes(content)
        with pytest.raises(FileError, match=r"bad\.npz: is no archive of digits"):
            read_digits(tmp_path / "bad.npz")
        with pytest.raises(FileError, match=r"bad\.npz: is no archive of arrays: remove it, or name"):
            read_digits(tmp_path)
    folder = tmp_path / "rono"
    folder.mkdir()
    rono_folder(folder)
    np.save(folder / "train_ori_label.npy", LABELS["train"] + 1)
    with pytest.raises(FileError, match="20 labels for 20 images, expected as many, from 0 to 9"):
        read_digits(folder)
