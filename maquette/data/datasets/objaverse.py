"""Objaverse-N200: 194,800 web models with machine-given labels of 1,156 classes, DAC's real-world noise; as features.

| | |
|---|---|
| classes | 1,156, those of LVIS |
| objects | 194,800 to train, labelled by Uni3D: the true labels are known to nobody; test: Objaverse-LVIS |
| images | OpenShape's features of 12 renders (OpenCLIP ViT-bigG-14), their mean, or of the thumbnail |
| clouds | OpenShape's 10,000 coloured points, of which `points` are kept |
| source | lists: DAC, ACM MM 2024, https://github.com/penghu-cs/DAC; shapes: Deitke et al., Objaverse, CVPR 2023; |
| | features: Liu et al., OpenShape, NeurIPS 2023 |
| licence | a model each its own Creative Commons licence; lists and features state none |
| checksums | none published |

    <source>/train_200.json               entries {"uid": …, "group": "000-016", "category": …}
    <source>/test.json                    the same, for the test split
    <source>/features/<group>/<uid>.npz   xyz (n, 3), image_feat (12, D), thumbnail_feat (D,)

OpenShape ships a `.npy` a shape that is a pickled dict, which is never opened here: whoever trusts the files converts
them to `.npz` of the same keys, by the command that the error names. Objects whose `.npz` is not there are left out,
and `source["missing"]` of the manifest says how many.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from maquette.data.archives import NPZ_ERRORS
from maquette.data.datasets.base import DATASETS
from maquette.data.datasets.unpack import Packed, array_bytes, divide, file_digest, unpack
from maquette.data.manifest import Manifest
from maquette.data.reading import name_number
from maquette.errors import ConfigError, FileError

__all__ = ["objaverse"]

_LISTS = {"train": "train_200.json", "test": "test.json"}
_CONVERT = (
    'python -c "import pathlib, numpy as np; '
    "[np.savez(f.with_suffix('.npz'), **{{k: d[k] for k in ('xyz', 'image_feat', 'thumbnail_feat')}}) "
    "for f in sorted(pathlib.Path('{folder}').rglob('*.npy')) for d in [np.load(f, allow_pickle=True).item()]]\""
)
_IMAGES = {"renders": "image_feat", "thumbnail": "thumbnail_feat"}


@DATASETS.register("objaverse")
def objaverse(
    root: Path | str,
    *,
    source: Path | str,
    images: str = "renders",
    points: int = 2048,
    validation_fraction: float = 0.0,
    seed: int = 0,
    workers: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> Manifest:
    """The manifest of the listed shapes of which there are features; vectors and clouds are written under `root`.

    Images are features (`kind = "features"`), of the mean of the `renders` or of the `thumbnail`. Training and
    validation labels are the machine's: no true label is known. Test labels count as true.
    """
    source = Path(source)
    if images not in _IMAGES or points < 1:
        raise ConfigError(
            f"objaverse images {images!r}, points {points}: expected renders or thumbnail, and at least 1"
        )
    listed = {split: _read_list(source / name) for split, name in _LISTS.items()}
    entries = {uid: (split, *entry) for split, found in listed.items() for uid, entry in found.items()}
    twice = sorted(set(listed["train"]) & set(listed["test"]))
    if twice:
        raise FileError(source, f"lists {len(twice)} shapes in both splits, first {twice[0]!r}: expected each in one")
    there = {
        uid: (split, group, category)
        for uid, (split, group, category) in sorted(entries.items())
        if (source / "features" / group / f"{uid}.npz").is_file()
    }
    if not there:
        _refuse_pickles(source / "features", entries)
        raise FileError(source / "features", f"holds no <group>/<uid>.npz of the {len(entries)} shapes that are listed")
    class_names = sorted({category for _, _, category in there.values()})
    labels = {uid: class_names.index(category) for uid, (_, _, category) in there.items()}
    drawn = divide(
        {uid: split for uid, (split, _, _) in there.items()}, labels, validation_fraction=validation_fraction, seed=seed
    )
    objects = []
    for uid, (split, group, _) in there.items():
        path = source / "features" / group / f"{uid}.npz"
        files = {
            "image": (f"vectors/{group}/{uid}.npy", partial(_image, path, _IMAGES[images])),
            "pointcloud": (f"clouds/{group}/{uid}.npy", partial(_cloud, path, points, seed)),
        }
        objects.append(Packed(uid, drawn[uid], labels[uid], files, is_true=split == "test"))
    recipe: dict[str, Any] = {
        "source": "OpenShape features",
        "digests": {name: file_digest(source / name) for name in _LISTS.values()},
        "missing": len(entries) - len(there),
        "images": images,
        "points": points,
        "validation_fraction": validation_fraction,
        "seed": seed,
        "encoders": {"image": {"name": "OpenCLIP ViT-bigG-14", "trained_on": "LAION-2B captions", "labels": "none"}},
    }
    return unpack(
        Path(root).absolute(),
        name="objaverse",
        class_names=class_names,
        objects=objects,
        recipe=recipe,
        workers=workers,
        on_progress=on_progress,
    )


def _refuse_pickles(folder: Path, entries: Mapping[str, tuple[str, str, str]]) -> None:
    """FileError with the command that converts OpenShape's own files, if they are what is there."""
    released = (folder / group / f"{uid}.npy" for uid, (_, group, _) in entries.items())
    first = next((path for path in released if path.is_file()), None)
    if first is not None:
        raise FileError(
            first,
            "is a pickled dict, as OpenShape's all are, and pickles are never opened: if you trust the files, convert "
            f"them once with: {_CONVERT.format(folder=folder.as_posix())}",
        )


def _read_list(path: Path) -> dict[str, tuple[str, str]]:
    """Group and category of every shape of a list; FileError where an entry lacks one, or would leave the folder."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        found = {str(e["uid"]): (str(e["group"]), str(e["category"])) for e in entries}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileError(path, f"is no list of entries with uid, group and category: {error}") from error
    if len(found) != len(entries):
        raise FileError(path, f"has {len(entries)} entries of {len(found)} shapes: expected each once")
    for uid, (group, _) in found.items():
        if not (uid + group).replace("-", "").replace("_", "").isalnum():
            raise FileError(path, f"entry {uid!r} of group {group!r}: expected letters, digits, '-' and '_'")
    return found


def _image(path: Path, key: str) -> bytes:
    values = _array(path, key)
    return array_bytes(values.reshape(-1, values.shape[-1]).mean(axis=0))


def _cloud(path: Path, points: int, seed: int) -> bytes:
    xyz = _array(path, "xyz")
    if xyz.ndim != 2 or xyz.shape[1] != 3:
        raise FileError(path, f"has xyz of shape {xyz.shape}: expected (n, 3)")
    rng = np.random.default_rng([seed, name_number(path.stem)])
    return array_bytes(xyz[rng.permutation(len(xyz))[:points]])


def _array(path: Path, key: str) -> np.ndarray:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return np.asarray(archive[key], dtype=np.float32)
    except NPZ_ERRORS as error:
        raise FileError(path, f"is no archive with {key}: {error}") from error
