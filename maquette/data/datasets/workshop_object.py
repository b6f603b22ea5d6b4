"""One object of the workshop: its model, its photos and its scan as files, and its line in the manifest.

Whatever is random about an object comes from generators of its own, one a purpose: so an object is the same in a set
of ten or of a million, alone or among other classes, and its first photo is the same whether or not it has a second.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from maquette.data.datasets.workshop_photos import PhotoStyle, encode_png, take_photos
from maquette.data.datasets.workshop_scans import ScanKind, scan_points
from maquette.data.manifest import Item, Scalar
from maquette.geometry.mesh import Cloud, Mesh, normalise, write_cloud, write_mesh
from maquette.geometry.procedural import CLASSES

__all__ = ["Recipe", "ScanChoice", "make_object", "object_id", "split_of"]

ScanChoice = Literal["whole", "partial", "mixed"]

_MODEL_SUFFIXES = (".off", ".obj", ".stl", ".ply", ".glb", ".3mf")
_SCAN_SUFFIXES = (".ply", ".xyz", ".npy")
_SPLIT_OF_TEN = (
    "train", "test", "train", "validation", "train", "train", "test", "train", "train", "train",
)  # fmt: skip
_SPECS = {spec.name: spec for spec in CLASSES}


@dataclass(frozen=True)
class Recipe:
    """How every object of a set is made; see `workshop` for the meaning."""

    seed: int
    photos: int
    photo_style: PhotoStyle
    photo_resolution: int
    scan: ScanChoice
    scan_points: int


def object_id(class_name: str, number: int) -> str:
    """An object's name in the manifest, and the stem of its files."""
    return f"{class_name}-{number:05d}"


def split_of(number: int) -> str:
    """The split of a class' object: of each ten, seven for training, one for validation, two for testing.

    Objects of a class are drawn independently of each other, so their numbers say nothing about them, and a rule by
    number is a random division that stays when a set grows.
    """
    return _SPLIT_OF_TEN[number % len(_SPLIT_OF_TEN)]


def make_object(root: Path, recipe: Recipe, *, class_name: str, number: int, label: int) -> Item:
    """Write one object's files under `root` and return its entry; the same arguments give the same bytes."""
    spec, name = _SPECS[class_name], object_id(class_name, number)

    def stream(purpose: str, part: int = 0) -> np.random.Generator:
        words = (recipe.seed, zlib.crc32(class_name.encode()), number, zlib.crc32(purpose.encode()), part)
        return np.random.default_rng(np.random.SeedSequence(words))

    mesh = spec.build(stream("shape"))
    files, scan = stream("files"), stream("scan")
    model = f"models/{class_name}/{name}{_MODEL_SUFFIXES[files.integers(len(_MODEL_SUFFIXES))]}"
    cloud = f"scans/{class_name}/{name}{_SCAN_SUFFIXES[files.integers(len(_SCAN_SUFFIXES))]}"
    photos = tuple(f"photos/{class_name}/{name}.{view}.png" for view in range(recipe.photos))
    kind = _scan_kind(recipe.scan, scan)
    whole = normalise(mesh)
    pictures = take_photos(
        whole,
        resolution=recipe.photo_resolution,
        style=recipe.photo_style,
        paint=stream("paint"),
        shots=[stream("photo", view) for view in range(recipe.photos)],
    )
    points = scan_points(whole, recipe.scan_points, kind=kind, rng=scan)
    checksums = {}
    writers: list[tuple[str, Callable[[Path], None]]] = [
        (model, lambda path: write_mesh(_rounded(mesh), path)),
        # Far below the noise: more digits would only make the files larger.
        (cloud, lambda path: write_cloud(Cloud(points.round(6)), path)),
        *((photo, _png_writer(encode_png(picture))) for photo, picture in zip(photos, pictures, strict=True)),
    ]
    for path, write in writers:
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        write(target)
        checksums[path] = hashlib.sha256(target.read_bytes()).hexdigest()
    paths = {"mesh": (model,), "pointcloud": (cloud,), **({"image": photos} if photos else {})}
    metadata: dict[str, Scalar] = {"group": spec.group, "faces": len(mesh.faces), "scan": kind}
    return Item(name, split_of(number), label, label, paths, checksums, metadata)


def _scan_kind(choice: ScanChoice, rng: np.random.Generator) -> ScanKind:
    """Whole or partial; in a mixed set either, evenly."""
    if choice == "mixed":
        return "partial" if rng.random() < 0.5 else "whole"
    return choice


def _rounded(mesh: Mesh) -> Mesh:
    """The mesh with coordinates rounded to a hundred-thousandth of its size or less, as exporters do."""
    decimals = 5 - int(np.floor(np.log10(np.ptp(mesh.vertices, axis=0).max())))
    return Mesh(mesh.vertices.round(decimals), mesh.faces, mesh.colors)


def _png_writer(content: bytes) -> Callable[[Path], None]:
    """A function that writes these bytes to a path."""

    def write(path: Path) -> None:
        path.write_bytes(content)

    return write
