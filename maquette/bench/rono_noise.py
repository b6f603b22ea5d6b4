"""RONO's main question over its data sets: methods under symmetric and under asymmetric label noise.

Feng et al., RONO: Robust Discriminative Learning with Noisy Labels for 2D-3D Cross-Modal Retrieval, CVPR 2023. The
paper's own tables are not at hand; beside ours stand the figures of the authors' re-runs at a rate of 0.4,
https://github.com/penghu-cs/RONO. 3D MNIST has a table of its own, `rono/mnist3d`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maquette.bench.own_files import check_modelnet
from maquette.bench.plan import Cell, Row, Table
from maquette.bench.rono_workshop import METHODS, SMOKE_OWN, workshop_changes
from maquette.bench.selection import EVERYTHING, SAID, Place, Selection, check_size
from maquette.errors import ConfigError

__all__ = [
    "ASYMMETRIC",
    "RGBD",
    "SETS",
    "SMOKE_CLASSES",
    "SMOKE_METHODS",
    "SYMMETRIC",
    "NoiseSet",
    "full_check",
    "full_row",
    "noise_row",
    "noise_sets",
    "rono_asymmetric",
    "rono_symmetric",
]

SYMMETRIC = (0.0, 0.2, 0.4, 0.6, 0.8)
"""Rates of symmetric noise; at 0 the given labels are the true ones."""

ASYMMETRIC = (0.1, 0.2, 0.4)
"""Rates of asymmetric noise: those of RONO's released labels."""

SMOKE_METHODS = ("consensus", "rono", "cmcl", "cross_entropy")
"""Methods of the smoke test; `rono/workshop` tries all of them."""

SMOKE_CLASSES = ("bolt", "bowl", "chair", "cup", "house", "screw")
"""Classes of the built-in set in the smoke test; asymmetric noise finds two pairs among them."""

_REGISTERED = {"gce": "generalized_cross_entropy"}
_FULL_NAMES = {**_REGISTERED, "rono": "rono_modelnet"}

RGBD = "rgbd_object"
"""RONO's set that is there in `full` alone, and whose folder under `configs` it is."""


@dataclass(frozen=True)
class NoiseSet:
    """A data set of these tables: `epochs` and `batches` an epoch of its configuration, and its class map, if any.

    What counts epochs or batches in a method is scaled to them, as in the configurations of `configs/workshop`.
    """

    epochs: int
    batches: int
    batch_size: int
    class_map: str = ""


SETS: Mapping[str, NoiseSet] = {
    "shapedb69": NoiseSet(40, 21, 96),
    "modelnet40": NoiseSet(24, 77, 128, "modelnet40"),
    "modelnet10": NoiseSet(40, 32, 128, "modelnet10"),
}
"""Data sets by their folder under `configs`."""

_PAIRS = ("image->image", "image->pointcloud", "pointcloud->pointcloud", "pointcloud->image")

_PUBLISHED = {
    Cell(data, "rono", "symmetric 0.4", pair): figure
    for data, figures in {
        "modelnet40": (85.02, 85.82, 87.53, 85.47),
        "modelnet10": (86.18, 87.10, 89.37, 87.06),
    }.items()
    for pair, figure in zip(_PAIRS, figures, strict=True)
}


def rono_symmetric(*, size: str, configs: Path, data: Path | None = None, selection: Selection = EVERYTHING) -> Table:
    """All methods at rates 0 to 0.8: `small` on the sets in the folder `data`, `smoke` on the built-in one."""
    return _table("symmetric", SYMMETRIC, size=size, configs=configs, data=data, selection=selection)


def rono_asymmetric(*, size: str, configs: Path, data: Path | None = None, selection: Selection = EVERYTHING) -> Table:
    """All methods at rates 0.1 to 0.4, on the sets that have a class map: RONO's own, recovered from its labels."""
    return _table("asymmetric", ASYMMETRIC, size=size, configs=configs, data=data, selection=selection)


