"""Unpacking: files are written once and mended, links hold, splits are drawn by hash, labels meet their rows."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from maquette.data.datasets.unpack import Packed, array_bytes, divide, file_digest, link, unpack, write_labels
from maquette.data.manifest import Manifest
from maquette.errors import ConfigError, FileError


def _objects(count: int = 4) -> list[Packed]:
    return [
        Packed(f"o{n}", "test" if n == 0 else "train", n % 2, {"pointcloud": (f"c/o{n}.npy", partial(_bytes, n))})
        for n in reversed(range(count))
    ]


def _bytes(number: int) -> bytes:
    return array_bytes(np.full((3, 3), float(number)))


def _set(root: Path, **recipe: int) -> Manifest:
    return unpack(root, name="set", class_names=("a", "b"), objects=_objects(), recipe=recipe)


def test_what_is_there_is_kept_and_what_is_damaged_is_mended(tmp_path: Path) -> None:
    first = _set(tmp_path, size=1)
    assert first.ids == ("o0", "o1", "o2", "o3")
    assert first.knows_true_labels
    stamp = (tmp_path / "c" / "o2.npy").stat().st_mtime_ns
    assert _set(tmp_path, size=1).digest == first.digest
    assert (tmp_path / "c" / "o2.npy").stat().st_mtime_ns == stamp
    (tmp_path / "c" / "o2.npy").write_bytes(b"damaged")
    (tmp_path / "c" / "o3.npy").unlink()
    assert _set(tmp_path, size=1).digest == first.digest
    assert np.load(tmp_path / "c" / "o2.npy")[0, 0] == 2.0


def test_a_folder_with_something_else_is_refused(tmp_path: Path) -> None:
    _set(tmp_path, size=1)
    with pytest.raises(ConfigError, match=r"holds another data set \(it differs in size\)"):
        _set(tmp_path, size=2)


def test_labels_that_nobody_vouches_for(tmp_path: Path) -> None:
    packed = Packed("a", "train", 0, {"pointcloud": ("a.npy", partial(_bytes, 1))}, is_true=False)
    manifest = unpack(tmp_path, name="set", class_names=("a",), objects=[packed], recipe={})
    assert manifest.items[0].true_label is None


def test_a_link_stands_for_a_folder(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    assert link(tmp_path / "root", "images", tmp_path / "one") == "images"
    packed = Packed("a", "train", 0, links={"image": ("images/file",)})
    manifest = unpack(tmp_path / "root", name="set", class_names=("a",), objects=[packed], recipe={})
    assert manifest.items[0].checksums == {"images/file": file_digest(tmp_path / "one" / "file")}
    link(tmp_path / "root", "images", tmp_path / "two")
    assert (tmp_path / "root" / "images" / "file").read_text() == "two"
    (tmp_path / "root" / "own").mkdir()
    with pytest.raises(ConfigError, match="is no link to"):
        link(tmp_path / "root", "own", tmp_path / "one")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="No such file"):
        file_digest(tmp_path / "none")


def test_validation_objects_are_drawn_within_each_class() -> None:
    ids = [f"{kind}{n}" for kind in "ab" for n in range(10)]
    labels = {name: "ab".index(name[0]) for name in ids}
    splits = {name: "test" if name.endswith("9") else "train" for name in ids}
    drawn = divide(splits, labels, validation_fraction=1 / 3, seed=0)
    for kind in "ab":
        of_kind = [split for name, split in drawn.items() if name[0] == kind]
        assert [of_kind.count(split) for split in ("train", "validation", "test")] == [6, 3, 1]
    # An object keeps its place whatever else is there.
    fewer = {name: split for name, split in splits.items() if not name.startswith("a")}
    again = divide(fewer, labels, validation_fraction=1 / 3, seed=0)
    assert again == {name: split for name, split in drawn.items() if not name.startswith("a")}
    with pytest.raises(ConfigError, match="validation_fraction 1:"):
        divide(splits, labels, validation_fraction=1.0, seed=0)


def test_label_files_have_a_row_an_object_that_is_learnt_from(tmp_path: Path) -> None:
    manifest = _set(tmp_path)
    write_labels(manifest, {"train_label_20": {"o1": 5, "o3": 7, "o2": 6, "o0": 9}})
    assert np.load(tmp_path / "labels" / "train_label_20.npy").tolist() == [5, 6, 7]
