"""RONO's table on 3D MNIST: methods under symmetric label noise at four rates.

Feng et al., RONO: Robust Discriminative Learning with Noisy Labels for 2D-3D Cross-Modal Retrieval, CVPR 2023; figures
are those of the authors' own re-runs, https://github.com/penghu-cs/RONO.
"""

from __future__ import annotations

import json
from pathlib import Path

from maquette.bench.rows import Row, Table
from maquette.bench.selection import EVERYTHING, Selection, check_size
from maquette.errors import ConfigError

__all__ = ["METHODS", "RATES", "mnist3d_changes", "mnist3d_place", "rono_mnist3d"]

METHODS = (
    "consensus",
    "rono",
    "cmcl",
    "cross_entropy",
    "gce",
    "mrl",
    "dscmr",
    "dscmr_plus",
    "dac",
    "supervised_contrastive",
    "mvi",
)
"""Configuration files of `configs/mnist3d`, in the table's order."""

RATES = (0.0, 0.2, 0.4, 0.6, 0.8)
"""Rates of noise; at 0 the same networks learn from the true labels."""

_PAPER = {
    ("RONO, authors' re-run", "image->pointcloud"): dict(zip(RATES[1:], (96.16, 95.22, 93.25, 83.24), strict=True)),
    ("RONO, authors' re-run", "pointcloud->image"): dict(zip(RATES[1:], (94.42, 93.18, 92.28, 82.27), strict=True)),
}

_SMOKE_REPRESENTATIONS = (
    "train.epochs=2",
    "train.warmup=0",
    "train.workers=0",
    "train.device=cpu",
    "modalities.image.options.channels=[8, 16]",
    "modalities.image.options.hidden=[64]",
    "modalities.pointcloud.prepare.points_prepared=64",
    "modalities.pointcloud.prepare.points=64",
    "modalities.pointcloud.options.channels=[32, 64]",
    "modalities.pointcloud.options.hidden=[64]",
)

_SMOKE = (
    "train.epochs=8",
    "train.schedule=constant",
    'modalities.image.prepare.augmentation="none"',
    "data.options.points=64",
    f"data.frozen.changes={json.dumps(_SMOKE_REPRESENTATIONS)}",
    "modalities.image.options.channels=[8, 16]",
    "modalities.image.options.hidden=[64]",
    "modalities.image.lr=2e-3",
    "train.workers=0",
    "train.device=cpu",
)


# Networks, rates and features of RONO's released code; what it says nothing of stays as it is.
_FULL = (
    "data.frozen=null",
    "data.options.clouds=features",
    "modalities.image.lr=5e-5",
    'modalities.image.prepare={"views": 1, "resolution": 28, "train_views": 1, "augmentation": "none"}',
    'modalities.image.options={"channels": [96, 64], "hidden": [1024, 512], "side": 28}',
    "modalities.pointcloud.prepare.size=2048",
    "modalities.pointcloud.options.inputs=2048",
    "train.epochs=50",
    "train.lr=1e-4",
    "train.schedule=constant",
)


def rono_mnist3d(*, size: str, configs: Path, data: Path | None = None, selection: Selection = EVERYTHING) -> Table:
    """The table's rows: `small` on the digits in the folder `data`, `smoke` on the built-in stand-in in seconds.

    `full` has RONO's own networks, features and epochs.
    By default all methods, all rates and the seeds 0, 1, 2 (smoke: rate 0.4 and seed 0).
    """
    smoke, full = check_size(size, "full"), size == "full"
    changes = mnist3d_changes(size=size, data=data)
    # So few epochs would be all warm-up.
    own = dict.fromkeys(("dac", "rono"), ("method.options.warm_up=2",)) if smoke else {}
    if full:
        own = {"rono": ("method.options={}",)}
    usual = {"symmetric": (0.4,)} if smoke else None
    rows = tuple(
        Row(
            place.name,
            place.rate,
            place.seed,
            configs / "mnist3d" / f"{place.name}.toml",
            (*changes, *own.get(place.name, ()), f"noise.rate={place.rate}", f"train.seed={place.seed}"),
            place.kind,
            place=mnist3d_place(size),
        )
        for place in selection.places(METHODS, {"symmetric": RATES}, usual=usual, seeds=(0,) if smoke else (0, 1, 2))
    )
    return Table(
        "rono/mnist3d" if size == "small" else f"rono/mnist3d-{size}",
        "3D MNIST under symmetric label noise" + (": a smoke test, whose figures mean nothing" if smoke else ""),
        rows,
        {"paper_rono": True, "clean": False},
        {} if smoke else _PAPER,
        _FULL_NOTES if full else () if smoke else _NOTES,
        "maquette reproduce rono/mnist3d --size " + (size if smoke else f"{size} --data FOLDER"),
        {} if smoke else {"RONO, authors' re-run": "rono"},
    )


def mnist3d_place(size: str) -> str:
    """The place that tables of 3D MNIST share in this size."""
    return "mnist3d" if size == "small" else f"mnist3d-{size}"


def mnist3d_changes(*, size: str, data: Path | None) -> tuple[str, ...]:
    """What a size changes in the configurations of `configs/mnist3d`; ConfigError without data but for `smoke`."""
    if check_size(size, "full"):
        return _SMOKE
    if data is None:
        raise ConfigError(
            f"size {size} needs --data FOLDER with the digits (docs/data/mnist3d.md says which): or use smoke"
        )
    return (f"data.options.source={json.dumps(str(data))}", *(_FULL if size == "full" else ()))


_NOTES = (
    "Images and given labels are RONO's: MNIST's first 5,000 training and 1,000 test digits, its own noise files.",
    "Clouds are frozen vectors, as RONO's are, of other clouds and another network. RONO has 2048-d vectors of "
    "Kaggle's clouds; here each image is lifted to a slab, 256 points are drawn from it and turned together by up to "
    "15 degrees about the vertical, and a PointNet that has learnt from the training split without any label (MVI) "
    "makes 256-d vectors of them. RONO's figures stand beside for orientation: it is not the same experiment.",
    "The image network is RONO's with fewer channels (24, 48 and 256 for its 96, 64 and 1024, 512). Digits have 20 "
    "pixels a side for its 28 and are moved about a little; 20 epochs along a cosine for its 50 at a constant rate.",
    "At noise 0 the given labels are the true ones: what the same networks reach without noise.",
    "All methods share networks, rates and epochs; each has its paper's own constants. mvi sees no labels.",
)

_FULL_NOTES = (
    "RONO's own networks, features, label files and rates: 50 epochs of batches of 128. It is measured at its "
    "1,600th batch, ours after the last. All methods share networks, rates and epochs.",
)
