"""Objects of known class that are not in the collection, as queries: what scores are calibrated on.

They come from a run's validation split, from a folder whose subfolders name the classes, or, where there is nothing
else, from the collection's own items, each searched for among all others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from maquette.data.manifest import Manifest
from maquette.geometry import CLOUD_SUFFIXES, MESH_SUFFIXES
from maquette.modalities.photo import PHOTO_SUFFIXES
from maquette.search.parts import EncodedPart, Part, Query
from maquette.search.sources import find_sources

__all__ = ["HeldOut", "compose", "guess_modality", "held_out_of_folder", "held_out_of_manifest"]

_HEADER_BYTES = 4096


@dataclass(frozen=True)
class HeldOut:
    """One object: its class and its files. `id` is that of the item that shows the same object, if there is one."""

    class_name: str
    parts: tuple[Part, ...]
    id: str | None = None


def held_out_of_manifest(manifest: Manifest, *, split: str) -> list[HeldOut]:
    """Return a split's objects with all their files, by given label."""
    return [
        HeldOut(
            manifest.class_names[item.label],
            tuple(Part(name, manifest.root / path) for name in sorted(item.paths) for path in item.paths[name]),
            item.id,
        )
        for item in (manifest.items[row] for row in manifest.rows(split).tolist())
    ]


def held_out_of_folder(folder: Path) -> list[HeldOut]:
    """Return the objects in the subfolders of a folder, which name the classes; files at the top have none."""
    return [
        HeldOut(
            source.class_name,
            tuple(Part(guess_modality(source.root / path), source.root / path) for path in source.files),
            source.id,
        )
        for source in find_sources([folder])
        if source.class_name is not None
    ]


def compose(parts: Sequence[EncodedPart]) -> Iterator[Query]:
    """Yield the queries that can be made of an object's parts, as people make them.

    Every file alone; all files of a modality; and for every two or more modalities, one file of each, so that every
    file has its turn, and all files of each where that is more.
    """
    groups: dict[str, list[EncodedPart]] = {}
    for part in parts:
        groups.setdefault(part.part.group, []).append(part)
    yield from (Query((part,)) for part in parts)
    for size in range(1, len(groups) + 1):
        for names in combinations(sorted(groups), size):
            most = max(len(groups[name]) for name in names)
            if size > 1:
                yield from (
                    Query(tuple(groups[name][turn % len(groups[name])] for name in names)) for turn in range(most)
                )
            if most > 1:
                yield Query(tuple(part for name in names for part in groups[name]))


def guess_modality(path: Path) -> str:
    """Return the modality that a file is of by its ending; a .ply with faces is a mesh, one without a point cloud.

    A file that nothing reads is taken for a mesh, whose reader says what it expected.
    """
    suffix = path.suffix.lower()
    if suffix in PHOTO_SUFFIXES:
        return "image"
    if suffix in MESH_SUFFIXES and suffix in CLOUD_SUFFIXES:
        return "mesh" if _has_faces(path) else "pointcloud"
    return "pointcloud" if suffix in CLOUD_SUFFIXES else "mesh"


def _has_faces(path: Path) -> bool:
    """Whether the head of a PLY file promises faces; False where it cannot be read."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEADER_BYTES).partition(b"end_header")[0]
    except OSError:
        return False
    return re.search(rb"element\s+face\s+0*[1-9]", head) is not None
