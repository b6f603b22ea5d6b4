"""The HDF5 files of ModelNet: which row is which object, and the order in which other people's files list the rows.

Stanford's `modelnet40_ply_hdf5_2048` holds `ply_data_{train,test}{i}.h5` and `ply_data_{train,test}_{i}_id2file.json`;
the 10-class set, `modelnet10_hdf5_2048`, holds `{train,test}{i}.h5` and `{train,test}{i}_id2file.json`. A row has 2,048
points with y up, here turned to z up.

RONO's and DAC's label and feature files have no names in them: their rows follow the order in which their authors'
machine happened to list the HDF5 files. For ModelNet40's training files that was 3, 4, 0, 1, 2; for ModelNet10's the
reverse of the sorted order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from maquette.errors import FileError, MissingExtraError

__all__ = ["HDF5_FOLDERS", "Hdf5Split", "find_hdf5", "read_hdf5", "turn_up"]

HDF5_FOLDERS = {40: "modelnet40_ply_hdf5_2048", 10: "modelnet10_hdf5_2048"}
"""The folders' usual names, by number of classes."""

_STANFORDS = "ply_data_"
_FILE = re.compile(r"(?:ply_data_)?(?P<split>train|test)(?P<number>\d+)\.h5")
_AUTHORS_ORDER = {(40, "train"): (3, 4, 0, 1, 2), (40, "test"): (0, 1)}


@dataclass(frozen=True)
class Hdf5Split:
    """One split in sorted order of its files: names `class/name`, class numbers, points with z up.

    `authors_order`: row i of RONO's and DAC's files is row `authors_order[i]` here.
    """

    names: tuple[str, ...]
    labels: Int[np.ndarray, "N"]
    points: Float[np.ndarray, "N P 3"]
    authors_order: Int[np.ndarray, "N"]


def find_hdf5(source: Path, classes: int) -> tuple[Path, int] | None:
    """The folder with the HDF5 files and the classes that they hold; None where there is none.

    It is the usual folder in `source`, or `source` itself. Ten classes are a part of forty: they are looked for in the
    10-class files first, then in the others. Stanford's files are known by their names, `ply_data_…`.
    """
    for held in (10, 40) if classes == 10 else (40,):
        for folder in (source / HDF5_FOLDERS[held], source):
            names = [path.name for path in sorted(folder.iterdir())] if folder.is_dir() else []
            found = [name for name in names if _FILE.fullmatch(name)]
            if found and (classes == 40 or found[0].startswith(_STANFORDS) == (held == 40)):
                return folder, held
    return None


def read_hdf5(folder: Path, split: str, classes: int) -> Hdf5Split:
    """A split's rows; FileError for a file that is damaged, missing, or whose names and labels do not agree."""
    files = dict(sorted(_files(folder, split)))
    if not files:
        raise FileError(folder, f"holds no HDF5 file of {split}: expected {split}0.h5 or ply_data_{split}0.h5")
    parts = {number: _read(path) for number, path in files.items()}
    order = _AUTHORS_ORDER.get((classes, split), tuple(sorted(parts, reverse=True)))
    if sorted(order) != sorted(parts):
        # Fewer or more files than were released: there is no order of the authors' to speak of.
        order = tuple(sorted(parts))
    starts, at = {}, 0
    for number, (names, _, _) in parts.items():
        starts[number], at = at, at + len(names)
    names = [name for part in parts.values() for name in part[0]]
    return Hdf5Split(
        tuple(names),
        np.concatenate([part[1] for part in parts.values()]),
        turn_up(np.concatenate([part[2] for part in parts.values()])),
        np.concatenate([starts[number] + np.arange(len(parts[number][0])) for number in order]),
    )


def turn_up(points: Float[np.ndarray, "*N 3"]) -> Float[np.ndarray, "*N 3"]:
    """Points with y up as points with z up.

    >>> turn_up(np.array([[1.0, 2.0, 3.0]])).tolist()
    [[1.0, -3.0, 2.0]]
    """
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], axis=-1)


def _files(folder: Path, split: str) -> Iterator[tuple[int, Path]]:
    for path in sorted(folder.iterdir()):
        match = _FILE.fullmatch(path.name)
        if match is not None and match["split"] == split:
            yield int(match["number"]), path


def _read(path: Path) -> tuple[list[str], np.ndarray, np.ndarray]:
    try:
        import h5py
    except ImportError as error:
        raise MissingExtraError("h5py", "hdf5", f"reading {path}") from error
    try:
        with h5py.File(path, "r") as file:
            points = np.asarray(file["data"], dtype=np.float32)
            labels = np.asarray(file["label"]).reshape(-1).astype(np.int64)
    except (OSError, KeyError, ValueError) as error:
        raise FileError(path, f"is not one of ModelNet's HDF5 files (data, label): {error}") from error
    names = [str(entry)[: -len(Path(str(entry)).suffix) or None] for entry in _listed(path)]
    if points.ndim != 3 or points.shape[2] != 3 or not len(points) == len(labels) == len(names):
        raise FileError(path, f"has points {points.shape}, {len(labels)} labels, {len(names)} names: expected as many")
    if any(len(Path(name).parts) != 2 for name in names):
        raise FileError(_listing(path), "names objects otherwise than class/name.ext")
    return names, labels, points


def _listing(path: Path) -> Path:
    """The JSON file of names beside an HDF5 file: `ply_data_train_0_id2file.json`, or `train0_id2file.json`."""
    match = _FILE.fullmatch(path.name)
    assert match is not None
    if path.name.startswith(_STANFORDS):
        return path.with_name(f"ply_data_{match['split']}_{match['number']}_id2file.json")
    return path.with_name(f"{path.stem}_id2file.json")


def _listed(path: Path) -> list[Any]:
    try:
        names = json.loads(_listing(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FileError(_listing(path), f"cannot be read as the list of {path.name}'s objects: {error}") from error
    if not isinstance(names, list):
        raise FileError(_listing(path), "is no list of names")
    return names
