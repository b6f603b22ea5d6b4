"""ShapeDB69 is the compact arrays of that name, whatever else lies in the folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from maquette.data.datasets import shapedb69
from maquette.errors import FileError
from tests.data.datasets.packed_cases import write_compact


def test_it_takes_its_own_files(tmp_path: Path) -> None:
    write_compact(tmp_path / "packed", "shapedb69", objects=6, classes=3)
    write_compact(tmp_path / "packed", "modelnet40", kinds=("points",))
    manifest = shapedb69(tmp_path / "set", source=tmp_path / "packed", validation_fraction=0.5)
    assert (manifest.name, len(manifest), len(manifest.class_names)) == ("shapedb69", 12, 3)
    assert manifest.modalities == ("mesh", "pointcloud")
    assert len(manifest.rows("validation")) == 3
    assert sorted(manifest.source["digests"]) == [
        f"shapedb69_{kind}_{split}.npz" for kind in ("mesh4", "points16") for split in ("test", "train")
    ]


def test_without_its_files_it_says_what_is_there(tmp_path: Path) -> None:
    write_compact(tmp_path / "packed", "modelnet40", kinds=("points",))
    with pytest.raises(FileError, match="holds the compact arrays modelnet40, asked for 'shapedb69'"):
        shapedb69(tmp_path / "set", source=tmp_path / "packed")
