"""The list of downloads: names that readers know, addresses that say https or http, no checksum of a wrong length."""

from __future__ import annotations

import re

import pytest

from maquette.data.datasets import DATASETS
from maquette.data.downloads import DOWNLOADS, get_download
from maquette.errors import UnknownNameError


@pytest.mark.parametrize("name", sorted(DOWNLOADS))
def test_an_entry_is_complete(name: str) -> None:
    download = get_download(name)
    assert download.name == name and download.dataset in DATASETS.names() and download.terms and download.layout
    assert len({file.name for file in download.files}) == len(download.files) > 0
    for file in download.files:
        assert all(re.fullmatch(r"https?://[\w.-]+/\S+", url) for url in file.urls)
        assert len(set(file.urls)) == len(file.urls)
        assert re.fullmatch(r"|[0-9a-f]{64}", file.sha256)
        assert all(re.fullmatch(r"[0-9a-f]{32}", value) for value in file.members.values())


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="unknown download 'shapenet': expected one of mnist3d, modelnet10"):
        get_download("shapenet")
