"""Freezing: a data set in which some modalities are the representations of a trained model.

Training on frozen representations is what RONO does with point clouds, what the classical methods need, and what makes
a row of a table cost seconds. Which labels the model saw decides whether that is fair: the manifest names the model,
and what it saw (`source["encoders"]`).
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from maquette.data.manifest import SPLITS, Item, Manifest
from maquette.data.store import Store
from maquette.encoders import CrossModalModel, open_model
from maquette.errors import ConfigError, FileError, UnknownNameError
from maquette.modalities import MODALITIES, Modality
from maquette.train.evaluation import encode_split
from maquette.train.practice import what_it_saw
from maquette.train.run import pick_device

__all__ = ["freeze"]

_VECTORS, _LABELS = "vectors", "labels"

_Vectors = dict[int, Float32[np.ndarray, "D"]]


def freeze(store: Store, out: Path, *, model: Path, modalities: Sequence[str] = (), device: str = "auto") -> Manifest:
    """Write the store's data set into `out` with these modalities (none named: all of the model) frozen by the model.

    Objects, splits and labels, given and true, stay as they are; each object is encoded once, un-augmented, its views
    averaged. Files of the set's other modalities and its label files are copied. What was frozen there already from the
    same data by the same model is kept. UnknownNameError for a modality that the model or the store lacks, ConfigError
    where the store was prepared in another way than the model expects, FileError where `out` holds another set.
    """
    opened = open_model(model, device=str(pick_device(device)))
    chosen = tuple(sorted(modalities or opened.modalities))
    saw = {name: facts for name, facts in what_it_saw(model).items() if name in chosen}
    source = {
        **store.manifest.source,
        "encoders": {**(store.manifest.source.get("encoders") or {}), **saw},
        "frozen": {"data": store.manifest.digest, "model": opened.fingerprint, "modalities": list(chosen)},
    }
    known = _known(out, source["frozen"])
    if known is not None:
        return known
    readers = {name: _reader(opened, store, name) for name in chosen}
    vectors = _encode(opened, store, readers, device)
    for name in chosen:
        (out / _VECTORS / name).mkdir(parents=True, exist_ok=True)
    items = tuple(
        _write(item, {name: vectors[name].get(row) for name in chosen}, row, store.manifest.root, out)
        for row, item in enumerate(store.manifest.items)
    )
    if (store.manifest.root / _LABELS).is_dir():
        shutil.copytree(store.manifest.root / _LABELS, out / _LABELS, dirs_exist_ok=True)
    manifest = Manifest(store.manifest.name, out.absolute(), store.class_names, items, source)
    # Last: a folder without it was not finished, and is written again.
    manifest.save(out / "manifest.json")
    return manifest


def _reader(model: CrossModalModel, store: Store, name: str) -> Modality:
    """The modality as the model's own training prepared it, which must be how the store was prepared."""
    if name not in model.modalities:
        raise UnknownNameError("modality of this model", name, model.modalities)
    store.check_modality(name)
    spec = model.specs[name]
    try:
        reader = MODALITIES.build(name, **spec.preparation)
    except ConfigError as error:
        raise ConfigError(f"{name!r} of this model is frozen already: freeze the files' own set ({error})") from error
    if reader.fields() != store.fields[name]:
        raise ConfigError(
            f"{store.folder} holds {name!r} as {dict(store.fields[name])}, the model takes {reader.fields()}: "
            f"prepare the data with the model's settings, {dict(spec.preparation)}"
        )
    return reader


def _encode(model: CrossModalModel, store: Store, readers: dict[str, Modality], device: str) -> dict[str, _Vectors]:
    """By modality, the representation of every row of the store that has it."""
    vectors: dict[str, _Vectors] = {name: {} for name in readers}
    for split in SPLITS:
        if not len(store.rows(split)):
            continue
        embedded, rows = encode_split(model, store, modalities=readers, split=split, device=pick_device(device))
        for name in readers:
            there = embedded.present[name]
            vectors[name] |= zip(rows[there].tolist(), embedded.representations[name][there], strict=True)
    return vectors


def _write(item: Item, vectors: dict[str, Float32[np.ndarray, "D"] | None], row: int, root: Path, out: Path) -> Item:
    """The item with these modalities as vectors (None: it lacks it), its vectors written and its other files copied."""
    paths = {name: files for name, files in item.paths.items() if name not in vectors}
    for path in sorted({path for files in paths.values() for path in files}):
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / path, out / path)
    sums = {path: item.checksums[path] for files in paths.values() for path in files if path in item.checksums}
    for name, vector in vectors.items():
        if vector is None:
            continue
        content = BytesIO()
        np.save(content, vector)
        path = f"{_VECTORS}/{name}/{row:06d}.npy"
        (out / path).write_bytes(content.getvalue())
        paths[name], sums[path] = (path,), hashlib.sha256(content.getvalue()).hexdigest()
    return replace(item, paths=paths, checksums=sums)


def _known(out: Path, frozen: dict[str, Any]) -> Manifest | None:
    """The set that is in `out` already, if it is this one."""
    path = out / "manifest.json"
    if not path.is_file():
        return None
    manifest = Manifest.load(path, root=out.absolute())
    if manifest.source.get("frozen") != frozen:
        raise FileError(path, "belongs to other data or another model: choose an empty folder, or remove this one")
    return manifest
