"""HDF5 files: rows, names, the up axis, and the order in which the authors' machine listed the files."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from maquette.data.datasets.modelnet_hdf5 import find_hdf5, read_hdf5, turn_up
from maquette.errors import FileError
from tests.data.datasets.packed_cases import authors_rows, write_hdf5


@pytest.mark.parametrize(
    ("classes", "files", "split", "order"),
    [
        (40, 5, "train", (3, 4, 0, 1, 2)),
        (40, 5, "test", (0, 1)),
        (10, 2, "train", (1, 0)),
        (10, 2, "test", (1, 0)),
    ],
)
def test_the_authors_order(tmp_path: Path, classes: int, files: int, split: str, order: tuple[int, ...]) -> None:
    listed = write_hdf5(tmp_path, classes=classes, files=files)[split]
    found = find_hdf5(tmp_path, classes)
    assert found is not None and found[1] == classes
    folder = found[0]
    part = read_hdf5(folder, split, classes)
    assert list(part.names) == listed
    assert [part.names[row] for row in part.authors_order] == authors_rows(listed, order)
    assert part.labels.tolist() == [int(name[4]) for name in listed]


def test_points_are_turned_to_z_up(tmp_path: Path) -> None:
    write_hdf5(tmp_path)
    folder = tmp_path / "modelnet40_ply_hdf5_2048"
    assert find_hdf5(folder, 40) == (folder, 40)
    with h5py.File(folder / "ply_data_train1.h5") as file:
        raw = np.asarray(file["data"])
    part = read_hdf5(folder, "train", 40)
    turned = part.points[3:6]
    np.testing.assert_array_equal(turned, np.stack([raw[..., 0], -raw[..., 2], raw[..., 1]], axis=-1))
    # A turn, not a mirror.
    assert np.linalg.det(turn_up(np.eye(3))) == pytest.approx(1.0)


def test_ten_classes_are_looked_for_in_their_own_files_first(tmp_path: Path) -> None:
    write_hdf5(tmp_path)
    forty = tmp_path / "modelnet40_ply_hdf5_2048"
    assert find_hdf5(tmp_path, 10) == find_hdf5(forty, 10) == (forty, 40)
    write_hdf5(tmp_path, classes=10, files=2)
    ten = tmp_path / "modelnet10_hdf5_2048"
    assert find_hdf5(tmp_path, 10) == find_hdf5(ten, 10) == (ten, 10)
    assert find_hdf5(tmp_path, 40) == (forty, 40)


def test_what_is_not_there_or_damaged(tmp_path: Path) -> None:
    assert find_hdf5(tmp_path, 40) is None
    write_hdf5(tmp_path)
    folder = tmp_path / "modelnet40_ply_hdf5_2048"
    listing = folder / "ply_data_train_0_id2file.json"
    names = listing.read_text()
    for text, reason in (("{}", "is no list"), ('["a"]', "1 names"), ("[", "cannot be read as the list")):
        listing.write_text(text)
        with pytest.raises(FileError, match=reason):
            read_hdf5(folder, "train", 40)
    listing.write_text(names)
    (folder / "ply_data_test0.h5").write_bytes(b"no")
    with pytest.raises(FileError, match="is not one of ModelNet's HDF5 files"):
        read_hdf5(folder, "test", 40)
    for path in folder.glob("ply_data_test*.h5"):
        path.unlink()
    with pytest.raises(FileError, match="holds no HDF5 file of test"):
        read_hdf5(folder, "test", 40)
