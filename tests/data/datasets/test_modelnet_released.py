"""RONO's and DAC's files: every vector and noisy label goes to its object, or nothing is taken."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

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
    listed = [f"{NAMES[row].split('/')[1]}.off" for row in (3, 1, 0, 2, 5, 4)]
    np.savez(tmp_path / "pc_crosspoint_test.npz", us=listed, feats=np.array([[3.0], [1], [0], [2], [5], [4]]))
    released = read_released(tmp_path, "test", names=NAMES, labels=LABELS, authors_order=ORDER)
    assert released.vectors["pointcloud"][:, 0].tolist() == [0, 1, 2, 3, 4, 5]
    np.savez(tmp_path / "pc_crosspoint_test.npz", us=listed[1:], feats=np.zeros((5, 1)))
    with pytest.raises(FileError, match="lacks 1 of 6 objects, first"):
        read_released(tmp_path, "test", names=NAMES, labels=LABELS, authors_order=ORDER)


LISTED = [f"{NAMES[row].split('/')[1]}.off" for row in (3, 1, 0, 2, 5, 4)]
ROWS = np.array([[3.0, -3], [1, -1], [0, 0], [2, -2], [5, -5], [4, -4]], dtype=np.float32)


@pytest.mark.parametrize(
    "feats",
    [
        torch.tensor(ROWS),
        list(torch.tensor(ROWS)),
        ROWS,
        list(ROWS.astype(np.float64)),
        ROWS.tolist(),
    ],
    ids=["tensor", "tensors", "array", "arrays", "numbers"],
)
def test_dacs_pickles_are_read_as_they_were_released(tmp_path: Path, feats: Any) -> None:
    torch.save({"us": LISTED, "feats": feats}, tmp_path / "pc_crosspoint_test.pt")  # noqa: TID251 (as it is released)
    released = read_released(tmp_path, "test", names=NAMES, labels=LABELS, authors_order=ORDER)
    np.testing.assert_array_equal(released.vectors["pointcloud"], np.arange(6)[:, None] * [1.0, -1.0])
    assert released.origin == {"pointcloud": "pc_crosspoint_test.pt"}
    assert np.ndarray not in torch.serialization.get_safe_globals(), "arrays are let in for the one file alone"


def test_arrays_pickled_by_numpy_1_are_read_too(tmp_path: Path) -> None:
    torch.save({"us": LISTED, "feats": ROWS}, tmp_path / "new.pt")  # noqa: TID251 (as it is released)
    with zipfile.ZipFile(tmp_path / "new.pt") as new, zipfile.ZipFile(tmp_path / "pc_crosspoint_test.pt", "w") as old:
        for name in new.namelist():
            old.writestr(name, new.read(name).replace(b"numpy._core.multiarray", b"numpy.core.multiarray"))
    assert b"numpy.core.multiarray" in (tmp_path / "pc_crosspoint_test.pt").read_bytes()
    released = read_released(tmp_path, "test", names=NAMES, labels=LABELS, authors_order=ORDER)
    assert released.vectors["pointcloud"][:, 0].tolist() == [0, 1, 2, 3, 4, 5]


class _Harmful:
    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("harmed"),)


def test_a_pickle_that_would_call_something_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "pc_crosspoint_test.pt"
    for content in (_Harmful(), {"us": LISTED, "feats": ROWS, "more": _Harmful()}):
        torch.save(content, path)  # noqa: TID251 (as it is released)
        with pytest.raises(FileError, match=r"holds more than names .* write numpy\.savez\('pc_crosspoint_test\.npz'"):
            read_released(tmp_path, "test", names=NAMES, labels=LABELS, authors_order=ORDER)
        assert not (tmp_path / "harmed").exists()
    whole = path.read_bytes()
    for damaged in (b"", b"text", b"\x80\x02junk", whole[:-200]):
        path.write_bytes(damaged)
        with pytest.raises(FileError, match=r"pc_crosspoint_test\.pt: is (damaged|no dict of us and feats)"):
            read_released(tmp_path, "test", names=NAMES, labels=LABELS, authors_order=ORDER)
    for other, reason in (({"us": LISTED}, "is no dict of us and feats"), ([1], "is no dict of us and feats")):
        torch.save(other, path)  # noqa: TID251 (as it is released)
        with pytest.raises(FileError, match=reason):
            read_released(tmp_path, "test", names=NAMES, labels=LABELS, authors_order=ORDER)
    torch.save({"us": LISTED[:5], "feats": ROWS}, path)  # noqa: TID251 (as it is released)
    with pytest.raises(FileError, match=r"holds 5 names and features of shape \(6, 2\): expected a row a name"):
        read_released(tmp_path, "test", names=NAMES, labels=LABELS, authors_order=ORDER)


def test_a_folder_without_any_of_them(tmp_path: Path) -> None:
    released = read_released(tmp_path, "train", names=NAMES, labels=LABELS, authors_order=ORDER)
    assert not released.vectors and not released.labels
