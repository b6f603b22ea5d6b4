"""Pairs of an image and a text, both as frozen features: one reader for the two classic sets, Wikipedia and Pascal.

| file | arrays |
|---|---|
| a `.npz` | `{train,test}_image*`, `{train,test}_text*`, `{train,test}_label` from 0, and `class_names` if known |
| a `.mat` | `I_tr`, `T_tr`, `I_te`, `T_te` (as raw_features.mat), with `L_tr`, `L_te` from 1, or the lists below |
| `{trainset,testset}_txt_img_cat.list` | beside a `.mat`: text, image and class number (from 1) of every pair |

Without a source there is a built-in stand-in, small and drawn: for tests, and of no meaning.

In a configuration both modalities are `kind = "features"` and `encoder = "mlp"`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from maquette.data.archives import NPZ_ERRORS
from maquette.data.datasets.unpack import Packed, array_bytes, divide, file_digest, unpack
from maquette.data.manifest import Manifest
from maquette.errors import FileError

__all__ = ["Pairs", "find_pairs", "pairs_manifest", "read_pairs"]

_SHORT = {"train": "tr", "test": "te"}
_STAND_IN = (128, 10)
_LISTS = {"train": "trainset_txt_img_cat.list", "test": "testset_txt_img_cat.list"}


@dataclass(frozen=True)
class Pairs:
    """One split: features of images and texts, labels counted from 0, and names of the classes where the file has them.

    `names` are the pairs' own (of image and text file), empty where there are none.
    """

    image: Float[np.ndarray, "N I"]
    text: Float[np.ndarray, "N T"]
    labels: Int[np.ndarray, "N"]
    class_names: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


def pairs_manifest(
    root: Path,
    source: Path | None,
    *,
    name: str,
    class_names: Sequence[str],
    validation_fraction: float,
    seed: int,
    workers: int,
    on_progress: Callable[[int, int], None] | None,
) -> Manifest:
    """The manifest of the pairs in `source` (None: the stand-in), a vector a modality; ids are `train_00000` by row.

    `class_names` are taken where the file names no classes; FileError where their number does not fit.
    """
    path = Path("stand-in") if source is None else find_pairs(source)
    splits = _stand_in(len(class_names)) if source is None else read_pairs(path)
    named = splits["train"].class_names or tuple(class_names)
    highest = max(int(part.labels.max()) for part in splits.values())
    if highest >= len(named):
        raise FileError(path, f"has class number {highest}, counted from 0: expected at most {len(named) - 1}")
    order = sorted(range(len(named)), key=lambda label: named[label])
    number_of = {label: number for number, label in enumerate(order)}
    places = {f"{split}_{row:05d}": (split, row) for split, part in splits.items() for row in range(len(part.labels))}
    labels = {identity: number_of[int(splits[split].labels[row])] for identity, (split, row) in places.items()}
    drawn = divide(
        {identity: split for identity, (split, _) in places.items()},
        labels,
        validation_fraction=validation_fraction,
        seed=seed,
    )
    objects = []
    for identity, (split, row) in places.items():
        part = splits[split]
        files = {
            modality: (f"vectors/{modality}/{identity}.npy", partial(array_bytes, values[row]))
            for modality, values in (("image", part.image), ("text", part.text))
        }
        metadata = {"name": part.names[row]} if part.names else {}
        objects.append(Packed(identity, drawn[identity], labels[identity], files, metadata=metadata))
    recipe: dict[str, Any] = {
        "source": path.suffix[1:] or path.name,
        "digest": "" if source is None else file_digest(path),
        "sizes": {"image": splits["train"].image.shape[1], "text": splits["train"].text.shape[1]},
        "validation_fraction": validation_fraction,
        "seed": seed,
        # Neither counts words nor local descriptors with any label in view.
        "encoders": {
            m: {"name": "as published", "trained_on": "not stated", "labels": "none"} for m in ("image", "text")
        },
    }
    return unpack(
        root,
        name=name,
        class_names=[named[label] for label in order],
        objects=objects,
        recipe=recipe,
        workers=workers,
        on_progress=on_progress,
    )


def _stand_in(classes: int) -> dict[str, Pairs]:
    """Pairs around one point a class and modality, half hidden by noise; always the same."""
    rng = np.random.default_rng(0)
    sizes = {"image": _STAND_IN[0], "text": _STAND_IN[1]}
    points = {name: rng.normal(size=(classes, size)) for name, size in sizes.items()}
    splits = {}
    for split, each in (("train", 12), ("test", 4)):
        labels = np.repeat(np.arange(classes), each)
        drawn = {
            name: (points[name][labels] + 1.5 * rng.normal(size=(len(labels), size))).astype(np.float32)
            for name, size in sizes.items()
        }
        splits[split] = Pairs(drawn["image"], drawn["text"], labels)
    return splits


def find_pairs(source: Path) -> Path:
    """The file itself, or the only `.npz` or `.mat` of a folder that holds pairs; FileError otherwise."""
    if source.is_file():
        return source
    if not source.is_dir():
        raise FileError(source, "is neither a folder nor a file")
    found = [path for path in sorted(source.iterdir()) if path.suffix in (".npz", ".mat") and _holds_pairs(path)]
    if len(found) != 1:
        raise FileError(
            source,
            f"holds {len(found)} files of image-text features (.npz or .mat): expected one, or name the file itself",
        )
    return found[0]


def read_pairs(path: Path) -> dict[str, Pairs]:
    """The splits `train` and `test` of a file; FileError where an array is missing or rows do not pair."""
    arrays = _load(path)
    return {split: _split(path, arrays, split) for split in ("train", "test")}


def _split(path: Path, arrays: Mapping[str, np.ndarray], split: str) -> Pairs:
    short = _SHORT[split]
    image = _matrix(path, arrays, (f"{split}_image", f"I_{short}"))
    text = _matrix(path, arrays, (f"{split}_text", f"T_{short}"))
    names, listed = _read_list(path.parent / _LISTS[split]) if path.suffix == ".mat" else ((), None)
    given = next((arrays[key] for key in (f"{split}_label", f"L_{short}") if key in arrays), listed)
    if given is None:
        raise FileError(
            path, f"has no labels of {split}: expected {split}_label, L_{short}, or the file {_LISTS[split]}"
        )
    one_hot = given.ndim == 2 and 1 not in given.shape
    labels = given.argmax(axis=1) if one_hot else given.reshape(-1)
    if not len(image) == len(text) == len(labels):
        raise FileError(
            path, f"{split} has {len(image)} images, {len(text)} texts, {len(labels)} labels: expected as many"
        )
    if not np.isfinite(image).all() or not np.isfinite(text).all() or (labels != np.floor(labels)).any():
        raise FileError(path, f"{split} has features that are not finite, or labels that are not whole numbers")
    whole = labels.astype(np.int64)
    if path.suffix == ".mat" and not one_hot:
        whole = whole - 1  # lists and .mat files count classes from 1, a .npz from 0
    if (whole < 0).any():
        raise FileError(path, f"{split} has class number {int(labels.min())}: expected 1 or more")
    classes = tuple(str(name).strip() for name in np.ravel(arrays.get("class_names", np.array([], dtype=str))))
    return Pairs(image, text, whole, classes, names)


def _matrix(path: Path, arrays: Mapping[str, np.ndarray], names: tuple[str, str]) -> Float[np.ndarray, "N D"]:
    """The array of one of these names, or whose name begins with the first and holds rows of numbers."""
    found = [key for key in sorted(arrays) if key in names]
    found = found or [key for key in sorted(arrays) if key.startswith(f"{names[0]}_") and arrays[key].dtype.kind == "f"]
    if len(found) != 1 or arrays[found[0]].ndim != 2:
        raise FileError(path, f"has {len(found)} arrays {names[0]} or {names[1]}: expected one, of a row a pair")
    return np.asarray(arrays[found[0]], dtype=np.float32)


def _read_list(path: Path) -> tuple[tuple[str, ...], np.ndarray | None]:
    """Names and class numbers of Rasiwasia's list; nothing where it is not there."""
    if not path.is_file():
        return (), None
    rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    if any(len(row) != 3 or not row[2].isdecimal() for row in rows):
        raise FileError(path, "expected a text, an image and a class number in every line")
    return tuple(f"{image} {text}" for text, image, _ in rows), np.array([int(row[2]) for row in rows])


def _holds_pairs(path: Path) -> bool:
    try:
        names = set(_load(path))
    except FileError:
        return False
    return "I_tr" in names or any(name.startswith("train_image") for name in names)


def _load(path: Path) -> dict[str, np.ndarray]:
    try:
        if path.suffix == ".mat":
            from scipy.io import loadmat

            return {key: np.asarray(value) for key, value in loadmat(path).items() if not key.startswith("__")}
        with np.load(path, allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}
    # Among them NotImplementedError, which scipy raises for a .mat of version 7.3.
    except NPZ_ERRORS as error:
        raise FileError(path, f"is neither a .npz nor a .mat (version 5) of arrays: {error}") from error
