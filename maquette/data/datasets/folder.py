"""A user's own files: `class/name.ext` in any supported format, with photos beside them if there are any.

    chairs/stool_7.stl            a mesh (or a cloud: .xyz, .npy, a PLY without faces)
    chairs/stool_7.xyz            the same object's point cloud
    chairs/stool_7.png            its photo; several: stool_7.0.png, stool_7_view1.jpg, or a folder stool_7/ of images
    chairs/bench/model.obj        an object in a folder of its own
    chairs/sketch.jpg             an object of which there is only a photo

A level `train/`, `test/`, `validation/` above or below the class folders is honoured; without one objects are divided
by a seeded hash within each class.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from maquette.data.datasets.base import DATASETS
from maquette.data.manifest import Item, Manifest
from maquette.errors import ConfigError, FileError
from maquette.geometry import CLOUD_SUFFIXES, MESH_SUFFIXES
from maquette.modalities import ImageModality

__all__ = ["folder", "hash_split"]

_SPLITS = {"train": "train", "test": "test", "validation": "validation", "valid": "validation", "val": "validation"}
_VIEW = re.compile(r"(?P<stem>.+?)(?:[._-]view[._-]?|\.)(?P<number>\d+)")
_NUMBERED = re.compile(r"(?P<stem>.+)[._-](?P<number>\d+)")


@DATASETS.register("folder")
def folder(
    root: Path | str,
    *,
    name: str = "",
    seed: int = 0,
    validation: float = 0.1,
    test: float = 0.2,
    workers: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> Manifest:
    """A manifest of the objects under `root`, sorted; classes are the class folders' names, sorted; no true labels.

    `validation` and `test` are shares of each class, used only where the tree has no split level. What is not taken
    stands in `source["skipped"]`, path and reason; hidden files are passed over. Files are not parsed here: damaged
    ones are found when the manifest is prepared. Checksums are taken by `workers` threads, at least one;
    `on_progress(done, total)` counts objects. FileError if there is no object.
    """
    root = Path(root).absolute()
    if not root.is_dir():
        raise FileError(root, "is no folder")
    if validation < 0 or test < 0 or validation + test >= 1:
        raise ConfigError(f"shares validation {validation:g} and test {test:g}: expected a sum from 0 to less than 1")
    finds = _Finds(root)
    splits = _walk(root, finds)
    if not finds.objects:
        raise FileError(root, "holds no object: expected files like class/name.stl (or .off, .obj, .ply, .glb, .png)")
    class_names = tuple(sorted({found.class_name for found in finds.objects.values()}))
    if not splits:
        by_class: dict[str, list[str]] = {}
        for identity, found in finds.objects.items():
            by_class.setdefault(found.class_name, []).append(identity)
        drawn = hash_split(by_class.values(), seed=seed, validation=validation, test=test)

    def item_of(identity: str) -> Item:
        found = finds.objects[identity]
        paths = {modality: tuple(files) for modality, files in sorted(found.files.items())}
        split = splits[found.group] if splits else drawn[identity]
        sums = {file: _checksum(root / file) for files in paths.values() for file in files}
        return Item(identity, split, class_names.index(found.class_name), None, paths, sums)

    items = []
    with ThreadPoolExecutor(max(workers, 1), thread_name_prefix="maquette-folder") as pool:
        for item in pool.map(item_of, sorted(finds.objects)):
            items.append(item)
            if on_progress is not None:
                on_progress(len(items), len(finds.objects))
    source = {
        "dataset": "folder",
        "split": "folders" if splits else {"seed": seed, "validation": validation, "test": test},
        "skipped": [{"path": path, "reason": reason} for path, reason in sorted(finds.skipped.items())],
    }
    return Manifest(name or root.name, root, class_names, tuple(items), source)


def hash_split(classes: Iterable[Iterable[str]], *, seed: int, validation: float, test: float) -> dict[str, str]:
    """The split of each id: within each class the ids are ordered by a seeded hash, and the first ones are test.

    Each share is rounded, and a class keeps at least one object to train on. An id's place in the order does not depend
    on the other ids, so that adding objects moves few from one split to another.

    >>> sorted(hash_split([["a", "b", "c", "d"]], seed=0, validation=0.25, test=0.25).values())
    ['test', 'train', 'train', 'validation']
    """
    drawn = {}
    for ids in classes:
        order = sorted(ids, key=lambda identity: hashlib.sha256(f"{seed}/{identity}".encode()).digest())
        tested = min(round(test * len(order)), len(order) - 1)
        validated = min(round(validation * len(order)), len(order) - 1 - tested)
        for place, identity in enumerate(order):
            last = "validation" if place < tested + validated else "train"
            drawn[identity] = "test" if place < tested else last
    return drawn


@dataclass
class _Found:
    class_name: str
    group: str
    files: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class _Finds:
    """Objects by id, and what was not taken and why."""

    root: Path
    objects: dict[str, _Found] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    def skip(self, path: Path, reason: str) -> None:
        self.skipped[path.relative_to(self.root).as_posix()] = reason

    def add(self, place: Path, class_name: str, group: str, files: Mapping[str, list[Path]]) -> None:
        """An object named by `place`; of mesh and cloud the first file counts, of images all."""
        found = _Found(class_name, group)
        for modality, paths in files.items():
            taken = paths if modality == "image" else paths[:1]
            found.files[modality] = [path.relative_to(self.root).as_posix() for path in taken]
            for path in paths[len(taken) :]:
                self.skip(path, f"is a second {modality} of the same object: {taken[0].name} was taken")
        self.objects[place.relative_to(self.root).as_posix()] = found


def _walk(root: Path, finds: _Finds) -> dict[str, str]:
    """Find all objects; the split of each group (folder of a split level), empty where the tree has no split level."""
    splits: dict[str, str] = {}
    top = _listing(root)
    for file in (path for path in top if not path.is_dir()):
        finds.skip(file, "stands in no class folder")
    folders = [path for path in top if path.is_dir()]
    levelled = bool(folders) and all(path.name.lower() in _SPLITS for path in folders)
    for outer in folders:
        if levelled:
            splits[outer.name] = _SPLITS[outer.name.lower()]
            for inner in _listing(outer):
                if inner.is_dir():
                    _read_class(inner, inner.name, outer.name, finds)
                else:
                    finds.skip(inner, "stands in no class folder")
            continue
        inside = _listing(outer)
        parts = [path for path in inside if path.is_dir() and path.name.lower() in _SPLITS]
        for part in parts:
            splits[part.name] = _SPLITS[part.name.lower()]
            _read_class(part, outer.name, part.name, finds)
        _read_class(outer, outer.name, "", finds, but=parts)
    if splits:
        for identity in [identity for identity, found in finds.objects.items() if not found.group]:
            finds.skip(finds.root / identity, "stands in no split folder, while others do")
            del finds.objects[identity]
    return splits


def _read_class(place: Path, class_name: str, group: str, finds: _Finds, *, but: Iterable[Path] = ()) -> None:
    """The objects of one class folder."""
    entries = [path for path in _listing(place) if path not in but]
    objects: dict[str, dict[str, list[Path]]] = {}
    images, folders = [], []
    for path in entries:
        kind = "" if path.is_dir() else _kind(path)
        if path.is_dir():
            folders.append(path)
        elif kind == "image":
            images.append(path)
        elif kind:
            objects.setdefault(path.stem, {}).setdefault(kind, []).append(path)
        else:
            finds.skip(path, f"is of no supported format: {path.suffix or 'no ending'}")
    views: dict[str, list[tuple[int, Path]]] = {}
    for path in images:
        stem, number = _view(path.stem, objects)
        views.setdefault(stem, []).append((number, path))
    for own in folders:
        geometry, inner = _read_object_folder(own, finds)
        beside = objects.get(own.name)
        if beside is not None or own.name in views or geometry or inner:
            for kind, files in geometry.items():
                objects.setdefault(own.name, {}).setdefault(kind, []).extend(files)
            views.setdefault(own.name, []).extend(inner)
    for stem in sorted(set(objects) | set(views)):
        found = dict(objects.get(stem, {}))
        if views.get(stem):
            found["image"] = [path for _, path in sorted(views[stem])]
        if found:
            finds.add(place / stem, class_name, group, found)


def _read_object_folder(place: Path, finds: _Finds) -> tuple[dict[str, list[Path]], list[tuple[int, Path]]]:
    """Geometry and images (with their numbers) of a folder that belongs to one object."""
    geometry: dict[str, list[Path]] = {}
    images = []
    for path in _listing(place):
        kind = "" if path.is_dir() else _kind(path)
        if kind == "image":
            images.append((_view(path.stem, ())[1], path))
        elif kind:
            geometry.setdefault(kind, []).append(path)
        else:
            finds.skip(path, "lies too deep" if path.is_dir() else f"is of no supported format: {path.suffix}")
    return geometry, images


def _view(stem: str, known: Iterable[str]) -> tuple[str, int]:
    """An image's object and its number among the views: `a_view2` is view 2 of `a`; `a_2` too, if there is an `a`."""
    if stem in known:
        return stem, -1
    numbered = _NUMBERED.fullmatch(stem)
    if numbered is not None and numbered["stem"] in known:
        return numbered["stem"], int(numbered["number"])
    view = _VIEW.fullmatch(stem)
    if view is not None:
        return view["stem"], int(view["number"])
    return stem, int(numbered["number"]) if numbered is not None else int(stem) if stem.isdecimal() else -1


def _kind(path: Path) -> str:
    """The modality that a file's ending (of a PLY: its header) stands for; empty if none."""
    suffix = path.suffix.lower()
    if suffix in ImageModality.suffixes:
        return "image"
    if suffix in MESH_SUFFIXES and suffix in CLOUD_SUFFIXES:
        with path.open("rb") as file:
            head = file.read(4096).partition(b"end_header")[0]
        return "mesh" if re.search(rb"element\s+face\s+0*[1-9]", head) else "pointcloud"
    if suffix in MESH_SUFFIXES:
        return "mesh"
    return "pointcloud" if suffix in CLOUD_SUFFIXES else ""


def _listing(place: Path) -> list[Path]:
    return sorted(path for path in place.iterdir() if not path.name.startswith("."))


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
