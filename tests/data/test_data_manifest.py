from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from maquette.data.manifest import FOREIGN, Item, Manifest
from maquette.errors import ConfigError, FileError


def _manifest(root: Path) -> Manifest:
    items = (
        Item("a", "train", 1, 0, {"mesh": ("x/a.off",), "image": ("x/a.0.png", "x/a.1.png")}, {"x/a.off": "ff"}),
        Item("b", "test", 0, None, {"mesh": ("x/b.off",)}, {}, {"scale": 2.5, "maker": "Łódź", "old": None}),
        Item("c", "train", 1, FOREIGN),
    )
    return Manifest("tiny", root, ("chair", "lamp"), items, {"seed": 3})


def test_saving_and_loading_gives_the_same(tmp_path: Path) -> None:
    manifest = _manifest(tmp_path / "data")
    manifest.save(tmp_path / "manifest.json")
    assert Manifest.load(tmp_path / "manifest.json") == manifest
    first = (tmp_path / "manifest.json").read_bytes()
    Manifest.load(tmp_path / "manifest.json").save(tmp_path / "manifest.json")
    assert (tmp_path / "manifest.json").read_bytes() == first
    assert json.loads(first)["root"] == "data"


def test_data_and_manifest_move_together(tmp_path: Path) -> None:
    _manifest(tmp_path / "one" / "data").save(tmp_path / "one" / "manifest.json")
    (tmp_path / "one").rename(tmp_path / "two")
    moved = Manifest.load(tmp_path / "two" / "manifest.json")
    assert moved.files(moved.items[0], "mesh") == (tmp_path / "two" / "data" / "x" / "a.off",)
    assert moved.files(moved.items[2], "mesh") == ()
    assert Manifest.load(tmp_path / "two" / "manifest.json", root=Path("/else")).root == Path("/else")


def test_digest_is_of_the_content_not_of_the_place(tmp_path: Path) -> None:
    manifest = _manifest(tmp_path)
    assert manifest.digest == _manifest(tmp_path / "elsewhere").digest
    changed = [
        replace(manifest, name="other"),
        replace(manifest, class_names=("chair", "table")),
        replace(manifest, source={}),
        replace(manifest, items=manifest.items[:2]),
        manifest.with_labels({"a": 0}, source={}),
    ]
    assert len({manifest.digest, *(other.digest for other in changed)}) == 6


def test_files_digest_ignores_labels_but_not_files(tmp_path: Path) -> None:
    manifest = _manifest(tmp_path)
    assert manifest.with_labels({"a": 0}, source={"noise": 1}).files_digest == manifest.files_digest
    other = replace(manifest.items[0], checksums={"x/a.off": "fe"})
    assert replace(manifest, items=(other, *manifest.items[1:])).files_digest != manifest.files_digest


def test_rows_and_labels_of_splits(tmp_path: Path) -> None:
    manifest = _manifest(tmp_path)
    assert manifest.rows("train").tolist() == [0, 2]
    assert manifest.rows().tolist() == [0, 1, 2]
    assert manifest.rows("validation").tolist() == []
    assert manifest.labels("train").tolist() == [1, 1]
    assert manifest.true_labels("train").tolist() == [0, FOREIGN]
    assert manifest.modalities == ("image", "mesh")
    assert not manifest.knows_true_labels
    with pytest.raises(ConfigError, match="true label of 'b' is not known"):
        manifest.true_labels()
    with pytest.raises(ConfigError, match="split 'dev'"):
        manifest.rows("dev")


def test_other_given_labels_keep_the_true_ones(tmp_path: Path) -> None:
    manifest = _manifest(tmp_path)
    noisy = manifest.with_labels({"a": 0, "b": 1}, source={"noise": "by hand"})
    assert noisy.labels().tolist() == [0, 1, 1]
    # b's truth was not known: what was given before is the best there is.
    assert noisy.true_labels().tolist() == [0, 0, FOREIGN]
    assert noisy.source == {"seed": 3, "noise": "by hand"}
    assert manifest.labels().tolist() == [1, 0, 1]
    with pytest.raises(ConfigError, match="'zz'"):
        manifest.with_labels({"zz": 0}, source={})


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ((Item("a", "dev", 0),), "split 'dev'"),
        ((Item("a", "train", 2),), "label 2: expected an integer from 0 to 1"),
        ((Item("a", "train", -1),), "label -1"),
        ((Item("a", "train", 0, 5),), "true label 5"),
        ((Item("a", "train", 0, -2),), "true label -2"),
        ((Item("", "train", 0),), "empty id"),
        ((Item("a", "train", 0), Item("a", "train", 0)), "'a' occurs twice"),
        ((Item("b", "train", 0), Item("a", "train", 0)), "'a' comes after 'b'"),
        ((Item("a", "train", 0, None, {"mesh": ()}),), "no file"),
        *(
            ((Item("a", "train", 0, None, {"mesh": (path,)}),), "plain path")
            for path in ("/etc/passwd", "../x", "x/../../y", "x\\y", "C:/x", "x//y", "./x")
        ),
    ],
)
def test_the_border_refuses(items: tuple[Item, ...], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Manifest("m", Path("/data"), ("chair", "lamp"), items)


def test_a_class_name_twice_is_refused() -> None:
    with pytest.raises(ConfigError, match="occurs twice"):
        Manifest("m", Path("/data"), ("chair", "chair"), ())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[]", "not a manifest"),
        ('{"format": "maquette-manifest-1"}', "not a whole manifest"),
        (
            '{"format": "maquette-manifest-1", "name": "m", "root": ".", "class_names": ["a"], "source": {}, "items": '
            '[{"id": "a", "split": "train", "label": 3, "true_label": null, "paths": {}, "checksums": {}, '
            '"metadata": {}}]}',
            "label 3",
        ),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(text)
    with pytest.raises(FileError, match=message) as caught:
        Manifest.load(path)
    assert caught.value.path == str(path)
    with pytest.raises(FileError, match="cannot be read"):
        Manifest.load(tmp_path / "none.json")
