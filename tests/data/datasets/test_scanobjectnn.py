"""ScanObjectNN: its own class numbers, z up, and each variant from its own file."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from maquette.data.datasets import scanobjectnn
from maquette.errors import ConfigError, FileError
from tests.data.datasets.packed_cases import write_scanobjectnn


def test_class_numbers_become_sorted_names_and_points_stand_up(tmp_path: Path) -> None:
    points = write_scanobjectnn(tmp_path / "h5")
    manifest = scanobjectnn(tmp_path / "set", source=tmp_path / "h5")
    assert len(manifest) == 60 and manifest.class_names == tuple(sorted(manifest.class_names))
    by_id = {item.id: item for item in manifest}
    # In the files 10 is a bed and 14 a toilet.
    assert manifest.class_names[by_id["train_00010"].label] == "bed"
    assert manifest.class_names[by_id["test_00014"].label] == "toilet"
    cloud = np.load(manifest.files(by_id["train_00003"], "pointcloud")[0])
    np.testing.assert_array_equal(cloud, np.stack([points[3, :, 0], -points[3, :, 2], points[3, :, 1]], axis=1))


def test_variants(tmp_path: Path) -> None:
    write_scanobjectnn(tmp_path / "h5", variant="_augmentedrot_scale75", folder="main_split_nobg", each=3)
    manifest = scanobjectnn(tmp_path / "set", source=tmp_path / "h5", variant="hardest", background=False)
    assert len(manifest) == 90
    with pytest.raises(FileError, match="does not exist: expected ScanObjectNN's folder"):
        scanobjectnn(tmp_path / "other", source=tmp_path / "h5")
    with pytest.raises(ConfigError, match="variant 'easy': expected objects or hardest"):
        scanobjectnn(tmp_path / "other", source=tmp_path / "h5", variant="easy")


def test_damaged_files(tmp_path: Path) -> None:
    write_scanobjectnn(tmp_path / "h5")
    path = tmp_path / "h5" / "main_split" / "test_objectdataset.h5"
    with h5py.File(path, "r+") as file:
        file["label"][0] = 15
    with pytest.raises(FileError, match="labels 0 to 15: expected 0 to 14"):
        scanobjectnn(tmp_path / "set", source=tmp_path / "h5")
    path.write_bytes(b"no")
    with pytest.raises(FileError, match="is not one of ScanObjectNN's files"):
        scanobjectnn(tmp_path / "set", source=tmp_path / "h5")
