"""RGB-D Object (Washington): household objects on a turntable, seen by a depth camera: a color crop and a cloud each.

| | |
|---|---|
| categories | 51 |
| objects | 300, each in three videos; every fifth frame is the usual evaluation set, some 41,900 frames |
| images | the color crop, one an object here: a frame |
| clouds | the depth crop inside the object's mask, put into space by the camera's constants |
| source | Lai et al., A Large-Scale Hierarchical Multi-View RGB-D Object Dataset, ICRA 2011, |
| | https://rgbd-dataset.cs.washington.edu |
| licence | research use; citation asked for |
| checksums | none published |

    <category>/<category>_<i>/<category>_<i>_<video>_<frame>_{crop,depthcrop,maskcrop}.png, …_loc.txt

RONO reports figures on this set, but neither its division nor its choice of objects is known. Here whole objects are
held out: `test_objects` of each category, chosen by a hash, so that no object is in both splits.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int
from PIL import Image

from maquette.data.datasets.base import DATASETS
from maquette.data.datasets.unpack import Packed, array_bytes, divide, link, unpack
from maquette.data.manifest import Manifest
from maquette.data.reading import name_number
from maquette.errors import ConfigError, FileError

__all__ = ["depth_to_points", "rgbd_object"]

_FOCAL_PIXELS = 570.3
"""The Kinect's, for 640 × 480 pixels; with the center below it is what the data set's own code assumes."""
_CENTER = (320.0, 240.0)
_FEWEST = 16
"""Fewer points with a depth than these are no cloud."""
_FRAME = re.compile(r"(?P<category>.+)_(?P<object>\d+)_(?P<video>\d+)_(?P<frame>\d+)_crop\.png")


@DATASETS.register("rgbd_object")
def rgbd_object(
    root: Path | str,
    *,
    source: Path | str,
    every: int = 5,
    points: int = 2048,
    test_objects: int = 1,
    validation_fraction: float = 0.0,
    seed: int = 0,
    workers: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> Manifest:
    """The manifest of every `every`-th frame of the tree in `source`, with clouds of up to `points` under `root`.

    `test_objects` objects of each category (but for one) are for testing. `validation_fraction` of each category's
    training frames become the validation split. A frame without depth has an image only.
    """
    root, source = Path(root).absolute(), Path(source)
    if every < 1 or points < 1 or test_objects < 0:
        raise ConfigError(
            f"rgbd_object every {every}, points {points}, test_objects {test_objects}: expected at least 1, 1 and 0"
        )
    frames = _list_frames(source, every)
    if not frames:
        raise FileError(source, "holds no <category>/<category>_<i>/<category>_<i>_<video>_<frame>_crop.png")
    class_names = sorted({path.parent.parent.name for path in frames.values()})
    of_category: dict[str, set[str]] = {}
    for path in frames.values():
        of_category.setdefault(path.parent.parent.name, set()).add(path.parent.name)
    tested = {name for names in of_category.values() for name in _held_out(names, test_objects, seed)}
    labels = {name: class_names.index(path.parent.parent.name) for name, path in frames.items()}
    splits = {name: "test" if path.parent.name in tested else "train" for name, path in frames.items()}
    drawn = divide(splits, labels, validation_fraction=validation_fraction, seed=seed)
    linked = link(root, "frames", source)
    objects = []
    for name, path in frames.items():
        stem = str(path)[: -len("_crop.png")]
        files = {"pointcloud": (f"clouds/{name}.npy", partial(_cloud, stem, points, [seed, name_number(name)]))}
        images = (f"{linked}/{path.relative_to(source).as_posix()}",)
        objects.append(Packed(name, drawn[name], labels[name], files, {"image": images}, {"object": path.parent.name}))
    recipe: dict[str, Any] = {
        "source": "Washington tree",
        "frames": len(frames),
        "every": every,
        "points": points,
        "test_objects": test_objects,
        "validation_fraction": validation_fraction,
        "seed": seed,
    }
    return unpack(
        root,
        name="rgbd_object",
        class_names=class_names,
        objects=objects,
        recipe=recipe,
        workers=workers,
        on_progress=on_progress,
    )


def depth_to_points(
    depth: Int[np.ndarray, "H W"], mask: Bool[np.ndarray, "H W"], corner: tuple[int, int]
) -> Float[np.ndarray, "N 3"]:
    """Points in metres, z up, of the pixels inside `mask` that have a depth (in millimetres, 0: none).

    `corner` is the crop's upper left pixel (column, row from 1) in the whole picture of 640 × 480.
    """
    rows, columns = np.nonzero(mask & (depth > 0))
    metres = depth[rows, columns] / 1000.0
    right = (columns + corner[0] - _CENTER[0]) * metres / _FOCAL_PIXELS
    down = (rows + corner[1] - _CENTER[1]) * metres / _FOCAL_PIXELS
    return np.stack([right, metres, -down], axis=1)


def _cloud(stem: str, points: int, seeds: list[int]) -> bytes | None:
    """A frame's cloud, or None where it has no depth."""
    places = {kind: Path(f"{stem}_{kind}") for kind in ("depthcrop.png", "maskcrop.png", "loc.txt")}
    if not places["depthcrop.png"].is_file() or not places["loc.txt"].is_file():
        return None
    depth = _picture(places["depthcrop.png"])
    mask = _picture(places["maskcrop.png"]) > 0 if places["maskcrop.png"].is_file() else np.ones(depth.shape, bool)
    if mask.shape != depth.shape:
        raise FileError(places["maskcrop.png"], f"is of size {mask.shape}, the depth is of {depth.shape}")
    found = depth_to_points(depth, mask, _corner(places["loc.txt"]))
    if len(found) < _FEWEST:
        return None
    chosen = np.random.default_rng(seeds).permutation(len(found))[:points]
    return array_bytes(found[chosen].astype(np.float32))


