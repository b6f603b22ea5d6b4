from __future__ import annotations

import re
import sys
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


_MADE_HERE = {"arrays", "folder", "frozen", "workshop"}


@pytest.mark.parametrize("name", [name for name in DATASETS.names() if name not in _MADE_HERE])
def test_a_published_set_says_where_it_is_from_and_on_what_terms(name: str) -> None:
    text = sys.modules[DATASETS.get(name).__module__].__doc__ or ""
    rows = {row[0].strip(): row[1].strip() for row in re.findall(r"^\| (\w[^|]*)\|([^|]*)", text, re.MULTILINE)}
    assert len(rows.get("source") or rows["sources"]) > 20 and len(rows["licence"]) > 10
    assert len(rows.get("checksums", "")) > 10 or re.search(r"MD5 .*\n\n +\w+ [0-9a-f]{32}", text)
