"""ModelNet10 and ModelNet40: CAD models of household objects and vehicles, the sets of both papers' main tables.

| | ModelNet40 | ModelNet10 |
|---|---|---|
| classes | 40 | 10 of them |
| train / test, OFF files | 9,843 / 2,468 | 3,991 / 908 |
| train / test, HDF5 files | 9,840 / 2,468 | 3,991 / 908 |
| test objects a class | 20, 50, 86 or 100 | 50, 86 or 100 |
| images | 180 renders a model in CMCL's layout; else rendered from the mesh, or from the points | same |
| source | Wu et al., 3D ShapeNets, CVPR 2015, https://modelnet.cs.princeton.edu | same |
| licence | academic use; the models belong to their authors | same |

MD5 of ModelNet40's HDF5 files, as others have published them; of the other files none is known here:

    train0 3176385ffc31a7b6b5af22191fd920d1    train4 dff38de489b2c41bfaeded86c2208984
    train1 e3f613fb500559403b34925112754dc4    test0 e9732e6d83b09e79e9a7617df058adee
    train2 0c56e233a090ff87c3049d4ce08e7d8b    test1 aba4b12a67c34391cc3c015a6f08ed4b
    train3 9d2af465adfa33a3285c369f3ca66c45

Objects are called `class/name` in every layout. An object that lacks a file lacks that modality: CMCL's code shows some
other object in its place (test objects 312, 1091, 1178 and 1832), which is never done here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from maquette.data.datasets.arrays import arrays
from maquette.data.datasets.base import DATASETS
from maquette.data.datasets.modelnet_files import (
    IMAGES,
    MESHES,
    find_faces,
    find_views,
    list_off_tree,
    read_meshnet_faces,
)
from maquette.data.datasets.modelnet_hdf5 import HDF5_FOLDERS, Hdf5Split, find_hdf5, read_hdf5
from maquette.data.datasets.modelnet_released import Released, read_released
from maquette.data.datasets.unpack import Packed, array_bytes, divide, file_digest, link, unpack, write_labels
from maquette.data.manifest import Manifest
from maquette.errors import ConfigError, FileError
from maquette.geometry.formats import MESH_WRITERS

__all__ = ["MODELNET10", "modelnet"]

MODELNET10 = ("bathtub", "bed", "chair", "desk", "dresser", "monitor", "night_stand", "sofa", "table", "toilet")
"""The classes of ModelNet10."""

_SPLITS = ("train", "test")


@DATASETS.register("modelnet")
def modelnet(
    root: Path | str,
    *,
    source: Path | str,
    classes: int = 40,
    views: int = 4,
    shapes: Literal["raw", "features"] = "raw",
    features: Path | str | None = None,
    validation_fraction: float = 0.0,
    seed: int = 0,
    workers: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> Manifest:
    """The manifest of the ModelNet that is in the folder `source`, in whichever layout; files are written under `root`.

    * `modelnet40_points<N>_{train,test}.npz`: compact arrays (see `arrays`)
    * `modelnet{10,40}…hdf5_2048/`: clouds; with CMCL's folders beside it also `views` evenly spaced renders and meshes;
      ten classes are taken out of the 40-class files where the 10-class ones are not there
    * `<class>/{train,test}/<name>.off`: Princeton's tree

    `features` is a folder with RONO's or DAC's files for the HDF5 layout: their noisy labels are written to `labels/`
    in this manifest's order, and with `shapes = "features"` their frozen vectors take the place of clouds and meshes.
    `validation_fraction` of each class's training objects become the validation split.
    """
    root, source = Path(root).absolute(), Path(source)
    if classes not in (10, 40) or shapes not in ("raw", "features"):
        raise ConfigError(f"modelnet classes {classes!r}, shapes {shapes!r}: expected 10 or 40, and raw or features")
    if not source.is_dir():
        raise FileError(source, "is no folder")
    hooks: dict[str, Any] = {"workers": workers, "on_progress": on_progress}
    if any(source.glob("modelnet40_points*_train.npz")):
        only = MODELNET10 if classes == 10 else ()
        return arrays(
            root,
            source=source,
            name="modelnet40",
            classes=only,
            validation_fraction=validation_fraction,
            seed=seed,
            **hooks,
        )
    found = find_hdf5(source, classes)
    if features is not None or shapes == "features":
        _check_rows_are_known(source, classes, found)
    if found is None:
        return _from_off_tree(root, source, classes, validation_fraction, seed, hooks)
    folder, held = found
    splits = {split: read_hdf5(folder, split, held) for split in _SPLITS}
    released = {split: Released() for split in _SPLITS}
    place = None if features is None else _features_folder(Path(features), classes)
    if place is not None:
        released = {
            split: read_released(place, split, names=part.names, labels=part.labels, authors_order=part.authors_order)
            for split, part in splits.items()
        }
    if shapes == "features" and not all(part.vectors for part in released.values()):
        raise ConfigError("modelnet shapes = 'features': expected the option features, a folder with feature files")
    rows = {name: (split, row) for split, part in splits.items() for row, name in enumerate(part.names)}
    class_names, labels = _label(rows)
    for split, part in splits.items():
        _check_labels(folder, split, part, labels)
    if held != classes:
        rows = {name: place for name, place in rows.items() if name.split("/")[0] in MODELNET10}
        class_names, labels = _label(rows)
    drawn = divide(
        {name: split for name, (split, _) in rows.items()}, labels, validation_fraction=validation_fraction, seed=seed
    )
    layout = _Layout(root, source, views) if shapes == "raw" or (source / IMAGES).is_dir() else None

    def packed(name: str) -> Packed:
        split, row = rows[name]
        part, vectors = splits[split], released[split].vectors
        files: dict[str, tuple[str, Callable[[], bytes]]] = {}
        if shapes == "features":
            for modality in vectors:
                values = vectors[modality][row]
                files[modality] = f"vectors/{modality}/{name}.npy", partial(array_bytes, values)
        else:
            files["pointcloud"] = f"clouds/{name}.npy", lambda: array_bytes(part.points[row])
            files |= layout.meshes(name, split) if layout is not None else {}
        links = layout.images(name) if layout is not None else {}
        return Packed(name, drawn[name], labels[name], files, links)

    recipe: dict[str, Any] = {
        "source": "HDF5",
        "digests": {path.name: file_digest(path) for path in sorted(folder.glob("*.h5"))},
        "features": {} if place is None else _digests(place),
        "beside": sorted(name for name in (IMAGES, MESHES) if (source / name).is_dir()),
        "views": views,
        "shapes": shapes,
        "validation_fraction": validation_fraction,
        "seed": seed,
        "encoders": _encoders(released["train"], shapes, classes),
    }
    manifest = unpack(
        root,
        name=f"modelnet{classes}",
        class_names=class_names,
        objects=[packed(name) for name in rows],
        recipe=recipe,
        **hooks,
    )
    if released["train"].labels:
        train = splits["train"]
        columns = {**released["train"].labels, "train_ori_label": train.labels}
        write_labels(
            manifest, {key: dict(zip(train.names, map(int, values), strict=True)) for key, values in columns.items()}
        )
    return manifest


class _Layout:
    """What lies beside the HDF5 folder in CMCL's layout."""

    def __init__(self, root: Path, source: Path, views: int) -> None:
        self.views, self.images_at, self.meshes_at = views, source / IMAGES, source / MESHES
        self.linked = link(root, "images", self.images_at) if self.images_at.is_dir() else ""

    def images(self, name: str) -> dict[str, tuple[str, ...]]:
        found = find_views(self.images_at, name, self.views) if self.linked else ()
        return {"image": tuple(f"{self.linked}/{path}" for path in found)} if found else {}

    def meshes(self, name: str, split: str) -> dict[str, tuple[str, Callable[[], bytes]]]:
        path = find_faces(self.meshes_at, name, split)
        if path is None:
            return {}
        return {"mesh": (f"meshes/{name}.ply", lambda: MESH_WRITERS[".ply"](*read_meshnet_faces(path), None))}


