"""Labels from somebody's file, in the order of its rows, with the check that the order is ours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Int

from maquette.data.noise.base import NOISES, NoisyLabels
from maquette.errors import ConfigError, FileError

__all__ = ["labels_from_file"]


@NOISES.register("file")
def labels_from_file(
    labels: Int[np.ndarray, "N"],
    class_names: Sequence[str],
    *,
    path: Path | str,
    true_path: Path | str | None = None,
    order: Sequence[int] | None = None,
    seed: int | None = None,
) -> NoisyLabels:
    """The given labels in a `.npy` file, as RONO and DAC release them (whole numbers, often stored as float64).

    Row i of the file belongs to object i of `labels`, or to object `order[i]`. `true_path` is the file of true labels
    that was released beside it: it must agree with `labels` row by row, else the rows are in another order (the
    released ModelNet files follow the order in which their authors' machine listed the h5 files) and FileError says
    where. Without it the order cannot be checked, and `parameters` says so. A file has no seed.
    """
    if seed is not None:
        raise ConfigError(f"seed {seed} for labels from a file: nothing is drawn, leave it out")
    given = _read(Path(path), classes=len(class_names), objects=len(labels))
    place = np.arange(len(labels)) if order is None else np.asarray(order, dtype=np.int64)
    if not np.array_equal(np.sort(place), np.arange(len(labels))):
        raise ConfigError(f"the order of {path} has {len(place)} entries: expected each of {len(labels)} objects once")
    if true_path is not None:
        true = _read(Path(true_path), classes=len(class_names), objects=len(labels))
        wrong = np.flatnonzero(true != labels[place])
        if len(wrong):
            row = int(wrong[0])
            raise FileError(
                true_path,
                f"row {row} says {class_names[int(true[row])]!r}, our object there is "
                f"{class_names[int(labels[place[row]])]!r} ({len(wrong)} of {len(labels)} rows differ); the rows are "
                "in another order: give `order`",
            )
    ours = np.empty(len(labels), np.int64)
    ours[place] = given
    parameters = {"file": Path(path).name, "order_checked": true_path is not None, "reordered": order is not None}
    return NoisyLabels(ours, labels, tuple(class_names), "file", parameters, None, np.arange(len(labels)))


def _read(path: Path, *, classes: int, objects: int) -> Int[np.ndarray, "N"]:
    try:
        values = np.load(path, allow_pickle=False).reshape(-1)
    except (OSError, ValueError, EOFError) as error:
        raise FileError(path, f"is no .npy array of labels: {error}") from error
    if len(values) != objects:
        raise FileError(path, f"holds {len(values)} labels, expected {objects}")
    if values.dtype.kind not in "iuf" or not np.isfinite(values).all() or (values != np.floor(values)).any():
        raise FileError(path, f"holds {values.dtype} values that are not whole numbers")
    outside = np.flatnonzero((values < 0) | (values >= classes))
    if len(outside):
        row = int(outside[0])
        raise FileError(path, f"row {row} has label {values[row]:g}, expected 0 to {classes - 1}")
    return np.asarray(values, dtype=np.int64)
