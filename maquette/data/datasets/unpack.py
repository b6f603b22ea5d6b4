"""From archives of arrays to files an object: how data sets that come packed get a manifest.

A builder says which objects there are and how the bytes of their files are made; here they are written once, hashed,
and kept. Large trees of images stay where they are and are linked to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from maquette.data.atomic import write_atomically
from maquette.data.datasets.folder import hash_split
from maquette.data.manifest import Item, Manifest, Scalar
from maquette.errors import ConfigError, FileError

__all__ = ["Packed", "array_bytes", "divide", "file_digest", "link", "unpack", "write_labels"]

Make = Callable[[], bytes | None]


@dataclass(frozen=True)
class Packed:
    """One object: what its manifest entry will say, and how its files are made.

    `files` leads from a modality to the path to write and what makes its bytes (None: it turns out that there are
    none), `links` to files that are under the root already (through `link`). `is_true`: whether the label is known to
    be right.
    """

    id: str
    split: str
    label: int
    files: Mapping[str, tuple[str, Make]] = field(default_factory=dict)
    links: Mapping[str, Sequence[str]] = field(default_factory=dict)
    metadata: Mapping[str, Scalar] = field(default_factory=dict)
    is_true: bool = True


def unpack(
    root: Path,
    *,
    name: str,
    class_names: Sequence[str],
    objects: Iterable[Packed],
    recipe: Mapping[str, Any],
    workers: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
    edition: int = 1,
) -> Manifest:
    """The manifest of `objects`, their files written under `root` by `workers` threads.

    `recipe` says what decides the bytes: sources' digests and options, as JSON values. Where `root` holds the same
    already, whole, nothing is written; ConfigError where it holds something else.
    """
    source = {"dataset": name, "edition": edition, **recipe}
    known = _known(root, source)
    if known is not None:
        if on_progress is not None:
            on_progress(len(known), len(known))
        return known
    wanted = sorted(objects, key=lambda packed: packed.id)
    for place in sorted({(root / path).parent for packed in wanted for path, _ in packed.files.values()}):
        place.mkdir(parents=True, exist_ok=True)

    def make(packed: Packed) -> Item:
        paths: dict[str, tuple[str, ...]] = {}
        sums: dict[str, str] = {}
        for modality, (path, content) in sorted(packed.files.items()):
            data = content()
            if data is None:
                continue
            (root / path).write_bytes(data)
            paths[modality], sums[path] = (path,), hashlib.sha256(data).hexdigest()
        for modality, files in sorted(packed.links.items()):
            paths[modality] = tuple(files)
            sums |= {file: file_digest(root / file) for file in files}
        true_label = packed.label if packed.is_true else None
        return Item(packed.id, packed.split, packed.label, true_label, paths, sums, dict(packed.metadata))

    items = []
    with ThreadPoolExecutor(max(workers, 1), thread_name_prefix=f"maquette-{name}") as pool:
        for item in pool.map(make, wanted):
            items.append(item)
            if on_progress is not None:
                on_progress(len(items), len(wanted))
    manifest = Manifest(name, root, tuple(class_names), tuple(items), source)
    root.mkdir(parents=True, exist_ok=True)
    manifest.save(root / "manifest.json")
    return manifest


def divide(
    splits: Mapping[str, str], labels: Mapping[str, int], *, validation_fraction: float, seed: int
) -> dict[str, str]:
    """The split of every id, with a share of each class's training objects, by a seeded hash, as validation split.

    >>> divide({"a": "train", "b": "train", "c": "test"}, {"a": 0, "b": 0, "c": 0}, validation_fraction=0.5, seed=0)
    {'a': 'train', 'b': 'validation', 'c': 'test'}
    """
    if not 0 <= validation_fraction < 1:
        raise ConfigError(f"validation_fraction {validation_fraction:g}: expected 0 to less than 1")
    classes: dict[int, list[str]] = {}
    for identity, split in sorted(splits.items()):
        if split == "train":
            classes.setdefault(labels[identity], []).append(identity)
    drawn = hash_split(classes.values(), seed=seed, validation=validation_fraction, test=0.0)
    return {identity: drawn.get(identity, split) for identity, split in splits.items()}


def array_bytes(values: np.ndarray) -> bytes:
    """An array as the bytes of a `.npy` file."""
    buffer = BytesIO()
    np.save(buffer, np.ascontiguousarray(values), allow_pickle=False)
    return buffer.getvalue()


def file_digest(path: Path) -> str:
    """SHA-256 (hex) of a file; FileError if it cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise FileError(path, f"cannot be read: {error.strerror or error}") from error


def link(root: Path, name: str, target: Path) -> str:
    """Have `root/name` stand for the folder `target`, without copying it; the name, for paths in a manifest."""
    root.mkdir(parents=True, exist_ok=True)
    place, wanted = root / name, target.absolute()
    if place.is_symlink():
        if place.readlink() == wanted:
            return name
        place.unlink()
    elif place.exists():
        raise ConfigError(f"{place} is no link to {wanted}: choose an empty folder as data.root, or remove it")
    try:
        place.symlink_to(wanted, target_is_directory=True)
    except OSError as error:
        raise FileError(place, f"cannot link to {wanted}: {error.strerror or error}") from error
    return name


def write_labels(manifest: Manifest, columns: Mapping[str, Mapping[str, int]]) -> None:
    """Write `labels/<name>.npy` for label columns by id: a row an object of train and validation, in manifest order.

    That is the order in which the noise kind `file` counts rows.
    """
    folder = manifest.root / "labels"
    folder.mkdir(exist_ok=True)
    learnt = [item.id for item in manifest if item.split != "test"]
    for name, column in sorted(columns.items()):
        values = np.array([column[identity] for identity in learnt], dtype=np.int64)
        write_atomically(folder / f"{name}.npy", array_bytes(values))


def _known(root: Path, source: Mapping[str, Any]) -> Manifest | None:
    """What is under `root` already, if it is whole; ConfigError if it was made from something else."""
    path = root / "manifest.json"
    if not path.is_file():
        return None
    manifest = Manifest.load(path, root=root)
    differing = sorted(name for name in source if manifest.source.get(name) != source[name])
    if differing:
        raise ConfigError(
            f"{root} holds another data set (it differs in {', '.join(differing)}): "
            "choose an empty folder, or remove what is there"
        )
    for item in manifest:
        for file, checksum in item.checksums.items():
            try:
                if file_digest(root / file) != checksum:
                    return None
            except FileError:
                return None
    return manifest
