from __future__ import annotations

from pathlib import Path

import pytest

from maquette.data.manifest import Item, Manifest
from maquette.errors import FileError, InputError
from maquette.search.sources import Source, find_sources, sources_of_manifest


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())


def test_a_tree(tmp_path: Path) -> None:
    touch(
        tmp_path,
        *("cup/1.obj", "cup/1.png", "cup/1_2.jpg", "cup/12.png", "cup/1-a.webp", "cup/1.stl"),
        *("cup/deep/er/3.PLY", "cup/deep/er/3 back.jpeg", "bolt.off", "cup/notes.txt", "cup/1.mtl"),
        *(".hidden/4.off", "cup/._1.obj", "old/collection.json", "old/thumbnails/ab/x.png", "old 2/x.png"),
    )
    sources = find_sources([tmp_path])
    assert [(s.id, s.geometry, s.paths.get("image", ()), s.class_name) for s in sources] == [
        ("bolt.off", "bolt.off", (), None),
        ("cup/1.obj", "cup/1.obj", ("cup/1-a.webp", "cup/1.png", "cup/1_2.jpg"), "cup"),
        ("cup/1.stl", "cup/1.stl", (), "cup"),
        ("cup/12.png", None, ("cup/12.png",), "cup"),
        ("cup/deep/er/3.PLY", "cup/deep/er/3.PLY", ("cup/deep/er/3 back.jpeg",), "cup"),
        ("old 2/x.png", None, ("old 2/x.png",), "old 2"),
    ]
    assert {s.root for s in sources} == {tmp_path.resolve()}


def test_a_picture_goes_to_the_longest_name_it_begins_with(tmp_path: Path) -> None:
    touch(tmp_path, "cup.obj", "cup_large.obj", "cup_large_1.png", "cup_1.png", "cupboard.png")
    found = {source.id: source.paths.get("image") for source in find_sources([tmp_path])}
    assert found == {
        "cup.obj": ("cup_1.png",),
        "cup_large.obj": ("cup_large_1.png",),
        "cupboard.png": ("cupboard.png",),
    }


def test_single_files_and_what_is_refused(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.obj", "a/2.txt")
    (source,) = find_sources([tmp_path / "a" / "1.obj"])
    assert (source.id, source.root, source.class_name) == ("1.obj", (tmp_path / "a").resolve(), None)
    with pytest.raises(InputError, match="is not there"):
        find_sources([tmp_path / "b"])
    with pytest.raises(FileError, match=r"'\.txt'"):
        find_sources([tmp_path / "a" / "2.txt"])


def test_a_manifest_of_one_split(tmp_path: Path) -> None:
    paths = {"image": ("p/1.png",), "pointcloud": ("s/1.xyz",), "mesh": ("m/1.off",)}
    items = (
        Item("a", "test", 1, paths=paths),
        Item("b", "train", 0, paths=paths),
        Item("c", "test", 0, paths={"pointcloud": ("s/2.xyz",)}),
        Item("d", "test", 0, paths={"image": ("p/3.png", "p/4.png")}),
        Item("e", "test", 0, paths={}),
    )
    manifest = Manifest("m", tmp_path, ("cup", "bowl"), items)
    sources = sources_of_manifest(manifest, split="test")
    assert sources == [
        Source("a", tmp_path.resolve(), "m/1.off", {"image": ("p/1.png",), "pointcloud": ("s/1.xyz",)}, "bowl"),
        Source("c", tmp_path.resolve(), "s/2.xyz", {}, "cup"),
        Source("d", tmp_path.resolve(), None, {"image": ("p/3.png", "p/4.png")}, "cup"),
    ]
    assert sources[0].files == ("m/1.off", "p/1.png", "s/1.xyz")
    assert [source.id for source in sources_of_manifest(manifest)] == ["a", "b", "c", "d"]


def test_the_checksum_changes_with_content_use_and_set_of_files(tmp_path: Path) -> None:
    touch(tmp_path, "a", "b")
    (tmp_path / "copy of a").write_bytes(b"a")
    sums = [
        Source("i", tmp_path, "a").checksum(),
        Source("i", tmp_path, "b").checksum(),
        Source("i", tmp_path, None, {"image": ("a",)}).checksum(),
        Source("i", tmp_path, "a", {"image": ("b",)}).checksum(),
    ]
    assert len(set(sums)) == 4
    assert Source("other", tmp_path, "a", class_name="x").checksum() == sums[0]
    (tmp_path / "a").write_bytes(b"A")
    assert Source("i", tmp_path, "a").checksum() != sums[0]
    with pytest.raises(FileError, match="cannot be read"):
        Source("i", tmp_path, "gone").checksum()


def test_copies_are_hashed_as_the_originals_are(tmp_path: Path) -> None:
    root, folder = tmp_path / "root", tmp_path / "reader"
    root.mkdir()
    folder.mkdir()
    (root / "a{}.obj").write_bytes(b"v 0 0 0")
    (root / "a.png").write_bytes(b"picture")
    for source in (
        Source("x", root, "a{}.obj", {"image": ("a.png",)}),
        Source("x", root, None, {"image": ("a.png", "a{}.obj")}),
    ):
        names = {path: f"{number}.bin" for number, path in enumerate(source.files)}
        assert source.copy_to(folder, names, most_bytes=100) == (source.checksum(), 14)
        for path, name in names.items():
            assert (folder / name).read_bytes() == (root / path).read_bytes()
            (folder / name).unlink()
    with pytest.raises(FileError, match="the limit is 6 bytes"):
        Source("x", root, "a.png").copy_to(folder, {"a.png": "0"}, most_bytes=6)
