"""A small built-in data set for the loading parts: as a prepared store, and as the files a per-item loader opens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from maquette.data.datasets import DATASETS
from maquette.data.prepare import prepare
from maquette.data.store import Store
from maquette.modalities import Modality
from maquette.modalities.photo import read_photo

__all__ = ["ItemFiles", "make_collection"]


@dataclass(frozen=True)
class ItemFiles:
    """One object's files for a per-item loader: PNGs, a .npy of points, a .npz of faces before any are repeated."""

    label: int
    images: tuple[Path, ...]
    points: Path
    mesh: Path


def make_collection(
    folder: Path,
    modalities: Mapping[str, Modality],
    *,
    classes: tuple[str, ...],
    objects_per_class: int,
    photos: int,
    photo_pixels: int,
    scan_points: int,
) -> tuple[Store, tuple[ItemFiles, ...]]:
    """The training objects of a built-in set, in the store's order; what is in `folder` already is used as it is."""
    manifest = DATASETS.build(
        "workshop",
        root=folder / "data",
        classes=classes,
        objects_per_class=objects_per_class,
        photos=photos,
        photo_resolution=photo_pixels,
        photo_style="plain",
        scan="whole",
        scan_points=scan_points,
    )
    prepare(manifest, modalities, folder / "prepared")
    store = Store.open(folder / "prepared")
    files = tuple(_write_item(store, int(row), folder, photo_pixels) for row in store.rows("train"))
    return store, files


def _write_item(store: Store, row: int, folder: Path, photo_pixels: int) -> ItemFiles:
    item, here = store.manifest.items[row], folder / "items" / str(row)
    pictures = tuple(here / f"{number}.png" for number in range(len(item.paths["image"])))
    found = ItemFiles(item.label, pictures, here / "points.npy", here / "mesh.npz")
    if not here.is_dir():
        here.mkdir(parents=True)
        for path, source in zip(pictures, item.paths["image"], strict=True):
            # Square, as the per-item loader wants them; the store's reader pads what is not.
            Image.fromarray(read_photo(store.manifest.root / source, resolution=photo_pixels)).save(path)
        rows = np.array([row])
        np.save(found.points, store.arrays("pointcloud", rows)["points"][0])
        mesh = store.arrays("mesh", rows)
        own = store.notes.get((item.id, "mesh"), {}).get("faces_after", len(mesh["faces"][0]))
        assert isinstance(own, int)
        # In double precision, as MeshNet's own preparation leaves its files.
        faces, neighbours = mesh["faces"][0][:own], mesh["neighbours"][0][:own]
        np.savez(found.mesh, faces=faces.astype(np.float64), neighbours=neighbours.astype(np.int64))
    return found
