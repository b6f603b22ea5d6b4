"""Compact arrays: a whole data set of shapes as two to four `.npz` files, points and meshes as small integers.

| file | arrays, beside `label`, `class_names` and `source` |
|---|---|
| `NAME_points<N>_{train,test}.npz` | `points` uint16 (objects, N, 3) with v → v / 4095 · 2 - 1 |
| `NAME_mesh<F>_{train,test}.npz` | `vertices` uint16 (ΣV, 3) with v → v / 65535 · 2.1 - 1.05 |
| | `faces` uint16 (ΣF, 3) within the mesh; `vertex_offset`, `face_offset` (objects + 1) |

An array `quant` of (lowest, highest, steps) replaces the scale given here. An object is `class/stem of its source`;
where both kinds of files are there their rows must be of the same objects. Images are derived when the set is prepared:
rendered from the meshes, or from the points where there are no meshes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from maquette.data.archives import NPZ_ERRORS
from maquette.data.datasets.base import DATASETS
from maquette.data.datasets.unpack import Packed, array_bytes, divide, file_digest, unpack
from maquette.data.manifest import Manifest
from maquette.errors import ConfigError, FileError
from maquette.geometry.formats import MESH_WRITERS

__all__ = ["ArraySplit", "arrays", "find_arrays", "read_arrays"]

_NAME = re.compile(r"(?P<name>.+)_(?P<kind>points|mesh)(?P<size>\d+)_(?P<split>train|test)\.npz")
_KINDS = {"points": ("points",), "mesh": ("vertices", "faces", "vertex_offset", "face_offset")}
_SCALES = {"points": (-1.0, 1.0, 4095.0), "mesh": (-1.05, 1.05, 65535.0)}


@dataclass(frozen=True)
class ArraySplit:
    """One split, read: an id, a label into `class_names` and the arrays' values for every object."""

    ids: tuple[str, ...]
    labels: tuple[int, ...]
    class_names: tuple[str, ...]
    content: dict[str, dict[str, np.ndarray]]

    def points(self, row: int) -> np.ndarray:
        """An object's points, float32, in the units that they were kept in."""
        return _decode(self.content["points"], "points", self.content["points"]["points"][row]).astype(np.float32)

    def mesh(self, row: int) -> tuple[np.ndarray, np.ndarray]:
        """An object's vertices and triangles."""
        arrays = self.content["mesh"]
        v, f = arrays["vertex_offset"], arrays["face_offset"]
        vertices = _decode(arrays, "mesh", arrays["vertices"][int(v[row]) : int(v[row + 1])])
        return vertices, arrays["faces"][int(f[row]) : int(f[row + 1])].astype(np.int64)