def _from_off_tree(
    root: Path, source: Path, classes: int, validation_fraction: float, seed: int, hooks: dict[str, Any]
) -> Manifest:
    found = list_off_tree(source)
    if classes == 10:
        found = {name: place for name, place in found.items() if name.split("/")[0] in MODELNET10}
    if not found:
        raise FileError(
            source,
            "holds no ModelNet: expected modelnet40_points<N>_{train,test}.npz, a folder "
            "modelnet40_ply_hdf5_2048 or modelnet10_hdf5_2048, or files <class>/{train,test}/<name>.off",
        )
    class_names, labels = _label(found)
    drawn = divide(
        {name: split for name, (split, _) in found.items()}, labels, validation_fraction=validation_fraction, seed=seed
    )
    linked = link(root, "models", source)
    objects = [
        Packed(name, drawn[name], labels[name], links={"mesh": (f"{linked}/{path}",)})
        for name, (_, path) in found.items()
    ]
    recipe = {"source": "OFF", "validation_fraction": validation_fraction, "seed": seed, "models": len(found)}
    return unpack(root, name=f"modelnet{classes}", class_names=class_names, objects=objects, recipe=recipe, **hooks)


def _label(names: Iterable[str]) -> tuple[list[str], dict[str, int]]:
    """The sorted classes of objects `class/name`, and each object's class number."""
    names = list(names)
    class_names = sorted({name.split("/")[0] for name in names})
    return class_names, {name: class_names.index(name.split("/")[0]) for name in names}


