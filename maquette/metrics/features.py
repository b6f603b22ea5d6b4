"""Representations in the layout of CMCL's released features, read and scored.

A folder with `img_feat_1.npy`, `img_feat_2.npy`, `img_feat_4.npy` (images at 1, 2 and 4 views), `pt_feat.npy`,
`mesh_feat.npy`, each (objects, dimensions), and `label.npy`; row i of each is object i. In the released files the
dimensions are 512 and everything, the labels too, is float64. Those that are there count; another modality's file is
called `<modality>_feat.npy`. `maquette embed` writes the same layout with an `ids.json` beside, which also says which
objects lack a modality (their rows are zeros and must not count).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from maquette.errors import FileError
from maquette.metrics.pairs import evaluate_pairs
from maquette.metrics.protocol import Protocol
from maquette.metrics.views import evaluate_views, views_as_json

__all__ = ["IDS_FILE", "LABELS_FILE", "FeatureSet", "evaluate_features", "feature_file", "read_features"]

LABELS_FILE = "label.npy"
IDS_FILE = "ids.json"
_SHORT = {"pointcloud": "pt"}
_LONG = {short: name for name, short in _SHORT.items()}


@dataclass(frozen=True)
class FeatureSet:
    """Representations of N objects: images by number of views, the other modalities, and the labels.

    `present[m]` says which objects have modality m; a modality that is not named is there for all.
    """

    images: Mapping[int, Float[np.ndarray, "N D"]]
    representations: Mapping[str, Float[np.ndarray, "N D"]]
    labels: Int[np.ndarray, "N"]
    present: Mapping[str, Bool[np.ndarray, "N"]] = field(default_factory=dict)


def feature_file(modality: str, *, views: int = 1) -> str:
    """The name of a modality's file; `views` matters for images alone.

    >>> feature_file("image", views=4), feature_file("pointcloud"), feature_file("mesh")
    ('img_feat_4.npy', 'pt_feat.npy', 'mesh_feat.npy')
    """
    return f"img_feat_{views}.npy" if modality == "image" else f"{_SHORT.get(modality, modality)}_feat.npy"


def read_features(folder: Path) -> FeatureSet:
    """Representations of a folder in CMCL's layout, those that are there.

    FileError names the file that does not fit; without labels, or without any representations, it says what is missing.
    """
    labels = _read_labels(folder / LABELS_FILE)
    images, others = {}, {}
    for path in sorted(folder.glob("*.npy")):
        if found := re.fullmatch(r"img_feat_([1-9][0-9]*)\.npy", path.name):
            images[int(found[1])] = _read_rows(path)
        elif found := re.fullmatch(r"(\w+)_feat\.npy", path.name):
            others[_LONG.get(found[1], found[1])] = _read_rows(path)
    named = {feature_file("image", views=count): values for count, values in images.items()}
    named |= {feature_file(modality): values for modality, values in others.items()}
    if not named:
        raise FileError(
            folder, "holds no representations: expected at least one of img_feat_{1,2,4}, pt_feat and mesh_feat .npy"
        )
    first, reference = next(iter(named.items()))
    for name, values in named.items():
        if values.shape != (len(labels), reference.shape[1]):
            raise FileError(
                folder / name,
                f"has shape {values.shape}, expected ({len(labels)}, {reference.shape[1]}): one row per label, "
                f"as many columns as {first}",
            )
    present = _read_present(
        folder / IDS_FILE, objects=len(labels), modalities={*others, *(["image"] if images else [])}
    )
    return FeatureSet(dict(sorted(images.items())), others, labels, present)


def evaluate_features(folder: Path, *, protocol: Protocol) -> dict[str, Any]:
    """Scores of all ordered pairs of the modalities that are there, as JSON values; see `views_as_json`.

    Images are scored at the numbers of views that the protocol reports, of those there is a file for; if there is a
    file for none of them, at all there are.
    """
    features = read_features(folder)
    if not features.images:
        pairs = evaluate_pairs(features.representations, features.labels, protocol=protocol, present=features.present)
        return views_as_json({1: pairs}, protocol)
    reported = {count: values for count, values in features.images.items() if count in protocol.view_counts}
    results = evaluate_views(
        features.representations,
        reported or features.images,
        features.labels,
        protocol=protocol,
        present=features.present,
    )
    return views_as_json(results, protocol)


def _read_present(path: Path, *, objects: int, modalities: set[str]) -> dict[str, Bool[np.ndarray, "N"]]:
    """Who has what, by the rows that `ids.json` lists under "lacking"; nothing where there is no such file."""
    if not path.is_file():
        return {}
    try:
        lacking = json.loads(path.read_text(encoding="utf-8"))["lacking"]
        present = {}
        for modality, rows in lacking.items():
            if modality in modalities:
                present[modality] = np.ones(objects, dtype=np.bool_)
                present[modality][np.asarray(rows, dtype=np.int64)] = False
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise FileError(
            path, f"does not say who lacks what ({type(error).__name__}): remove it, or run maquette embed again"
        ) from error
    return present


def _read_array(path: Path) -> Shaped[np.ndarray, "..."]:
    if not path.is_file():
        raise FileError(
            path, "is missing: the folder must hold label.npy and some of img_feat_{1,2,4}, pt_feat, mesh_feat .npy"
        )
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
