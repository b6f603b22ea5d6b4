"""The collection as the service holds it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from maquette.errors import InputError
from maquette.search import Engine
from maquette.serve.failures import Failure
from maquette.serve.library import Library


@pytest.fixture
def library(folder: Path, tmp_path: Path) -> Library:
    shutil.copytree(folder / "collection", tmp_path / "collection", ignore=shutil.ignore_patterns("service"))
    return Library(Engine.open(tmp_path / "collection"))


def test_a_question_is_asked_again_if_the_collection_was_written_meanwhile(library: Library) -> None:
    other = Engine.open(library.collection.folder)
    asked = []

    def ask() -> str:
        asked.append(1)
        if len(asked) == 1:
            other.collection.remove(["bars/long.off"])
            raise InputError("gone")
        return "found"

    assert library._steady(ask) == "found" and "bars/long.off" not in library.index
    with pytest.raises(InputError, match="never"):
        library._steady(lambda: (_ for _ in ()).throw(InputError("never")))


def test_files_are_given_out_only_from_where_the_item_lies(library: Library, tmp_path: Path) -> None:
    assert library.file("bars/long.off").name == "long.off"
    (entry,) = library.index.get(["bars/long.off"])
    (tmp_path / "root").mkdir()
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "root" / "link").symlink_to(tmp_path / "secret")
    for path in ("../secret", "link", "none"):
        library.index.upsert(
            ["x"], entry.vector[None], [{**entry.metadata, "root": str(tmp_path / "root"), "path": path}]
        )
        with pytest.raises(Failure, match="not there any more"):
            library.file("x")


def test_order_of_items(library: Library) -> None:
    ids = list(library.index.ids())
    by_size = library.sorted_by(ids, "points")
    assert by_size[0] == "scans/blob.xyz" and by_size[1:] == sorted(set(ids) - {"scans/blob.xyz"})
    assert [item.id for item in library.items(["bars/long.off", "gone"])] == ["bars/long.off"]
