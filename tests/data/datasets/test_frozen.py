"""The reader of a frozen set: what stands in its manifest, and what it says where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from maquette.data.datasets.frozen import frozen
from maquette.data.manifest import Item, Manifest
from maquette.errors import FileError


def test_the_manifest_is_read_from_wherever_the_folder_is(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    written = Manifest("set", tmp_path / "here", ("a",), (Item("x", "train", 0, 0, {"image": ("x.npy",)}),))
    written.save(tmp_path / "here" / "manifest.json")
    (tmp_path / "here").rename(tmp_path / "there")
    seen: list[tuple[int, int]] = []
    read = frozen(tmp_path / "there", on_progress=lambda done, total: seen.append((done, total)))
    assert read.digest == written.digest
    assert read.files(read.items[0], "image") == ((tmp_path / "there" / "x.npy").absolute(),)
    assert seen == [(1, 1)]


def test_a_folder_without_one_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"manifest\.json.*maquette data freeze"):
        frozen(tmp_path)
