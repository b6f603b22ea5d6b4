"""Representations in the layout of CMCL's released features, read and scored.

A folder with `img_feat_1.npy`, `img_feat_2.npy`, `img_feat_4.npy` (images at 1, 2 and 4 views), `pt_feat.npy`,
`mesh_feat.npy`, each (objects, dimensions), and `label.npy`; row i of each is object i. In the released files the
dimensions are 512 and everything, the labels too, is float64.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Shaped

from maquette.errors import FileError
from maquette.metrics.protocol import Protocol
from maquette.metrics.views import evaluate_views, views_as_json

__all__ = ["FeatureSet", "evaluate_features", "read_features"]

_VIEW_COUNTS = (1, 2, 4)
_FILES = {"pointcloud": "pt_feat.npy", "mesh": "mesh_feat.npy"}


@dataclass(frozen=True)
class FeatureSet:
    """Representations of N objects: images by number of views, the other modalities, and the labels."""

    images: Mapping[int, Float[np.ndarray, "N D"]]
    representations: Mapping[str, Float[np.ndarray, "N D"]]
    labels: Int[np.ndarray, "N"]


def read_features(folder: Path) -> FeatureSet:
    """Representations of a folder in CMCL's layout; FileError names the file that is missing or does not fit."""
    labels = _read_labels(folder / "label.npy")
    images = {count: _read_rows(folder / f"img_feat_{count}.npy") for count in _VIEW_COUNTS}
    others = {modality: _read_rows(folder / name) for modality, name in _FILES.items()}
    named = {f"img_feat_{count}.npy": values for count, values in images.items()}
    named |= {_FILES[modality]: values for modality, values in others.items()}
    dimensions = images[_VIEW_COUNTS[0]].shape[1]
    for name, values in named.items():
        if values.shape != (len(labels), dimensions):
            raise FileError(
                folder / name,
                f"has shape {values.shape}, expected ({len(labels)}, {dimensions}): one row per label, "
                f"as many columns as img_feat_1.npy",
            )
    return FeatureSet(images, others, labels)


def evaluate_features(folder: Path, *, protocol: Protocol) -> dict[str, Any]:
    """Scores of all nine pairs at 1, 2 and 4 views, as JSON values; see `views_as_json`.

    All three numbers of views are scored, whichever the protocol reports, because the files are there for each.
    """
    features = read_features(folder)
    results = evaluate_views(features.representations, features.images, features.labels, protocol=protocol)
    return views_as_json(results, protocol)


def _read_array(path: Path) -> Shaped[np.ndarray, "..."]:
    if not path.is_file():
        raise FileError(path, "is missing: the folder must hold img_feat_{1,2,4}, pt_feat, mesh_feat and label .npy")
    try:
        return np.asarray(np.load(path, allow_pickle=False))
    except (ValueError, EOFError, OSError) as error:
        raise FileError(path, f"cannot be read as a NumPy array: {error}") from error


def _read_rows(path: Path) -> Float[np.ndarray, "N D"]:
    values = _read_array(path)
    if values.ndim != 2 or values.dtype.kind != "f":
        raise FileError(path, f"holds {values.dtype} of shape {values.shape}, expected floats (objects, dimensions)")
    if not np.isfinite(values).all():
        row = int(np.flatnonzero(~np.isfinite(values).all(axis=1))[0])
        raise FileError(path, f"row {row} is not finite: export the representations again")
    return values


def _read_labels(path: Path) -> Int[np.ndarray, "N"]:
    values = _read_array(path)
    flat = values.reshape(-1)
    if flat.shape[0] != (values.shape[0] if values.ndim else 0) or values.dtype.kind not in "iuf":
        raise FileError(path, f"holds {values.dtype} of shape {values.shape}, expected one class number per object")
    if not (np.isfinite(flat).all() and (flat == np.round(flat)).all()):
        raise FileError(path, "holds values that are not whole numbers: expected one class number per object")
    return flat.astype(np.int64)