@DATASETS.register("arrays")
def arrays(
    root: Path | str,
    *,
    source: Path | str,
    name: str = "",
    classes: Sequence[str] = (),
    validation_fraction: float = 0.0,
    seed: int = 0,
    workers: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> Manifest:
    """The manifest of the compact arrays called `name` in the folder `source`, unpacked under `root`.

    `name` may be left out where the folder holds one set. `classes`: only these. `validation_fraction` of each class's
    training objects, by a hash with `seed`, become the validation split.
    """
    root, source = Path(root).absolute(), Path(source)
    files = find_arrays(source, name)
    name = name or next(iter(sorted({match["name"] for match in map(_NAME.fullmatch, files) if match})))
    splits = {split: read_arrays(source, files, split) for split in ("train", "test")}
    named = sorted(set(splits["train"].class_names))
    unknown = sorted(set(classes) - set(named))
    if unknown:
        raise ConfigError(f"{source}: no class {unknown[0]!r}: expected some of {', '.join(named)}")
    class_names = sorted(set(classes) or named)
    places = {
        identity: (split, row, class_names.index(part.class_names[part.labels[row]]))
        for split, part in splits.items()
        for row, identity in enumerate(part.ids)
        if part.class_names[part.labels[row]] in class_names
    }
    drawn = divide(
        {identity: split for identity, (split, _, _) in places.items()},
        {identity: label for identity, (_, _, label) in places.items()},
        validation_fraction=validation_fraction,
        seed=seed,
    )
    objects = [
        Packed(identity, drawn[identity], label, _files(splits[split], row, identity))
        for identity, (split, row, label) in places.items()
    ]
    recipe: dict[str, Any] = {
        "source": "compact arrays",
        "digests": {file: file_digest(source / file) for file in files},
        "classes": list(class_names),
        "validation_fraction": validation_fraction,
        "seed": seed,
    }
    return unpack(
        root,
        name=name,
        class_names=class_names,
        objects=objects,
        recipe=recipe,
        workers=workers,
        on_progress=on_progress,
    )


def find_arrays(source: Path, name: str = "") -> tuple[str, ...]:
    """The files of one set of compact arrays in a folder, sorted; FileError where there is none, or more than one."""
    if not source.is_dir():
        raise FileError(source, "is no folder")
    found = [match for path in sorted(source.iterdir()) if (match := _NAME.fullmatch(path.name))]
    names = sorted({match["name"] for match in found})
    if name not in names and (name or len(names) != 1):
        raise FileError(
            source,
            f"holds the compact arrays {', '.join(names) or '(none)'}, asked for {name!r}: "
            "expected one of them as the option name",
        )
    chosen = [match for match in found if match["name"] == (name or names[0])]
    for kind in sorted({match["kind"] for match in chosen}):
        of_kind = sorted(match["split"] for match in chosen if match["kind"] == kind)
        if of_kind != ["test", "train"]:
            raise FileError(
                source, f"{names[0]} has {kind} for {' '.join(of_kind)}: expected one file each, train, test"
            )
    return tuple(match[0] for match in chosen)


def read_arrays(source: Path, files: Sequence[str], split: str) -> ArraySplit:
    """One split of a set; FileError for an archive that is damaged or whose rows are of other objects."""
    content: dict[str, dict[str, np.ndarray]] = {}
    for file in files:
        match = _NAME.fullmatch(file)
        if match is not None and match["split"] == split:
            content[match["kind"]] = _load(source / file, match["kind"])
    first, *others = content.values()
    for other in others:
        if not np.array_equal(first["source"], other["source"]) or not np.array_equal(first["label"], other["label"]):
            raise FileError(source, f"the rows of its {split} files are of different objects: expected the same order")
    class_names = tuple(str(class_name) for class_name in first["class_names"])
    labels = tuple(int(label) for label in first["label"])
    stems = [PurePosixPath(str(origin)).stem for origin in first["source"]]
    ids = tuple(f"{class_names[label]}/{stem}" for label, stem in zip(labels, stems, strict=True))
    if len(set(ids)) != len(ids):
        twice = next(identity for identity in ids if ids.count(identity) > 1)
        raise FileError(source, f"{split} has two objects {twice!r}: expected every class and source once")
    return ArraySplit(ids, labels, class_names, content)


def _files(part: ArraySplit, row: int, identity: str) -> dict[str, tuple[str, Callable[[], bytes]]]:
    made: dict[str, tuple[str, Callable[[], bytes]]] = {}
    if "points" in part.content:
        made["pointcloud"] = (f"clouds/{identity}.npy", lambda: array_bytes(part.points(row)))
    if "mesh" in part.content:
        made["mesh"] = (f"meshes/{identity}.ply", lambda: MESH_WRITERS[".ply"](*part.mesh(row), None))
    return made


def _load(path: Path, kind: str) -> dict[str, np.ndarray]:
    names = (*_KINDS[kind], "label", "class_names", "source")
    try:
        with np.load(path, allow_pickle=False) as archive:
            read = {name: archive[name] for name in (*names, "quant") if name in archive.files or name in names}
    except NPZ_ERRORS as error:
        raise FileError(path, f"is no archive of {kind} (it needs {', '.join(names)}): {error}") from error
    count = len(read["label"])
    rows = len(read["points"]) if kind == "points" else len(read["vertex_offset"]) - 1
    if not count == rows == len(read["source"]) or read["label"].max(initial=0) >= len(read["class_names"]):
        raise FileError(path, f"has {rows} shapes, {count} labels and {len(read['source'])} sources: expected as many")
    return read


def _decode(arrays: dict[str, np.ndarray], kind: str, values: np.ndarray) -> np.ndarray:
    low, high, steps = arrays.get("quant", np.array(_SCALES[kind]))
    return np.asarray(values.astype(np.float64) / steps * (high - low) + low)
