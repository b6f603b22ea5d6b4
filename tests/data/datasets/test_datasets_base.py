from __future__ import annotations

from pathlib import Path

import pytest

from maquette.data.datasets import DATASETS, folder
from maquette.errors import ConfigError, UnknownNameError


def test_data_sets_are_built_by_name(tmp_path: Path) -> None:
    assert {"folder", "workshop"} <= set(DATASETS.names())
    assert DATASETS.get("folder") is folder
    (tmp_path / "cup").mkdir()
    (tmp_path / "cup" / "a.off").touch()
    assert DATASETS.build("folder", root=tmp_path).ids == ("cup/a",)
    with pytest.raises(ConfigError, match=r"dataset 'folder'.*'colour'"):
        DATASETS.build("folder", root=tmp_path, colour="red")
    with pytest.raises(UnknownNameError, match=r"unknown dataset 'shelf': expected one of arrays, folder, frozen,"):
        DATASETS.build("shelf")
