"""CMCL on images and texts: Wikipedia and Pascal Sentence, as the paper claims it for any modalities.

Jing et al., Cross-modal Center Loss for 3D Cross-modal Retrieval, CVPR 2021. The paper has no figure on these sets.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from maquette.bench.plan import Row, Table
from maquette.bench.selection import EVERYTHING, SAID, Selection, check_size
from maquette.data.datasets.image_text import find_pairs, read_pairs
from maquette.errors import ConfigError

__all__ = ["METHODS", "SETS", "cmcl_image_text"]

METHODS: Mapping[str, str] = {
    "cmcl": "cmcl",
    "cross_entropy": "cross_entropy",
    "dscmr": "cross_entropy",
    "dscmr_plus": "cross_entropy",
    "rono": "rono",
}
"""Rows, and whose file of `configs/wikipedia` they take; the name of the method is put in."""

SETS = ("wikipedia", "pascal_sentence")
"""Data sets; their files in a folder begin with the word before the first underscore."""

# What CMCL's code says for ModelNet40, the weight of its center loss among it; the networks stay.
_FULL = (
    "method.options={}",
    "train.epochs=267",
    "train.optimizer=sgd",
    "train.lr=1e-3",
    "train.momentum=0.9",
    "train.schedule=step",
    "train.lr_step=10000",
)
_SMOKE = ("train.epochs=3", "train.batch_size=40", "train.device=cpu")


def cmcl_image_text(*, size: str, configs: Path, data: Path | None = None, selection: Selection = EVERYTHING) -> Table:
    """Methods on image and text features: those in the folder `data`, `smoke` the built-in stand-in.

    `full` has the epochs, rates and constants of CMCL's code.
    """
    smoke = check_size(size, "full")
    if not smoke and data is None:
        raise ConfigError(f"size {size} needs --data FOLDER with the features (docs/data/wikipedia.md): or use smoke")
    sets = selection.data_sets(SETS[:1] if smoke else SETS)
    places = selection.places(tuple(METHODS), {"symmetric": (0.0,)}, seeds=(0,) if smoke else (0, 1, 2))
    rows = [
        Row(
            place.name,
            0.0,
            place.seed,
            configs / "wikipedia" / f"{METHODS[place.name]}.toml",
            (
                *(_SMOKE if smoke or data is None else _changes(word, data)),
                f"method.name={place.name}",
                *(_FULL if size == "full" else ()),
                f"train.seed={place.seed}",
            ),
            data=word,
            place=word if size == "small" else f"{word}-{size}",
        )
        for word in sets
        for place in places
    ]
    return Table(
        "cmcl/image_text" if size == "small" else f"cmcl/image_text-{size}",
        "CMCL on images and texts" + SAID.get(size, ""),
        tuple(sorted(rows, key=lambda row: row.seed)),
        {"paper_cmcl": False, "clean": False},
        notes=_NOTES.get(size, ()),
        command=f"maquette reproduce cmcl/image_text --size {size}" + ("" if smoke else " --data FOLDER"),
        columns="row",
    )


def _changes(name: str, folder: Path) -> tuple[str, ...]:
    """The set and its file; where it is there, the sizes of its features, which Wikipedia's configuration has not."""
    found = sorted(path for path in folder.glob(f"{name.partition('_')[0]}*") if path.suffix in (".npz", ".mat"))
    source = found[0] if len(found) == 1 else folder
    changes = [f"data.name={name}", f"data.options.source={json.dumps(str(source))}"]
    if found:
        train = read_pairs(find_pairs(source))["train"]
        for modality, values in (("image", train.image), ("text", train.text)):
            changes += [f"modalities.{modality}.{key}={values.shape[1]}" for key in ("prepare.size", "options.inputs")]
    return tuple(changes)


_PASCAL = "Pascal Sentence has no canonical features: bring a file of them (docs/data/wikipedia.md)."

_NOTES = {
    "small": (
        "Features as published (Wikipedia: 128 of the image, 10 of the text) through a perceptron a modality, 30 "
        "epochs. CMCL's paper has no figure on these sets.",
        _PASCAL,
    ),
    "full": (
        "Features as published through a perceptron a modality, with the optimizer, rates, 267 epochs and constants "
        "that CMCL's code has for ModelNet40: it has none for these sets, and its paper no figure.",
        _PASCAL,
    ),
}
