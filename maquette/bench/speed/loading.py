"""Loading against its textbook: what one item costs, from the prepared store in batches and from files one by one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from maquette.bench.speed.collection import ItemFiles, make_collection
from maquette.bench.speed.part import Contest, Part, Task
from maquette.bench.speed.textbook import load_textbook
from maquette.data.loader import Loader
from maquette.modalities import MODALITIES, Modality
from maquette.types import SamplePlan

__all__ = ["LOADING_PARTS", "read_item"]

_CLASSES = ("chair", "cup", "gear", "house")
_OBJECTS_PER_CLASS = 8
_IMAGE_PIXELS, _FILE_PIXELS = 112, 256
_POINTS, _POINTS_PREPARED, _FACES = 1024, 2048, 1024


def _modalities() -> dict[str, Modality]:
    return {
        "image": MODALITIES.build("image", views=2, resolution=_IMAGE_PIXELS, train_views=1, augmentation="code"),
        "pointcloud": MODALITIES.build("pointcloud", points_prepared=_POINTS_PREPARED, points=_POINTS),
        "mesh": MODALITIES.build("mesh", faces=_FACES, augmentation="code"),
    }


def read_item(
    modality: str, files: ItemFiles, settings: Modality, rng: np.random.Generator | None
) -> dict[str, Tensor]:
    """One item's tensors by the textbook's reader, altered by `rng` as the modality's settings say; None: unaltered."""
    book, options = load_textbook("loading"), settings.settings()
    if modality == "image":
        count, views = options["train_views"], len(files.images)
        chosen = range(options["views"]) if rng is None else rng.permutation(views)[:count]
        pictures = [book.read_image(files.images[v], resolution=options["resolution"], rng=rng) for v in chosen]
        return {"pixels": torch.stack(pictures)}
    if modality == "pointcloud":
        stretch = options["augmentation"] != "turn"
        return {"points": book.read_points(files.points, points=options["points"], rng=rng, stretch=stretch)}
    turn = options["augmentation"] == "paper"
    tensors: dict[str, Tensor] = book.read_mesh(files.mesh, faces=options["faces"], rng=rng, turn=turn)
    return tensors


def _build(task: Task, *, modality: str) -> Contest:
    """A batch of `task.size` objects, some of them twice where the collection is smaller."""
    modalities = _modalities()
    store, files = make_collection(
        task.scratch / "loading",
        modalities,
        classes=_CLASSES,
        objects_per_class=_OBJECTS_PER_CLASS,
        photos=2,
        photo_pixels=_FILE_PIXELS,
        scan_points=_POINTS_PREPARED,
    )
    one = {modality: modalities[modality]}
    loader = Loader(store, split="train", modalities=one, batch_size=task.size, seed=0)
    rows = np.arange(task.size) % len(files)
    plan = SamplePlan((torch.from_numpy(rows),))

    def ours() -> Any:
        (batch,) = loader.epoch(0, plan=plan)
        return batch.inputs[modality]

    read: Callable[..., dict[str, Tensor]] = partial(read_item, modality)

    def textbook() -> dict[str, Tensor]:
        rng = np.random.default_rng(0)
        return _stack([read(files[row], one[modality], rng) for row in rows])

    def difference() -> float:
        (batch,) = loader.scan(len(files))
        return max(
            float((batch.inputs[modality][key][row][_own(item, key)] - value[_own(item, key)]).abs().max())
            for row, item in enumerate(files)
            for key, value in read(item, one[modality], None).items()
        )

    return Contest(ours, textbook, difference, items=task.size)


def _own(files: ItemFiles, key: str) -> tuple[slice, ...]:
    """All of a tensor, but of a mesh only its own faces: which of them are repeated to fill up is drawn by lot."""
    if key in ("pixels", "points"):
        return (slice(None),)
    with np.load(files.mesh) as file:
        own = slice(len(file["faces"]))
    return (own,) if key == "neighbours" else (slice(None), own)


def _stack(items: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    return {key: torch.stack([item[key] for item in items]) for key in items[0]}


def _part(modality: str, what: str, at_least: float) -> Part:
    return Part(
        f"data_{modality}",
        what,
        "batch",
        partial(_build, modality=modality),
        sizes=(8, 16, 32),
        quick_sizes=(8, 16),
        at_least=at_least,
        repeats=7,
        per_item=True,
    )


LOADING_PARTS = (
    _part("image", f"data per item: PNG of {_FILE_PIXELS} to {_IMAGE_PIXELS} pixels, altered, normalised", 9.0),
    _part("mesh", f"data per item: mesh, {_FACES} faces, padded and jittered", 15.0),
    _part("pointcloud", f"data per item: {_POINTS} of {_POINTS_PREPARED} points, altered", 15.0),
)
