"""Is a collection whole? Index, model, files and pictures are compared with each other.

A *problem* makes answers wrong or impossible. A *remark* does not: a file that has moved is still found by its shape.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from maquette.encoders import open_model
from maquette.errors import MaquetteError
from maquette.search.collection import Collection
from maquette.search.fuse import fuse_parts

__all__ = ["CheckReport", "check_collection"]

_ROUNDING = 1e-5
_ITEMS_AT_ONCE = 1000


@dataclass(frozen=True)
class CheckReport:
    """How many items were checked; problems, then remarks, one sentence each."""

    items: int
    problems: tuple[str, ...]
    remarks: tuple[str, ...]


def check_collection(folder: Path) -> CheckReport:
    """Return what is wrong with the collection in a folder; InputError if there is none.

    Checked: the model opens and is the one the collection was made with; every row is undamaged, its vector finite, of
    length 1 and the fusion of its modalities' vectors; every item's file and picture are there, and no other picture.
    """
    try:
        collection = Collection.open(folder)
    except MaquetteError as error:
        if error.exit_code == 2 and not (folder / "collection.json").exists():
            raise
        return CheckReport(0, (str(error),), ())
    problems = [*_model_problems(collection), *_row_problems(collection)]
    return CheckReport(len(collection.index), tuple(problems), tuple(_remarks(collection)))


def _model_problems(collection: Collection) -> Iterator[str]:
    try:
        collection.require(open_model(collection.model_folder).fingerprint)
    except MaquetteError as error:
        yield str(error)


def _row_problems(collection: Collection) -> Iterator[str]:
    index = collection.index
    ids = index.ids()
    for start in range(0, len(ids), _ITEMS_AT_ONCE):
        some = ids[start : start + _ITEMS_AT_ONCE]
        vectors = np.stack([entry.vector for entry in index.get(some)]).astype(np.float64)
        try:
            fused = fuse_parts(index.parts(some))
        except MaquetteError as error:
            yield str(error)
            continue
        # Not <=: a NaN must not pass.
        sound = np.abs(np.linalg.norm(vectors, axis=1) - 1.0) < _ROUNDING
        agree = np.abs(fused - vectors).max(axis=1) < _ROUNDING
        yield from (f"item {some[row]!r}: its vector is not of length 1" for row in np.flatnonzero(~sound))
        yield from (
            f"item {some[row]!r}: its vector is not the fusion of its modalities' vectors: add it again"
            for row in np.flatnonzero(sound & ~agree)
        )


def _remarks(collection: Collection) -> Iterator[str]:
    known = set()
    for entry in collection.index.get(collection.index.ids()):
        picture = collection.thumbnail(entry.id)
        known.add(picture)
        if not picture.is_file():
            yield f"item {entry.id!r}: has no picture"
        root = Path(str(entry.metadata.get("root", "")))
        for path in entry.metadata.get("files", []):
            if not (root / path).is_file():
                yield f"item {entry.id!r}: its file {root / path} is not there any more"
    strangers = sorted(set((collection.folder / "thumbnails").rglob("*.png")) - known)
    if strangers:
        yield f"{len(strangers)} pictures belong to no item, as {strangers[0]}"
