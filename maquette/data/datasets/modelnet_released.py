"""RONO's and DAC's released files for ModelNet: frozen features and noisy labels, and the check of their row order.

| file | holds |
|---|---|
| `{train,test}_pt_feat_small.npy` (or `_pt_feat.npy`) | (n, 512), of the clouds, by a DGCNN that saw *clean* labels |
| `{train,test}_mesh_feat.npy` | (n, 512) features of the meshes |
| `{train,test}_ori_label.npy` | true labels, whole numbers kept as float64 |
| `train_label_{20,40,60,80}.npy` | symmetric noise |
| `train_asy_label_{10,20,40}.npy` | asymmetric noise |
| `pc_crosspoint_{train,test}.pt`, or `.npz` | DAC's: `us` n names, `feats` (n, 2048), self-supervised CrossPoint |

Rows are in the authors' order (`modelnet_hdf5`), which is checked against the true labels row by row before anything is
taken; DAC's features go by name. Its `.pt` files are pickles: they are read by PyTorch's restricted reader, which makes
numbers, texts, tensors and NumPy arrays of numbers and calls nothing else; a file that wants more is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from pickle import UnpicklingError  # noqa: TID251 (the error alone)
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from maquette.data.archives import NPZ_ERRORS
from maquette.errors import FileError

__all__ = ["Released", "read_released"]

_LABELS = re.compile(r"train_(?:asy_)?label_\d+")


@dataclass(frozen=True)
class Released:
    """What there is for one split, by row of ours: vectors by modality, noisy labels by file name without ending.

    `origin` says for each modality which file its vectors come from.
    """

    vectors: Mapping[str, Float[np.ndarray, "N D"]] = field(default_factory=dict)
    labels: Mapping[str, Int[np.ndarray, "N"]] = field(default_factory=dict)
    origin: Mapping[str, str] = field(default_factory=dict)


def read_released(
    folder: Path,
    split: str,
    *,
    names: Sequence[str],
    labels: Int[np.ndarray, "N"],
    authors_order: Int[np.ndarray, "N"],
) -> Released:
    """The released files of a split in `folder`, put into our order.

    FileError where the true labels that came with them are not ours, row by row: then the rows are in some other order,
    and every feature and noisy label would go to the wrong object. FileError too where there is nothing to read, or
    nothing to check the order by.
    """
    crosspoint = (folder / f"pc_crosspoint_{split}{ending}" for ending in (".npz", ".pt"))
    named = next((path for path in crosspoint if path.is_file()), None)
    files = {
        modality: path
        for modality, places in {
            "pointcloud": (f"{split}_pt_feat_small.npy", f"{split}_pt_feat.npy"),
            "mesh": (f"{split}_mesh_feat.npy",),
        }.items()
        for path in [next((folder / place for place in places if (folder / place).is_file()), None)]
        if path is not None
    }
    noisy = {
        path.stem: path
        for path in (sorted(folder.glob("train_*.npy")) if split == "train" else [])
        if _LABELS.fullmatch(path.stem)
    }
    if not files and not noisy and named is None:
        return Released()
    columns: dict[str, np.ndarray] = {}
    if files or noisy:
        _check_order(folder / f"{split}_ori_label.npy", labels, authors_order)
        columns = {name: _whole(path, len(labels)) for name, path in noisy.items()}
        columns |= {f"vectors {modality}": _rows(path, len(labels)) for modality, path in files.items()}
    ours = {}
    for name, values in columns.items():
        placed = np.empty_like(values)
        placed[authors_order] = values
        ours[name] = placed
    vectors = {modality: ours[f"vectors {modality}"] for modality in files}
    origin = {modality: path.name for modality, path in files.items()}
    if named is not None and "pointcloud" not in vectors:
        vectors["pointcloud"], origin["pointcloud"] = _by_name(named, names), named.name
    return Released(vectors, {name: ours[name] for name in noisy}, origin)


def _check_order(path: Path, labels: np.ndarray, order: np.ndarray) -> None:
    true = _whole(path, len(labels))
    wrong = np.flatnonzero(true != labels[order])
    if len(wrong):
        raise FileError(
            path,
            f"row {int(wrong[0])} has label {int(true[wrong[0]])}, our object has {int(labels[order][wrong[0]])}; "
            f"{len(labels) - len(wrong)} of {len(labels)} rows agree: expected all (the rows are in another order)",
        )


def _rows(path: Path, count: int) -> Float[np.ndarray, "N D"]:
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise FileError(path, f"is no .npy array: {error}") from error
    if len(values) != count or values.dtype.kind != "f":
        raise FileError(path, f"holds {values.dtype} of shape {values.shape}, expected features of {count} objects")
    return np.asarray(values.reshape(count, -1), dtype=np.float32)


def _whole(path: Path, count: int) -> Int[np.ndarray, "N"]:
    try:
        values = np.load(path, allow_pickle=False).reshape(-1)
    except (OSError, ValueError, EOFError) as error:
        raise FileError(
            path, f"is no .npy array of labels, which the order of the rows is checked by: {error}"
        ) from error
    if len(values) != count or not np.isfinite(values).all() or (values != np.floor(values)).any():
        raise FileError(path, f"holds {len(values)} labels, expected {count} whole numbers")
    return np.asarray(values, dtype=np.int64)


def _by_name(path: Path, names: Sequence[str]) -> Float[np.ndarray, "N D"]:
    listed, feats = _read_pickle(path) if path.suffix == ".pt" else _read_npz(path)
    if feats.ndim < 2 or len(feats) != len(listed):
        raise FileError(path, f"holds {len(listed)} names and features of shape {feats.shape}: expected a row a name")
    row_of = {Path(name).stem: row for row, name in enumerate(listed)}
    missing = [name for name in names if Path(name).name not in row_of]
    if missing or len(row_of) != len(listed):
        raise FileError(path, f"lacks {len(missing)} of {len(names)} objects, first {missing[:1]}: expected each once")
    return np.asarray(feats[[row_of[Path(name).name] for name in names]].reshape(len(names), -1))


def _read_npz(path: Path) -> tuple[list[str], np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return [str(name) for name in archive["us"]], np.asarray(archive["feats"], dtype=np.float32)
    except NPZ_ERRORS as error:
        raise FileError(path, f"is no archive of us and feats: {error}") from error


def _read_pickle(path: Path) -> tuple[list[str], np.ndarray]:
    """Names and features of a `.pt` file; `feats` may be one tensor or array, or a list of them."""
    import torch

    rebuild: Any = np.zeros(0).__reduce__()[0]
    kinds: list[Any] = [np.ndarray, np.dtype, *(type(np.dtype(kind)) for kind in ("f2", "f4", "f8"))]
    # What an array is made by has one name in files of NumPy 1 and another in those of NumPy 2.
    makers = [(rebuild, f"numpy.{core}.multiarray._reconstruct") for core in ("core", "_core")]
    try:
        with torch.serialization.safe_globals([*kinds, *makers]):
            content = torch.load(path, map_location="cpu", weights_only=True)  # noqa: TID251 (restricted: see above)
        feats = torch.stack([torch.as_tensor(row, dtype=torch.float32) for row in content["feats"]])
        return [str(name) for name in content["us"]], feats.numpy()
    except UnpicklingError as error:
        raise FileError(
            path,
            "is damaged, or holds more than names and numbers, all that is read of a pickle: where it came from, write "
            f"numpy.savez({path.with_suffix('.npz').name!r}, us=names, feats=features)",
        ) from error
    except (*NPZ_ERRORS, IndexError) as error:
        raise FileError(path, f"is no dict of us and feats, or a damaged one: {error}") from error
