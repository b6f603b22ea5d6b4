"""A run's representations as files, in the layout that `maquette evaluate --features` reads.

`ids.json` beside them holds the objects' ids in row order, the split, the class names, whether the labels are true
ones, and under "lacking" the rows of the objects that lack a modality: their rows are zeros.
"""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import numpy as np
from jaxtyping import Shaped

from maquette.data.atomic import write_atomically
from maquette.errors import FileError
from maquette.metrics import average_views, feature_file
from maquette.metrics.features import IDS_FILE, LABELS_FILE
from maquette.train.evaluation import Backend, best_labels, encode_run
from maquette.train.run import Run

__all__ = ["VIEW_COUNTS", "write_representations"]

VIEW_COUNTS = (1, 2, 4)
"""Numbers of views that images are written at, as far as there are as many."""

_FORMAT = "maquette-representations-1"


def write_representations(run: Path, out: Path, *, split: str, backend: Backend = "torch") -> tuple[str, ...]:
    """Write a finished run's representations of a split into `out`; the names of the files, sorted.

    Labels are the true ones, given ones where nobody knows the true one. What an earlier call wrote is replaced;
    FileError if `out` holds anything else.
    """
    _check_ours(out)
    embedded, store, rows = encode_run(run, split=split, backend=backend)
    labels, known = best_labels(store, rows)
    arrays: dict[str, Shaped[np.ndarray, "..."]] = {LABELS_FILE: labels}
    for name, values in embedded.representations.items():
        if name in embedded.views:
            views = embedded.views[name]
            for count in VIEW_COUNTS:
                if count <= views.shape[1]:
                    arrays[feature_file(name, views=count)] = average_views(views, count)
        else:
            arrays[feature_file(name)] = values
    head = {
        "format": _FORMAT,
        "ids": [store.ids[row] for row in rows],
        "split": split,
        "class_names": list(store.class_names),
        "labels": "true" if known else "true where known, given elsewhere",
        "lacking": {name: np.flatnonzero(~mask).tolist() for name, mask in embedded.present.items() if not mask.all()},
        "run": Run.open(run).facts,
    }
    # First of all: what a killed call leaves behind is then known to be ours, and the next call writes over it.
    write_atomically(out / IDS_FILE, (json.dumps(head, indent=1, sort_keys=True) + "\n").encode())
    for old in sorted(out.glob("*_feat*.npy")):
        if old.name not in arrays:
            old.unlink()
    for name, array in arrays.items():
        buffer = BytesIO()
        np.save(buffer, array)
        write_atomically(out / name, buffer.getvalue())
    return tuple(sorted([*arrays, IDS_FILE]))


def _check_ours(out: Path) -> None:
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    try:
        ours = json.loads((out / IDS_FILE).read_text(encoding="utf-8")).get("format") == _FORMAT
    except (OSError, ValueError, AttributeError):
        ours = False
    if not ours:
        raise FileError(out, "exists and holds something else than representations: choose another folder")
