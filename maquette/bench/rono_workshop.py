"""Methods under symmetric and asymmetric label noise on the built-in set: images, point clouds and meshes together.

RONO's question (Feng et al., CVPR 2023) asked of three modalities, with all methods that train here. Asymmetric noise
takes objects for those of a class that looks like theirs: the built-in set's close pairs. Instance-dependent noise
takes single objects for those of the class that they look like.
"""

from __future__ import annotations

import json
from pathlib import Path

from maquette.bench.rows import Row, Table
from maquette.bench.selection import EVERYTHING, Selection, check_size
from maquette.data.noise import map_of_pairs
from maquette.geometry.procedural import CLOSE_PAIRS
from maquette.train.noise import FROZEN

__all__ = [
    "CLASS_MAP",
    "FITTED",
    "METHODS",
    "NOISES",
    "SMOKE_OWN",
    "rono_workshop",
    "workshop_changes",
    "workshop_place",
]

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
"""Configuration files of `configs/workshop`, in the table's order."""

FITTED = ("mvda", "mvda_vc")
"""Projections in the table, after the methods: fitted on the same frozen representations."""

NOISES = {"symmetric": (0.0, 0.2, 0.4, 0.6, 0.8), "asymmetric": (0.2, 0.4), "instance_dependent": (0.4,)}
"""Kinds of noise and their rates; at 0 the given labels are the true ones."""

CLASS_MAP = map_of_pairs(CLOSE_PAIRS)
"""Which class asymmetric noise takes each for: the first of its close ones."""

_SMOKE_CLASSES = ("bolt", "bowl", "cup", "screw")

_SMOKE_REPRESENTATIONS = (
    "dimensions=16",
    'modalities.image.prepare={"views": 2, "resolution": 32, "train_views": 2, "augmentation": "code"}',
    "modalities.image.options.width=8",
    'modalities.pointcloud.prepare={"points_prepared": 256, "points": 64, "augmentation": "turn"}',
    'modalities.pointcloud.options={"k": 4, "channels": [8, 8, 16], "emb_dims": 32}',
    'modalities.mesh.prepare={"faces": 64, "augmentation": "paper"}',
    "modalities.mesh.options.width=4",
    "train.epochs=1",
    "train.batch_size=14",
    "train.warmup=0",
    "train.workers=0",
    "train.device=cpu",
)

_SMOKE = (
    "dimensions=32",
    "data.options.objects_per_class=10",
    f"data.options.classes={json.dumps(_SMOKE_CLASSES)}",
    "data.options.photos=2",
    "data.options.photo_resolution=48",
    "data.options.scan_points=256",
    f"data.frozen.changes={json.dumps(_SMOKE_REPRESENTATIONS)}",
    *(f"modalities.{name}.prepare.size=16" for name in ("image", "pointcloud", "mesh")),
    *(f"modalities.{name}.options.inputs=16" for name in ("image", "pointcloud", "mesh")),
    "train.epochs=3",
    "train.batch_size=14",
    "train.warmup=0",
    "train.workers=0",
    "train.device=cpu",
)

SMOKE_OWN = {
    "dac": ("method.options.warm_up=1", "method.options.batch_size=14"),
    "rono": ("method.options.warm_up=2",),
}
"""What the smoke test changes in single methods: so few epochs would be all warm-up."""


def rono_workshop(*, size: str, configs: Path, data: Path | None = None, selection: Selection = EVERYTHING) -> Table:
    """The table's rows: `small` has the demo's size, `smoke` four classes and two epochs; neither reads `data`.

    By default all methods under all noise with the seeds 0, 1, 2 (smoke: both kinds at 0.4, seed 0).
    """
    smoke = check_size(size)
    own = SMOKE_OWN if smoke else {}
    usual = dict.fromkeys(("symmetric", "asymmetric"), (0.4,)) if smoke else None
    rows = tuple(
        Row(
            place.name,
            place.rate,
            place.seed,
            configs / "workshop" / f"{'cross_entropy' if place.name in FITTED else place.name}.toml",
            (
                *workshop_changes(size=size, kind=place.kind),
                *own.get(place.name, ()),
                f"noise.rate={place.rate}",
                f"train.seed={place.seed}",
            ),
            place.kind,
            place.name if place.name in FITTED else None,
            place=workshop_place(size),
        )
        for place in selection.places((*METHODS, *FITTED), NOISES, usual=usual, seeds=(0,) if smoke else (0, 1, 2))
    )
    return Table(
        "rono/workshop" + ("-smoke" if smoke else ""),
        "The built-in set under label noise, three modalities"
        + (": a smoke test, whose figures mean nothing" if smoke else ""),
        rows,
        {"clean": False},
        {},
        () if smoke else _NOTES,
        f"maquette reproduce rono/workshop --size {size}",
    )


def workshop_place(size: str) -> str:
    """The place that tables of the built-in set share in this size; other tables' smoke tests have other classes."""
    return "workshop" if size == "small" else f"workshop-four-{size}"


def workshop_changes(*, size: str, kind: str = "symmetric") -> tuple[str, ...]:
    """What a size and a kind of noise change in the configurations of `configs/workshop`."""
    smoke = check_size(size)
    changes = _SMOKE if smoke else ()
    if kind == "symmetric":
        return changes
    if kind == "instance_dependent":
        return (*changes, f"noise.kind={kind}", f"noise.options={json.dumps({'representations': FROZEN})}")
    class_map = {name: CLASS_MAP[name] for name in _SMOKE_CLASSES} if smoke else CLASS_MAP
    return (*changes, f"noise.kind={kind}", f"noise.options={json.dumps({'class_map': class_map})}")


_NOTES = (
    "31 of the 49 classes, 50 objects each: the 23 that have a close one, and eight that stand alone. Objects of the "
    "test split (20 %) are searched among themselves; an object's own other files are not among the answers.",
    "All three modalities are frozen: representations of small networks (ResNet18, DGCNN, MeshNet) that have "
    "learnt from the training split without any label (MVI, 30 epochs). A perceptron a modality learns from them, "
    "40 epochs.",
    "Asymmetric noise takes an object for the first close class and leaves the eight others alone: its realised rate "
    "over all objects is about three quarters of its name. Instance-dependent noise takes 40 % of all objects, those "
    "first that look most like another class in the frozen representations, as that class. At 0 labels are the true "
    "ones.",
    "All methods share networks, rates and epochs, and have their paper's own constants; those that count batches or "
    "epochs are scaled to this shorter training, and the configurations say so.",
    "mvi sees no labels: with one seed its columns do not differ. mvda and mvda_vc are fitted at once, by given labels,"
    " and draw nothing. cca, pls and dcca take two modalities, and are not here.",
)
