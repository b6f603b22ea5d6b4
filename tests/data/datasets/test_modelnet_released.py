"""RONO's and DAC's files: every vector and noisy label goes to its object, or nothing is taken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from maquette.data.datasets.modelnet_released import read_released
from maquette.errors import FileError

NAMES = tuple(f"kind/k_{n}" for n in range(6))
LABELS = np.array([0, 1, 2, 0, 1, 1])
ORDER = np.array([4, 5, 0, 1, 2, 3])  # row i of a released file is our row ORDER[i]


def _write(folder: Path) -> None:
    np.save(folder / "train_ori_label.npy", LABELS[ORDER].astype(np.float64))
    np.save(folder / "train_label_40.npy", (10.0 + ORDER))
    np.save(folder / "train_asy_label_20.npy", (20.0 + ORDER))
    np.save(folder / "train_pt_feat_small.npy", np.repeat(ORDER[:, None], 4, axis=1).astype(np.float64))
    np.save(folder / "train_mesh_feat.npy", -np.repeat(ORDER[:, None], 3, axis=1).astype(np.float64))


def test_rows_go_to_their_objects(tmp_path: Path) -> None:
    _write(tmp_path)
    released = read_released(tmp_path, "train", names=NAMES, labels=LABELS, authors_order=ORDER)
    assert released.labels["train_label_40"].tolist() == [10, 11, 12, 13, 14, 15]
    assert released.labels["train_asy_label_20"].tolist() == [20, 21, 22, 23, 24, 25]
    assert released.vectors["pointcloud"][:, 0].tolist() == [0, 1, 2, 3, 4, 5]
    assert released.vectors["mesh"].shape == (6, 3) and released.vectors["mesh"][:, 0].tolist() == [
        0,
        -1,
        -2,
        -3,
        -4,
        -5,
    ]
    assert released.origin == {"pointcloud": "train_pt_feat_small.npy", "mesh": "train_mesh_feat.npy"}


def test_another_order_is_refused_with_the_share_that_agrees(tmp_path: Path) -> None:
    _write(tmp_path)
    with pytest.raises(FileError, match=r"row 0 has label 1, our object has 0; 1 of 6 rows agree: expected all"):
        read_released(tmp_path, "train", names=NAMES, labels=LABELS, authors_order=np.arange(6))


def test_without_true_labels_the_order_cannot_be_checked(tmp_path: Path) -> None:
    _write(tmp_path)
    (tmp_path / "train_ori_label.npy").unlink()
    with pytest.raises(FileError, match="which the order of the rows is checked by"):
        read_released(tmp_path, "train", names=NAMES, labels=LABELS, authors_order=ORDER)


def test_files_of_another_size_are_refused(tmp_path: Path) -> None:
    _write(tmp_path)
    np.save(tmp_path / "train_mesh_feat.npy", np.zeros((5, 3)))
    with pytest.raises(FileError, match=r"shape \(5, 3\), expected features of 6 objects"):
        read_released(tmp_path, "train", names=NAMES, labels=LABELS, authors_order=ORDER)
    np.save(tmp_path / "train_mesh_feat.npy", np.zeros((6, 3)))
    np.save(tmp_path / "train_label_40.npy", np.full(6, 0.5))
    with pytest.raises(FileError, match="expected 6 whole numbers"):
        read_released(tmp_path, "train", names=NAMES, labels=LABELS, authors_order=ORDER)


def test_dacs_features_go_by_name(tmp_path: Path) -> None:
    (tmp_path / "pc_crosspoint_test.pt").write_bytes(b"")
    with pytest.raises(FileError, match=r"is a pickle, which is never opened: save it as \.npz"):
        read_released(tmp_path, "test", names=NAMES, labels=LABELS, authors_order=ORDER)
    listed = [f"{NAMES[row].split('/')[1]}.off" for row in (3, 1, 0, 2, 5, 4)]
    np.savez(tmp_path / "pc_crosspoint_test.npz", us=listed, feats=np.array([[3.0], [1], [0], [2], [5], [4]]))
    released = read_released(tmp_path, "test", names=NAMES, labels=LABELS, authors_order=ORDER)
    assert released.vectors["pointcloud"][:, 0].tolist() == [0, 1, 2, 3, 4, 5]
    np.savez(tmp_path / "pc_crosspoint_test.npz", us=listed[1:], feats=np.zeros((5, 1)))
    with pytest.raises(FileError, match="lacks 1 of 6 objects, first"):
        read_released(tmp_path, "test", names=NAMES, labels=LABELS, authors_order=ORDER)


def test_a_folder_without_any_of_them(tmp_path: Path) -> None:
    released = read_released(tmp_path, "train", names=NAMES, labels=LABELS, authors_order=ORDER)
    assert not released.vectors and not released.labels