def _corner(path: Path) -> tuple[int, int]:
    try:
        column, row = path.read_text(encoding="ascii").strip().split(",")
        return int(column), int(row)
    except (OSError, ValueError) as error:
        raise FileError(path, "expected the crop's corner as column,row") from error


def _picture(path: Path) -> Int[np.ndarray, "H W"]:
    try:
        with Image.open(path) as picture:
            values = np.asarray(picture).astype(np.int64)
    except (OSError, ValueError, SyntaxError) as error:
        raise FileError(path, f"is no picture: {error}") from error
    if values.ndim != 2:
        raise FileError(path, f"has shape {values.shape}: expected one number a pixel")
    return values


def _list_frames(source: Path, every: int) -> dict[str, Path]:
    """The crops of every `every`-th frame of each video, by name `category/object/frame`, sorted by number."""
    found: dict[tuple[str, int, int, int], tuple[str, Path]] = {}
    for folder in sorted(source.glob("*/*")):
        for path in sorted(folder.glob("*_crop.png")) if folder.is_dir() else ():
            match = _FRAME.fullmatch(path.name)
            if match is not None and folder.name == f"{match['category']}_{match['object']}":
                number = (match["category"], int(match["object"]), int(match["video"]), int(match["frame"]))
                found[number] = f"{match['category']}/{folder.name}/{path.name[: -len('_crop.png')]}", path
    chosen: dict[str, Path] = {}
    seen: dict[tuple[str, int, int], int] = {}
    for number in sorted(found):
        count = seen.get(number[:3], 0)
        seen[number[:3]] = count + 1
        if count % every == 0:
            name, path = found[number]
            chosen[name] = path
    return chosen


def _held_out(names: set[str], count: int, seed: int) -> list[str]:
    order = sorted(names, key=lambda name: hashlib.sha256(f"{seed}/{name}".encode()).digest())
    return order[: min(count, len(order) - 1)]
