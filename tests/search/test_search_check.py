from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from maquette.errors import InputError
from maquette.search import Engine
from maquette.search.check import check_collection


@pytest.fixture
def folder(engine: Engine, tree: Path) -> Path:
    engine.add_paths([tree / "bars", tree / "scans"])
    return engine.collection.folder


def test_a_whole_collection_has_nothing_to_say(folder: Path) -> None:
    report = check_collection(folder)
    assert (report.items, report.problems, report.remarks) == (4, (), ())


def test_what_is_no_collection(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no collection"):
        check_collection(tmp_path)


def test_another_models_weights(folder: Path, other_model: Path) -> None:
    shutil.rmtree(folder / "model")
    shutil.copytree(other_model, folder / "model")
    (problem,) = check_collection(folder).problems
    assert "holds representations of model" in problem


def test_a_vector_that_is_not_its_parts(folder: Path, engine: Engine) -> None:
    engine.collection.index.refresh()
    engine.collection.index.upsert(["long.off"], np.ones((1, 12)), parts={"mesh": np.eye(12)[:1]})
    (problem,) = check_collection(folder).problems
    assert "'long.off'" in problem
    assert "not the fusion" in problem


def test_a_damaged_table(folder: Path) -> None:
    for file in (folder / "items" / "items.lance" / "data").iterdir():
        file.write_bytes(file.read_bytes()[:50])
    (problem,) = check_collection(folder).problems
    assert "cannot read the collection" in problem


def test_files_and_pictures_that_are_gone_are_remarks(folder: Path, engine: Engine, tree: Path) -> None:
    (tree / "bars" / "long.off").unlink()
    engine.collection.thumbnail("blob.xyz").unlink()
    stranger = folder / "thumbnails" / "zz" / "stranger.png"
    stranger.parent.mkdir()
    stranger.write_bytes(b"")
    report = check_collection(folder)
    assert report.problems == ()
    assert [remark.split(":")[0] for remark in report.remarks] == [
        "item 'blob.xyz'",
        "item 'long.off'",
        f"1 pictures belong to no item, as {stranger}",
    ]
