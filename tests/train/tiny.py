"""A data set of seconds: three kinds of shapes as clouds and pictures, some objects lacking one of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from maquette.config import RunConfig
from maquette.data.manifest import Item, Manifest
from maquette.data.prepare import prepare
from maquette.data.store import Store
from maquette.train.run import build_modalities

CLASSES = ("ball", "plate", "rod")


def tiny_config(**changes: object) -> RunConfig:
    """Two modalities, the smallest networks, three epochs of five batches."""
    values: dict[str, object] = {
        "dimensions": 8,
        "modalities": {
            "image": {
                "encoder": "resnet18",
                "options": {"width": 4, "blocks": [1, 1]},
                "prepare": {"views": 2, "resolution": 32, "train_views": 1},
            },
            "pointcloud": {
                "encoder": "pointnet",
                "options": {"channels": [8, 16]},
                "prepare": {"points_prepared": 64, "points": 32},
            },
        },
        "train": {"epochs": 3, "batch_size": 6, "lr": 0.05, "checkpoint_every": 2, "workers": 0, "device": "cpu"},
    }
    for path, value in changes.items():
        section, _, key = path.partition("__")
        values[section] = {**dict(values.get(section, {})), key: value} if key else value  # type: ignore[call-overload]  # sections
    return RunConfig.from_mapping(values)


def tiny_store(folder: Path) -> Store:
    """30 objects to train on and 6 to validate, prepared under `folder`."""
    rng = np.random.default_rng(0)
    items = []
    for number in range(36):
        label = number % 3
        name = f"{CLASSES[label]}_{number:02d}"
        points = rng.normal(size=(80, 3)) * [(1, 1, 1), (1, 1, 0.05), (0.05, 0.05, 1)][label]
        paths: dict[str, tuple[str, ...]] = {}
        if number % 7 != 3:
            (folder / "scans").mkdir(parents=True, exist_ok=True)
            np.save(folder / "scans" / f"{name}.npy", points)
            paths["pointcloud"] = (f"scans/{name}.npy",)
        if number % 5 != 2 or "pointcloud" not in paths:
            (folder / "photos").mkdir(parents=True, exist_ok=True)
            pixels = rng.integers(0, 60, (32, 32, 3)) + 60 * label
            Image.fromarray(pixels.astype(np.uint8)).save(folder / "photos" / f"{name}.png")
            paths["image"] = (f"photos/{name}.png",)
        items.append(Item(name, "train" if number < 30 else "validation", label, label, paths))
    manifest = Manifest("tiny", folder, CLASSES, tuple(sorted(items, key=lambda item: item.id)))
    prepare(manifest, build_modalities(tiny_config()), folder / "prepared")
    return Store.open(folder / "prepared")