def _check_rows_are_known(source: Path, classes: int, found: tuple[Path, int] | None) -> None:
    """Released features and labels have no names: only the HDF5 files that they were made of say what a row is."""
    if found is None:
        raise FileError(source, "holds no HDF5 files, by which the rows of released features are known")
    if found[1] != classes:
        raise FileError(
            source,
            f"holds {HDF5_FOLDERS[found[1]]} alone: expected {HDF5_FOLDERS[classes]} too, by which the rows of "
            f"features of {classes} classes are known; without features the classes are taken out of what is there",
        )


def _features_folder(features: Path, classes: int) -> Path:
    """RONO's files lie in a folder ModelNet10 or ModelNet40 of the given one, or in it; DAC's beside the HDF5 files."""
    inner = features / f"ModelNet{classes}"
    place = inner if inner.is_dir() else features
    if not place.is_dir():
        raise FileError(place, "is no folder of released features and labels")
    return place


def _digests(place: Path) -> dict[str, str]:
    found = [path for pattern in ("*.np[yz]", "pc_crosspoint_*.pt") for path in place.glob(pattern)]
    return {path.name: file_digest(path) for path in sorted(found)}


def _check_labels(folder: Path, split: str, part: Hdf5Split, labels: dict[str, int]) -> None:
    """The class numbers of the files are those of the sorted class names: else released labels mean other classes."""
    named = np.array([labels[name] for name in part.names])
    wrong = np.flatnonzero(named != part.labels)
    if len(wrong):
        name = part.names[int(wrong[0])]
        raise FileError(
            folder,
            f"gives {name!r} of {split} the label {int(part.labels[wrong[0]])}, by its name it is {labels[name]}: "
            "names and labels are not of the same objects",
        )


def _encoders(released: Released, shapes: str, classes: int) -> dict[str, Any]:
    """What is known of the networks whose output stands in for a modality: the clean protocol asks what they saw."""
    if shapes == "raw":
        return {}
    return {
        modality: {"name": file, "trained_on": "nothing with labels", "labels": "none"}
        if file.startswith("pc_crosspoint")
        else {"name": file, "trained_on": f"modelnet{classes} train", "labels": "true"}
        for modality, file in sorted(released.origin.items())
    }
