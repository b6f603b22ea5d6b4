"""CMCL's Tables 1 to 4: pairs by views, terms of the loss, sizes of the batch, and other methods.

Jing et al., Cross-modal Center Loss for 3D Cross-modal Retrieval, CVPR 2021. The four tables share their runs, as the
paper's do: the row `cmcl` has all terms, at a batch of 96, and stands in each of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from maquette.bench import cmcl_figures
from maquette.bench.own_files import check_modelnet
from maquette.bench.plan import Cell, Row, Table
from maquette.bench.selection import EVERYTHING, SAID, Selection, check_size
from maquette.errors import ConfigError

__all__ = ["BATCHES", "RUNS", "VARIANTS", "cmcl_check", "cmcl_rows", "cmcl_t1", "cmcl_t2", "cmcl_t3", "cmcl_t4"]

RUNS = "cmcl/runs"
"""Where the rows of all four tables are at home."""

_NO_CENTER, _NO_MSE = "method.options.weight_center=0.0", "method.options.weight_mse=0.0"

VARIANTS: Mapping[str, tuple[str, ...]] = {
    "cmcl": (),
    "ce": (_NO_CENTER, _NO_MSE),
    "ce_mse": (_NO_CENTER,),
    "ce_center": (_NO_MSE,),
    "batch_12": ("train.batch_size=12",),
    "batch_24": ("train.batch_size=24",),
    "batch_48": ("train.batch_size=48",),
    # Its term of two views needs them; in `small` the others see one view an object and step.
    "mvi": ("method.name=mvi", "method.options={}", "modalities.image.prepare.train_views=2"),
    "dscmr": ("method.name=dscmr", "method.options={}"),
    "dscmr_plus": ("method.name=dscmr_plus", "method.options={}"),
}
"""Rows, and what each changes."""

BATCHES: Mapping[str, str] = {"batch_12": "12", "batch_24": "24", "batch_48": "48", "cmcl": "96"}
"""Rows of Table 3 and their batches."""

_TERMS = ("ce", "ce_mse", "ce_center", "cmcl")
_METHODS = ("mvi", "dscmr", "dscmr_plus", "cmcl")

_CLASSES = ("bolt", "bowl", "chair", "cup", "house", "screw")
_DATA = {
    "objects_per_class": 10,
    "classes": _CLASSES,
    "photos": 4,
    "photo_resolution": 48,
    "photo_style": "plain",
    "scan": "whole",
    "scan_points": 256,
}
_IMAGE = {"views": 4, "resolution": 32, "train_views": 1, "augmentation": "code"}
_CLOUD = {"points_prepared": 256, "points": 64, "augmentation": "turn"}

_SMOKE = (
    "data.name=workshop",
    f"data.options={json.dumps(_DATA)}",
    "dimensions=32",
    f"modalities.image.prepare={json.dumps(_IMAGE)}",
    "modalities.image.options.width=8",
    f"modalities.pointcloud.prepare={json.dumps(_CLOUD)}",
    'modalities.pointcloud.options={"k": 4, "channels": [8, 8, 16], "emb_dims": 32}',
    'modalities.mesh.prepare={"faces": 64, "augmentation": "paper"}',
    "modalities.mesh.options.width=4",
    "train.epochs=4",
    "train.batch_size=96",
    "train.warmup=0",
    "train.workers=0",
    "train.device=cpu",
)

_SMALL: Mapping[str, tuple[str, ...]] = {
    "shapedb69": ("train.epochs=12",),
    "modelnet40": (),
    "modelnet10": (),
}
_SIZES_SMALL = ("train.batch_size=96", "modalities.pointcloud.prepare.points=128")


def cmcl_t1(*, size: str, configs: Path, data: Path | None = None, selection: Selection = EVERYTHING) -> Table:
    """All pairs of modalities at 1, 2 and 4 views of the image."""
    sets = tuple(_SMALL) if size in ("small", "large") else _set_of(size)
    published = {**cmcl_figures.table1(_set_of(size)[0]), **cmcl_figures.table1("modelnet40")}
    return _table(
        "cmcl/T1",
        "CMCL, Table 1: all pairs by number of views",
        ("cmcl",),
        size=size,
        configs=configs,
        data=data,
        selection=selection,
        sets=sets,
        columns="views",
        views=(1, 2, 4),
        published={**published, **cmcl_figures.modelnet10()},
        notes=("Beside ModelNet10 stand figures of the representations that the authors released: no paper has them.",),
    )


def cmcl_t2(*, size: str, configs: Path, data: Path | None = None, selection: Selection = EVERYTHING) -> Table:
    """The terms of the loss, at one view."""
    return _table(
        "cmcl/T2",
        "CMCL, Table 2: terms of the loss, one view",
        _TERMS,
        size=size,
        configs=configs,
        data=data,
        selection=selection,
        sets=_set_of(size),
        columns="row",
        views=(1,),
        published=cmcl_figures.table2(_set_of(size)[0]),
        notes=("ce: cross-entropy alone; ce_mse, ce_center: with one more term; cmcl: all three.",),
    )


def cmcl_t3(*, size: str, configs: Path, data: Path | None = None, selection: Selection = EVERYTHING) -> Table:
    """The size of the batch, at four views."""
    return _table(
        "cmcl/T3",
        "CMCL, Table 3: size of the batch, four views",
        tuple(BATCHES),
        size=size,
        configs=configs,
        data=data,
        selection=selection,
        sets=_set_of(size),
        columns="row",
        views=(4,),
        published=cmcl_figures.table3(_set_of(size)[0]),
        notes=("cmcl has batches of 96. Epochs are the same for all, so that small batches take more steps.",),
    )


def cmcl_t4(*, size: str, configs: Path, data: Path | None = None, selection: Selection = EVERYTHING) -> Table:
    """Against MVI, DSCMR and DSCMR+, at 1, 2 and 4 views."""
    return _table(
        "cmcl/T4",
        "CMCL, Table 4: against other methods",
        _METHODS,
        size=size,
        configs=configs,
        data=data,
        selection=selection,
        sets=_set_of(size),
        columns="row",
        views=(1, 2, 4),
        published=cmcl_figures.table4(_set_of(size)[0]),
        notes=("mvi sees no labels, and two views an object and step.",),
    )


def cmcl_rows(
    words: Sequence[str],
    *,
    size: str,
    configs: Path,
    data: Path | None,
    selection: Selection = EVERYTHING,
    sets: Sequence[str] = (),
    seeds: Sequence[int] | None = None,
) -> tuple[Row, ...]:
    """Rows of these words on the sets (by default the size's usual one), seed by seed."""
    smoke = check_size(size, "large", "full")
    if not smoke and data is None:
        raise ConfigError(f"size {size} needs --data FOLDER with the set (docs/data says which files): or use smoke")
    chosen = selection.data_sets(sets or _set_of(size))
    usual = seeds or ((0,) if smoke else (0, 1, 2))
    places = selection.places(words, {"symmetric": (0.0,)}, seeds=usual)
    made = [
        Row(
            place.name,
            0.0,
            place.seed,
            _config(word, size, configs),
            (*_changes(word, size, data), *VARIANTS[place.name], "noise.rate=0.0", f"train.seed={place.seed}"),
            data=word,
            place=_place(word, size),
            start=configs / word / "representations.toml" if size == "small" else None,
        )
        for word in chosen
        for place in places
    ]
    return tuple(sorted(made, key=lambda row: row.seed))


def _table(
    name: str,
    title: str,
    words: Sequence[str],
    *,
    size: str,
    configs: Path,
    data: Path | None,
    selection: Selection,
    sets: Sequence[str],
    columns: str,
    views: tuple[int, ...],
    published: Mapping[Cell, float],
    notes: tuple[str, ...],
) -> Table:
    rows = cmcl_rows(words, size=size, configs=configs, data=data, selection=selection, sets=sets)
    smoke = size == "smoke"
    return Table(
        name if size == "small" else f"{name}-{size}",
        title + SAID.get(size, ""),
        rows,
        {"paper_cmcl": False, "clean": False},
        notes=() if smoke else (*notes, *_NOTES[size]),
        command=f"maquette reproduce {name} --size {size}" + ("" if smoke else " --data FOLDER"),
        columns=columns,
        published={} if smoke else published,
        views=views,
        home=RUNS + ("" if size == "small" else f"-{size}"),
        check=cmcl_check(size, data),
    )


def cmcl_check(size: str, data: Path | None) -> Callable[[], None] | None:
    """What looks for the paper's own files in the folder, which are needed in `full` alone."""
    return partial(check_modelnet, data, classes=40, meshes=True) if size == "full" and data is not None else None


def _set_of(size: str) -> tuple[str, ...]:
    """The set that the paper's tables are made on in this size."""
    return ({"smoke": "workshop", "full": "modelnet40"}.get(size, "shapedb69"),)


def _config(data: str, size: str, configs: Path) -> Path:
    if size == "full":
        return configs / "modelnet40" / "paper_cmcl.toml"
    name = "large_cmcl.toml" if size == "large" else "cmcl.toml"
    return configs / ("shapedb69" if size == "smoke" else data) / name


def _changes(data: str, size: str, source: Path | None) -> tuple[str, ...]:
    if size == "smoke":
        return _SMOKE
    own = (*_SIZES_SMALL, *_SMALL[data]) if size == "small" else ()
    return (f"data.options.source={json.dumps(str(source))}", *own)


def _place(data: str, size: str) -> str:
    return {"smoke": f"{data}-views-smoke", "small": data}.get(size, f"{data}-{size}")


_NOTES = {
    "small": (
        "Beside ours on ShapeDB69 stand the paper's figures on ModelNet40: another set, larger networks, far longer "
        "training. ShapeDB69 has 1,977 training objects of 69 classes in poses that are not aligned.",
        "End to end: ResNet18 of half the channels and one block a stage on 64 pixels, DGCNN (32, 32, 64 channels, 8 "
        "neighbours) on 128 points, MeshNet of an eighth of the width on 160 faces, 256 dimensions. Encoders begin "
        "with what they have learnt from the training split without any label (MVI); the paper's code has ImageNet's "
        "weights for images. ShapeDB69 12 epochs, ModelNet40 8, ModelNet10 18; Adam along a cosine. The center loss "
        "weighs 0.05 for the code's 10.",
        "Images have 4 views, one of which (mvi: two) is trained on in each step. On ModelNet they are drawn from the "
        "clouds, and there are no meshes at hand.",
    ),
    "large": (
        "End to end, from drawn weights, with the paper's networks: ResNet18 on two of four views of 112 pixels (64 on "
        "ModelNet), DGCNN (20 neighbours) on 512 of 1,024 points, MeshNet on 1,024 faces, 512 dimensions, batches of "
        "96. Beside ours on ShapeDB69 stand the paper's figures on ModelNet40: another set, which is five times as "
        "large.",
        "For one GPU in minutes: far fewer batches than the paper's 27,500 (ShapeDB69 36 epochs, 756 batches; "
        "ModelNet40 24, 2,472; ModelNet10 48, 2,016), with Adam along a cosine in bfloat16. The center loss weighs "
        "0.05 for the code's 10.",
        "On ModelNet images are drawn from the clouds, and there are no meshes at hand.",
    ),
    "full": (
        "The paper's settings as its code has them, for a GPU: batches of 96, 267 epochs (27,500 batches). Images are "
        "12 of the 180 renders an object: the folder is CMCL's layout, with HDF5 clouds, renders and meshes.",
        "No ImageNet weights are used unless given, which the paper's code begins with for images: put weights = "
        '"FILE" under [modalities.image] in a copy of configs/modelnet40/paper_cmcl.toml, and name its folder by '
        "--configs.",
    ),
}
