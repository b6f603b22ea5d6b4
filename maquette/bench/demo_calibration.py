"""What scores mean in the demo's collection: found out on the validation objects, which are not in it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np

from maquette.errors import InputError
from maquette.search import Engine, Part
from maquette.search.calibrate import Gallery, calibrate, own_trials, trials_of
from maquette.search.parts import ITEM, EncodedPart
from maquette.train.evaluation import encode_run
from maquette.train.run import Run

__all__ = ["EncodedObject", "calibrate_demo", "encoded_objects"]

EncodedObject = tuple[str, str, list[EncodedPart]]
"""Class, id, and the representation of every photo, scan and mesh."""


def encoded_objects(run: Path, *, split: str) -> list[EncodedObject]:
    """Return the objects of a run's split, from the prepared data."""
    found, store, rows = encode_run(run, split=split)
    labels = store.labels()[rows]
    objects: list[EncodedObject] = []
    for place, row in enumerate(rows.tolist()):
        parts = []
        for name, values in found.representations.items():
            if found.present[name][place]:
                views = found.views[name][place] if name in found.views else values[place : place + 1]
                wide = views.astype(np.float64)
                scaled = wide / np.linalg.norm(wide, axis=1, keepdims=True)
                parts += [EncodedPart(Part(name, Path(store.ids[row])), view) for view in scaled]
        objects.append((store.class_names[labels[place]], store.ids[row], parts))
    return objects


def calibrate_demo(run: Run, engine: Engine) -> None:
    """Calibrate the collection, as `maquette index calibrate --run` does, but on data that are prepared already.

    The tiny demo has too few objects for that: its collection stays as it is.
    """
    rng = np.random.default_rng(0)
    gallery = Gallery.of(engine)
    trials = trials_of(encoded_objects(run.folder, split="validation"), gallery)
    trials[ITEM] = own_trials(engine, gallery, rng=rng)[ITEM]
    fitted_on = f"validation objects of the run {run.folder.name}"
    with suppress(InputError):
        calibrate(engine, trials, gallery, fitted_on=fitted_on, rng=rng)[0].save(engine.collection.folder)