def _table(
    kind: str, rates: tuple[float, ...], *, size: str, configs: Path, data: Path | None, selection: Selection
) -> Table:
    smoke, full = check_size(size, "large", "full"), size == "full"
    offered = ("workshop",) if smoke else noise_sets(kind, full=full)
    if not smoke and data is None:
        raise ConfigError(f"size {size} needs --data FOLDER with the sets (docs/data says which files): or use smoke")
    sets = selection.data_sets(offered)
    methods = SMOKE_METHODS if smoke else METHODS
    usual = {kind: tuple(rate for rate in rates if rate)} if smoke else None
    places = selection.places(methods, {kind: rates}, usual=usual, seeds=(0,) if smoke else (0, 1, 2))
    made = [
        full_row(word, place, configs=configs, source=data)
        if full
        else noise_row(word, place, configs=configs, source=None if smoke else data, large=size == "large")
        for word in sets
        for place in places
    ]
    name = f"rono/{kind}"
    return Table(
        name if size == "small" else f"{name}-{size}",
        f"{kind.capitalize()} label noise over the data sets" + SAID.get(size, ""),
        # Seed by seed over all sets: a table that is not finished yet is level.
        tuple(sorted(made, key=lambda row: row.seed)),
        {"paper_rono": False, "clean": False},
        notes=() if smoke else (*_NOTES[size], *_OF_KIND[kind]),
        command=f"maquette reproduce {name} --size {size}" + ("" if smoke else " --data FOLDER"),
        columns="noise",
        published={} if smoke or kind != "symmetric" else _PUBLISHED,
        check=full_check(sets, data) if full else None,
    )


def full_check(sets: Sequence[str], data: Path | None) -> Callable[[], None] | None:
    """What looks for the papers' own files of these sets in the folder."""
    if data is None:
        return None
    source, classes = data, [10 if name == "modelnet10" else 40 for name in sets if name != RGBD]

    def check() -> None:
        for count in classes:
            check_modelnet(source, classes=count, meshes=False)

    return check


def noise_sets(kind: str, *, full: bool) -> tuple[str, ...]:
    """The data sets under this kind of noise: asymmetric noise needs a class map; `full` has RONO's own sets."""
    mapped = tuple(name for name, chosen in SETS.items() if chosen.class_map)
    if kind == "asymmetric":
        return mapped
    return (*mapped, RGBD) if full else tuple(SETS)


def noise_row(data: str, place: Place, *, configs: Path, source: Path | None, large: bool = False) -> Row:
    """A method's row on the data set; without a folder `source` on the built-in set, small enough for a smoke test.

    `large` takes the frozen vectors of larger networks, which want a GPU (`large_representations.toml`).
    """
    training = (f"noise.rate={place.rate}", f"train.seed={place.seed}")
    if source is None:
        changes = (
            *workshop_changes(size="smoke", kind=place.kind),
            # A rate of 0.8 needs more than five classes.
            f"data.options.classes={json.dumps(SMOKE_CLASSES)}",
            *SMOKE_OWN.get(place.name, ()),
            *training,
        )
        config = configs / data / f"{place.name}.toml"
        return Row(place.name, place.rate, place.seed, config, changes, place.kind, data=data, place=f"{data}-smoke")
    chosen = SETS[data]
    changes = (
        f"data.options.source={json.dumps(str(source))}",
        f"method.name={_REGISTERED.get(place.name, place.name)}",
        f"method.options={json.dumps(_options(place.name, chosen))}",
        *(("data.frozen.config=large_representations.toml",) if large else ()),
        f"noise.kind={place.kind}",
        *((f"noise.options.class_map={chosen.class_map}",) if place.kind == "asymmetric" else ()),
        *training,
    )
    config, home = configs / data / "frozen.toml", f"{data}-large" if large else data
    return Row(place.name, place.rate, place.seed, config, changes, place.kind, data=data, place=home)


