"""CMCL on images and texts: Wikipedia and Pascal Sentence, as the paper claims it for any modalities.

Jing et al., Cross-modal Center Loss for 3D Cross-modal Retrieval, CVPR 2021. The paper has no figure on these sets.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from maquette.bench.plan import Row, Table
from maquette.bench.selection import EVERYTHING, Selection, check_size
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

_SMOKE = ("train.epochs=3", "train.batch_size=40", "train.device=cpu")


def cmcl_image_text(*, size: str, configs: Path, data: Path | None = None, selection: Selection = EVERYTHING) -> Table:
    """Methods on image and text features: `small` those in the folder `data`, `smoke` the built-in stand-in."""
    smoke = check_size(size)
    if not smoke and data is None:
        raise ConfigError("size small needs --data FOLDER with the features (docs/data/wikipedia.md): or use smoke")
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
                f"train.seed={place.seed}",
            ),
            data=word,
            place=f"{word}-smoke" if smoke else word,
        )
        for word in sets
        for place in places
    ]
    return Table(
        "cmcl/image_text" + ("-smoke" if smoke else ""),
        "CMCL on images and texts" + (": a smoke test, whose figures mean nothing" if smoke else ""),
        tuple(sorted(rows, key=lambda row: row.seed)),
        {"paper_cmcl": False, "clean": False},
        notes=() if smoke else _NOTES,
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


_NOTES = (
    "Features as published (Wikipedia: 128 of the image, 10 of the text) through a perceptron a modality, 30 epochs. "
    "CMCL's paper has no figure on these sets.",
    "Pascal Sentence has no canonical features: bring a file of them (docs/data/wikipedia.md).",
)
