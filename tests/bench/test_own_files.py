"""A folder without the papers' own files is refused before anything is prepared, by what it lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from maquette.bench.own_files import check_modelnet
from maquette.bench.reproduce import TABLES, reproduce
from maquette.data.datasets.modelnet_files import IMAGES, MESHES
from maquette.errors import FileError
from tests.bench.test_rows import stage
from tests.data.datasets.packed_cases import write_hdf5

CONFIGS = Path(__file__).parents[2] / "configs"


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=f"lacks modelnet40's HDF5 files .clouds., {IMAGES} .renders., {MESHES}"):
        check_modelnet(tmp_path, classes=40, meshes=True)
    write_hdf5(tmp_path)
    (tmp_path / IMAGES).mkdir()
    check_modelnet(tmp_path, classes=40, meshes=False)
    with pytest.raises(FileError, match=f"lacks {MESHES} .meshes.: size full takes CMCL's layout"):
        check_modelnet(tmp_path, classes=40, meshes=True)
    with pytest.raises(FileError, match="lacks modelnet10's HDF5 files"):
        check_modelnet(tmp_path, classes=10, meshes=False)
    (tmp_path / MESHES).mkdir()
    check_modelnet(tmp_path, classes=40, meshes=True)
    (tmp_path / "modelnet40_points1024_train.npz").touch()
    with pytest.raises(FileError, match="holds compact arrays beside"):
        check_modelnet(tmp_path, classes=40, meshes=True)


@pytest.mark.parametrize("name", ["cmcl/T1", "cmcl/T4", "cmcl/fig3", "cmcl/fig5", "rono/symmetric", "rono/asymmetric"])
def test_full_tables_of_compact_arrays_begin_nothing(tmp_path: Path, name: str) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "modelnet40_points1024_train.npz").touch()
    table = TABLES[name](size="full", configs=CONFIGS, data=data)
    with pytest.raises(FileError, match="lacks modelnet"):
        reproduce(table, whole=table, out=tmp_path / "out", scratch=tmp_path / "scratch", stage=stage, size="full")
    assert sorted(tmp_path.iterdir()) == [data]
