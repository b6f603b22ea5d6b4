from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from maquette.encoders import open_model
from maquette.errors import CollectionError, FileError, FingerprintError, InputError
from maquette.search.collection import Collection

NAMES = ("image", "mesh", "pointcloud")


def fill(collection: Collection, *ids: str) -> None:
    vectors = np.random.default_rng(len(ids)).normal(size=(len(ids), 12))
    metadata = [{"class": id_[0]} for id_ in ids]
    collection.upsert(ids, vectors, metadata, parts={"mesh": vectors}, fingerprint=collection.fingerprint)


def test_created_then_opened_is_the_same(tmp_path: Path, model: Path) -> None:
    created = Collection.create(tmp_path / "c", model=model, name="mine")
    fill(created, "cup 1", "bowl 1", "cup 2")
    opened = Collection.open(tmp_path / "c")
    assert (opened.name, opened.modalities, len(opened.index)) == ("mine", NAMES, 3)
    assert opened.fingerprint == open_model(opened.model_folder).fingerprint == created.fingerprint
    info = json.loads(json.dumps(opened.info()))
    assert (info["items"], info["classes"], info["dimensions"]) == (3, {"b": 1, "c": 2}, 12)


def test_it_can_be_moved_and_needs_nothing_else(tmp_path: Path, model: Path) -> None:
    own = shutil.copytree(model, tmp_path / "own model")
    fill(Collection.create(tmp_path / "before", model=own), "a")
    shutil.rmtree(own)
    (tmp_path / "before").rename(tmp_path / "after ü")
    moved = Collection.open(tmp_path / "after ü")
    fill(moved, "b")
    assert moved.index.ids() == ("a", "b")
    assert moved.name == "before"


def test_only_a_new_or_empty_folder_is_taken(tmp_path: Path, model: Path) -> None:
    (tmp_path / "empty").mkdir()
    Collection.create(tmp_path / "empty", model=model)
    for taken in (tmp_path / "empty", tmp_path):
        with pytest.raises(InputError, match="is there already"):
            Collection.create(taken, model=model)


def test_without_a_model_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(FileError):
        Collection.create(tmp_path / "c", model=tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


def test_vectors_of_another_model_are_refused(tmp_path: Path, model: Path, other_model: Path) -> None:
    collection = Collection.create(tmp_path / "c", model=model)
    fill(collection, "a")
    other = open_model(other_model).fingerprint
    with pytest.raises(FingerprintError, match=other[:12]):
        collection.upsert(["b"], np.ones((1, 12)), [{}], parts={}, fingerprint=other)
    assert collection.index.ids() == ("a",)
    head = json.loads((tmp_path / "c" / "collection.json").read_text())
    (tmp_path / "c" / "collection.json").write_text(json.dumps({**head, "fingerprint": other}))
    with pytest.raises(FingerprintError):
        Collection.open(tmp_path / "c")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "cannot be read"),
        ("[]", "not of format"),
        ('{"format": "maquette-collection", "format_version": 2}', "another version"),
        ('{"format": "maquette-collection", "format_version": 1}', "not whole"),
    ],
)
def test_a_damaged_head_is_named(tmp_path: Path, model: Path, text: str, reason: str) -> None:
    Collection.create(tmp_path / "c", model=model)
    (tmp_path / "c" / "collection.json").write_text(text)
    with pytest.raises(CollectionError, match=reason):
        Collection.open(tmp_path / "c")


def test_what_is_no_collection_is_the_users_mistake(tmp_path: Path, model: Path) -> None:
    with pytest.raises(InputError, match="is no collection"):
        Collection.open(tmp_path)
    collection = Collection.create(tmp_path / "c", model=model)
    shutil.rmtree(collection.folder / "items")
    with pytest.raises(CollectionError, match="holds no items"):
        Collection.open(tmp_path / "c")


def test_thumbnails_are_named_by_a_digest_and_go_with_their_items(tmp_path: Path, model: Path) -> None:
    collection = Collection.create(tmp_path / "c", model=model)
    ids = ["../../etc/passwd", "a", "A"]
    fill(collection, *ids)
    pictures = [collection.thumbnail(id_) for id_ in ids]
    assert len(set(pictures)) == 3
    for picture in pictures:
        assert picture.resolve().is_relative_to((tmp_path / "c" / "thumbnails").resolve())
        picture.parent.mkdir(exist_ok=True)
        picture.write_bytes(b"png")
    assert collection.remove(["a", "nobody", ids[0]]) == 2
    assert [picture.exists() for picture in pictures] == [False, False, True]
    assert Collection.open(tmp_path / "c").index.ids() == ("A",)