def full_row(data: str, place: Place, *, configs: Path, source: Path | None) -> Row:
    """A method's row with RONO's own settings, features and labels; of RGB-D Object they are not known."""
    if data == RGBD:
        name = _REGISTERED.get(place.name, place.name)
        changes = (
            # The folder that its archives unpack to.
            f"data.options.source={json.dumps(f'{source}/rgbd-dataset')}",
            *(() if name == "rono" else (f"method.name={name}", "method.options={}")),
            f"noise.rate={place.rate}",
            f"train.seed={place.seed}",
        )
        config = configs / RGBD / "rono.toml"
        return Row(place.name, place.rate, place.seed, config, changes, place.kind, data=data, place=f"{data}-full")
    labels = "label" if place.kind == "symmetric" else "asy_label"
    changes = (
        f"data.options.source={json.dumps(str(source))}",
        f"data.options.features={json.dumps(str(source))}",
        f"data.options.classes={10 if data == 'modelnet10' else 40}",
        f"method.name={_FULL_NAMES.get(place.name, place.name)}",
        f"noise.options.path=labels/train_{labels}_{{percent}}.npy",
        f"noise.rate={place.rate}",
        f"train.seed={place.seed}",
    )
    config = configs / "modelnet40" / "paper_rono.toml"
    return Row(place.name, place.rate, place.seed, config, changes, place.kind, data=data, place=f"{data}-rono-full")


def _options(method: str, data: NoiseSet) -> dict[str, Any]:
    """The method's options where they differ from its defaults."""
    own: Mapping[str, dict[str, Any]] = {
        # The released code weighs the center loss 10, for 27,500 batches; here the classes must come first.
        "cmcl": {"weight_center": 0.05},
        # RONO's constants for 3D MNIST: the warm-up is half of the epochs, the centers' rate falls at three tenths.
        "rono": {
            "warm_up": data.epochs // 2,
            "center_lr_step": 3 * data.epochs * data.batches // 10,
            "head_lr": 2e-3,
            "center_lr": 2e-3,
        },
        "dac": {"batch_size": data.batch_size},
        "mvi": {"temperature": 0.2},
    }
    return own.get(method, {})


_FROZEN = (
    "All modalities are frozen: representations of networks that have learnt from the training split without any label "
    "(MVI). A perceptron a modality learns from them by given labels. RONO has a fine-tuned ResNet18 for images and "
    "frozen vectors, of a network trained with clean labels, for clouds: its figures stand beside for orientation.",
    "ModelNet: clouds of 1,024 points; images are drawn from the points, as there are no meshes at hand. ShapeDB69: "
    "meshes, clouds and images rendered from the meshes; no paper has this set.",
    "Epochs of the perceptrons: ShapeDB69 40 at batches of 96, ModelNet40 24 and ModelNet10 40 at 128. All methods "
    "share networks, rates and epochs, and have their paper's own constants; those that count batches or epochs are "
    "scaled.",
    "The images are the mean of their four views. mvi sees no labels: with one seed its columns do not differ.",
)

_NOTES = {
    "small": (
        "The frozen networks are small: ResNet18 of half the channels and one block a stage, DGCNN (32, 32, 64 "
        "channels, 8 neighbours) on 192 of 1,024 points, MeshNet of an eighth of the width on 160 faces; 4 views of 64 "
        "pixels.",
        *_FROZEN,
    ),
    "large": (
        "The frozen networks: ResNet18 of half the channels on 4 views of 64 pixels (ShapeDB69: 112), DGCNN (20 "
        "neighbours) on 512 of 1,024 points, MeshNet of half the width on 1,024 faces. They take a GPU some minutes; "
        "the rows need none.",
        *_FROZEN,
    ),
    "full": (
        "RONO's own settings, features and label files, for a GPU: ResNet18 on two renders of 112 pixels, frozen "
        "vectors of 512 numbers for clouds, 200 epochs at batches of 128. Other methods have the same networks and "
        "their own constants.",
        'No ImageNet weights are used unless given, which RONO begins with for images: put weights = "FILE" under '
        "[modalities.image] in a copy of configs/modelnet40/paper_rono.toml, and name its folder by --configs.",
        "RGB-D Object: RONO's division, settings and figures are not known. Its preset for 3D MNIST stands in, with "
        "ResNet18 and DGCNN; whole objects are held out, and labels are flipped by a seed.",
    ),
}

_OF_KIND = {
    "symmetric": (
        "At 0 labels are the true ones. RONO's figures are the authors' re-runs; the paper's own tables are not at "
        "hand. 3D MNIST has a table of its own, rono/mnist3d.",
    ),
    "asymmetric": (
        "Class maps are RONO's, recovered from its released labels; classes that it never flips keep their labels, so "
        "realised rates are lower than their names. No figure is published in reach.",
    ),
}
