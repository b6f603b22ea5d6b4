"""From an item's files to arrays, facts and a thumbnail: what runs where the files are read.

`item_in_folder`, `query_in_folder` and `shape_in_folder` are run by a confined reader (`maquette.ingest`), on copies of
the files in its folder; `reading.py` calls them.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from maquette.errors import FileError
from maquette.geometry import Cloud, Mesh, normalise, read_shape, simplify
from maquette.geometry.cameras import ring_cameras
from maquette.geometry.render import render
from maquette.geometry.splat import splat
from maquette.ingest import Limits, check_file, check_shape
from maquette.modalities import MODALITIES, Arrays, Modality
from maquette.modalities.photo import read_photo
from maquette.search.sources import Source

__all__ = [
    "Item",
    "Settings",
    "build_modalities",
    "item_in_folder",
    "query_in_folder",
    "read_item",
    "read_query_files",
    "shape_in_folder",
]

_THUMBNAIL_PIXELS = 256

Settings = Mapping[str, Mapping[str, Any]]
"""Constructor arguments of each modality: how the model's training data were prepared."""
_Answer = tuple[dict[str, Any], dict[str, np.ndarray]]


@dataclass(frozen=True)
class Item:
    """One item's arrays by modality, facts about it (size, what was assumed), and its thumbnail, a PNG."""

    arrays: Mapping[str, Arrays]
    facts: Mapping[str, Any]
    thumbnail: bytes


def build_modalities(settings: Settings) -> dict[str, Modality]:
    """Return the modalities with these settings, by name."""
    return {name: MODALITIES.build(name, **own) for name, own in settings.items()}


def read_item(source: Source, settings: Settings, *, seed: int, limits: Limits) -> Item:
    """Return an item in every modality that has a file of its own or can be derived from the geometry.

    Its randomness comes from the seed, the item's id and the modality alone. FileError if a file cannot be used, is
    beyond the limits, or gives nothing that the model encodes; whatever else a parser raises passes through.
    """
    for path in source.files:
        check_file(source.root / path, limits)
    shape = None
    if source.geometry is not None:
        shape = read_shape(source.root / source.geometry)
        check_shape(source.root / source.geometry, shape, limits)
        shape = _normal(shape)
    arrays: dict[str, Arrays] = {}
    assumed: dict[str, Any] = {} if shape is None else dict(shape.notes)
    for name, modality in build_modalities(settings).items():
        entropy = hashlib.sha256(f"{seed}\0{source.id}\0{name}".encode(errors="surrogateescape")).digest()
        rng = np.random.default_rng(list(entropy))
        if name in source.paths:
            prepared = modality.read([source.root / path for path in source.paths[name]], rng)
        elif shape is not None:
            prepared = modality.derive(shape, rng)
        else:
            continue
        if prepared is not None:
            arrays[name] = prepared.arrays
            if own := {key: value for key, value in prepared.notes.items() if assumed.get(key) != value}:
                assumed[name] = own
    if not arrays:
        wanted = ", ".join(sorted(settings))
        raise FileError(source.root / source.files[0], f"gives nothing that the model encodes ({wanted})")
    return Item(arrays, {**_size(shape), "modalities": sorted(arrays), "assumed": assumed}, _thumbnail(source, shape))


def read_query_files(
    modality: Modality, paths: list[Path], *, seed: int, limits: Limits
) -> tuple[Arrays, Mapping[str, Any]]:
    """Return what an encoder takes of one query, and what was assumed; errors as `read_item` has them."""
    for path in paths:
        if path.suffix.lower() in modality.suffixes:  # else the modality says which endings it takes
            check_file(path, limits)
    prepared = modality.read(paths, np.random.default_rng(seed))
    return prepared.arrays, prepared.notes


def item_in_folder(request: dict[str, Any], folder: Path) -> _Answer:
    """Run `read_item` on the files in a reader's folder."""
    given = request["source"]
    paths = {name: tuple(names) for name, names in given["paths"].items()}
    source = Source(given["id"], folder, given["geometry"], paths)
    item = read_item(source, request["settings"], seed=request["seed"], limits=Limits.from_json(request["limits"]))
    arrays = {f"{name}/{key}": array for name, own in item.arrays.items() for key, array in own.items()}
    return {"facts": dict(item.facts)}, {**arrays, "thumbnail": np.frombuffer(item.thumbnail, np.uint8)}


def query_in_folder(request: dict[str, Any], folder: Path) -> _Answer:
    """Run `read_query_files` on the files in a reader's folder."""
    modality = _modality(request["modality"], json.dumps(request["settings"], sort_keys=True))
    paths = [folder / name for name in request["names"]]
    limits = Limits.from_json(request["limits"])
    arrays, notes = read_query_files(modality, paths, seed=request["seed"], limits=limits)
    return {"facts": dict(notes)}, dict(arrays)


def shape_in_folder(request: dict[str, Any], folder: Path) -> _Answer:
    """Return the shape of one file, z up in its own units, simplified to so many faces where there are more."""
    path = folder / request["name"]
    limits = Limits.from_json(request["limits"])
    check_file(path, limits)
    shape = read_shape(path)
    check_shape(path, shape, limits)
    if isinstance(shape, Cloud):
        return {"facts": dict(shape.notes)}, {"points": shape.points}
    if request["faces"] is not None and len(shape.faces) > request["faces"]:
        shape = simplify(shape, faces=request["faces"])
    arrays = {"vertices": shape.vertices, "faces": shape.faces}
    if shape.colors is not None:
        arrays["colors"] = shape.colors
    return {"facts": dict(shape.notes)}, arrays


@lru_cache(maxsize=16)
def _modality(name: str, settings: str) -> Modality:
    return MODALITIES.build(name, **json.loads(settings))


def _normal(shape: Mesh | Cloud) -> Mesh | Cloud:
    if isinstance(shape, Mesh):
        return normalise(shape)
    return normalise(shape)


def _size(shape: Mesh | Cloud | None) -> dict[str, int]:
    if isinstance(shape, Mesh):
        return {"faces": len(shape.faces), "vertices": len(shape.vertices)}
    return {} if shape is None else {"points": len(shape.points)}


def _thumbnail(source: Source, shape: Mesh | Cloud | None) -> bytes:
    """Return a PNG of the geometry, or of the first picture where there is none."""
    if shape is None:
        pixels = read_photo(source.root / source.files[0], resolution=_THUMBNAIL_PIXELS)
    elif isinstance(shape, Mesh):
        pixels = render(shape, ring_cameras(1), resolution=_THUMBNAIL_PIXELS)[0]
    else:
        pixels = splat(shape, ring_cameras(1), resolution=_THUMBNAIL_PIXELS)[0]
    png = io.BytesIO()
    Image.fromarray(pixels).save(png, format="PNG")
    return png.getvalue()
