"""ScanObjectNN: objects cut out of real indoor scans, with holes, background and neighbours' points.

| | |
|---|---|
| classes | 15: bag, bed, bin, box, cabinet, chair, desk, display, door, pillow, shelf, sink, sofa, table, toilet |
| objects | `main_split`, OBJ_BG: 2,309 to train, 581 to test; PB_T50_RS: 11,416 and 2,882 |
| clouds | 2,048 points, y up in the files, turned to z up |
| images | drawn from the points when the set is prepared |
| source | Uy et al., Revisiting Point Cloud Classification, ICCV 2019, https://hkust-vgd.github.io/scanobjectnn/ |
| licence | MIT for the code; the data ask for agreement to their terms of use |
| checksums | none published |

    <source>/main_split/{training,test}_objectdataset.h5                               OBJ_BG
    <source>/main_split/{training,test}_objectdataset_augmentedrot_scale75.h5          PB_T50_RS, the hardest
    <source>/main_split_nobg/…                                                         the same without background
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from maquette.data.datasets.base import DATASETS
from maquette.data.datasets.modelnet_hdf5 import turn_up
from maquette.data.datasets.unpack import Packed, array_bytes, divide, file_digest, unpack
from maquette.data.manifest import Manifest
from maquette.errors import ConfigError, FileError, MissingExtraError

__all__ = ["scanobjectnn"]

_CLASSES = [
    "bag",
    "bin",
    "box",
    "cabinet",
    "chair",
    "desk",
    "display",
    "door",
    "shelf",
    "table",
    "bed",
    "pillow",
    "sink",
    "sofa",
    "toilet",
]
"""In the order of the files' class numbers."""
_VARIANTS = {"objects": "", "hardest": "_augmentedrot_scale75"}
_WORDS = {"train": "training", "test": "test"}


@DATASETS.register("scanobjectnn")
def scanobjectnn(
    root: Path | str,
    *,
    source: Path | str,
    variant: str = "objects",
    background: bool = True,
    validation_fraction: float = 0.0,
    seed: int = 0,
    workers: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> Manifest:
    """The manifest of ScanObjectNN's HDF5 files in `source`, clouds written under `root`.

    `variant`: `objects` or `hardest` (translated, turned, scaled, half cut off). `background`: with the points around
    the object. `validation_fraction` of each class's training objects become the validation split.
    """
    if variant not in _VARIANTS:
        raise ConfigError(f"scanobjectnn variant {variant!r}: expected {' or '.join(_VARIANTS)}")
    folder = Path(source) / ("main_split" if background else "main_split_nobg")
    paths = {s: folder / f"{word}_objectdataset{_VARIANTS[variant]}.h5" for s, word in _WORDS.items()}
    splits = {split: _read(path) for split, path in paths.items()}
    class_names = sorted(_CLASSES)
    places = {f"{split}_{row:05d}": (split, row) for split, (_, at) in splits.items() for row in range(len(at))}
    labels = {name: class_names.index(_CLASSES[splits[split][1][row]]) for name, (split, row) in places.items()}
    drawn = divide(
        {name: split for name, (split, _) in places.items()},
        labels,
        validation_fraction=validation_fraction,
        seed=seed,
    )
    objects = [
        Packed(
            name,
            drawn[name],
            labels[name],
            {"pointcloud": (f"clouds/{name}.npy", partial(array_bytes, splits[split][0][row]))},
        )
        for name, (split, row) in places.items()
    ]
    recipe = {
        "source": f"{folder.name}, {variant}",
        "digests": {path.name: file_digest(path) for path in paths.values()},
        "validation_fraction": validation_fraction,
        "seed": seed,
    }
    return unpack(
        Path(root).absolute(),
        name="scanobjectnn",
        class_names=class_names,
        objects=objects,
        recipe=recipe,
        workers=workers,
        on_progress=on_progress,
    )


def _read(path: Path) -> tuple[np.ndarray, np.ndarray]:
    try:
        import h5py
    except ImportError as error:
        raise MissingExtraError("h5py", "hdf5", f"reading {path}") from error
    if not path.is_file():
        raise FileError(path, "does not exist: expected ScanObjectNN's folder main_split or main_split_nobg")
    try:
        with h5py.File(path, "r") as file:
            points = np.asarray(file["data"], dtype=np.float32)
            labels = np.asarray(file["label"]).reshape(-1).astype(np.int64)
    except (OSError, KeyError, ValueError) as error:
        raise FileError(path, f"is not one of ScanObjectNN's files (data, label): {error}") from error
    if points.ndim != 3 or points.shape[2] != 3 or len(points) != len(labels):
        raise FileError(path, f"has points {points.shape} and {len(labels)} labels: expected (n, points, 3) and n")
    if len(labels) and not 0 <= labels.min() <= labels.max() < len(_CLASSES):
        raise FileError(path, f"has labels {labels.min()} to {labels.max()}: expected 0 to {len(_CLASSES) - 1}")
    return turn_up(points), labels
