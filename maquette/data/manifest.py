"""The list of a data set's objects: where their files are, which label was given, which is true where that is known.

A manifest is the only thing that knows a data set's layout; everything after it goes by ids, rows and labels. It is
one JSON file, an object a line, the same bytes for the same content, so that its digest names the data in results.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from jaxtyping import Int

from maquette.data.atomic import write_atomically
from maquette.errors import ConfigError, FileError

__all__ = ["FOREIGN", "SPLITS", "Item", "Manifest", "Scalar"]

SPLITS = ("train", "validation", "test")

FOREIGN = -1
"""True label of an object that is known to belong to none of the manifest's classes (open-set noise)."""

Scalar = str | int | float | bool | None
"""What metadata may hold: a JSON value that is neither list nor object."""

_FORMAT = "maquette-manifest-1"


@dataclass(frozen=True)
class Item:
    """One object: `label` is the given one; `true_label` is None if nobody knows it, `FOREIGN` outside the classes.

    `paths` leads from a modality to the object's files of that modality, relative to the manifest's root, with `/`;
    a modality without an entry is absent or can be derived. `checksums` leads from such a path to its SHA-256 (hex).
    """

    id: str
    split: str
    label: int
    true_label: int | None = None
    paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    checksums: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """A data set: `items` sorted by id, labels as indices into `class_names`, files under `root`.

    `source` says where the data came from (generator, seed, address, what was changed), as JSON values.
    Raises ConfigError for a label out of range, a repeated id, an unsorted list, an unknown split, or a path that
    leaves `root`.
    """

    name: str
    root: Path
    class_names: tuple[str, ...]
    items: tuple[Item, ...]
    source: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(set(self.class_names)) != len(self.class_names):
            raise ConfigError(f"manifest {self.name!r}: a class name occurs twice in {self.class_names}")
        for before, item in zip(self.items, self.items[1:], strict=False):
            if before.id >= item.id:
                fault = "occurs twice" if before.id == item.id else f"comes after {before.id!r}: sort the items by id"
                raise ConfigError(f"manifest {self.name!r}: id {item.id!r} {fault}")
        for item in self.items:
            _check(item, classes=len(self.class_names), manifest=self.name)

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of all but `root`: the same data in another folder has the same digest."""
        return hashlib.sha256(self._encode(root="")).hexdigest()

    @cached_property
    def files_digest(self) -> str:
        """SHA-256 (hex) of ids, paths and checksums alone: what prepared arrays depend on, whatever the labels."""
        content = [[item.id, item.paths, item.checksums] for item in self.items]
        return hashlib.sha256(_json(content).encode()).hexdigest()

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The items' ids, in row order."""
        return tuple(item.id for item in self.items)

    @cached_property
    def modalities(self) -> tuple[str, ...]:
        """Modalities of which at least one item has a file, sorted."""
        return tuple(sorted({name for item in self.items for name in item.paths}))

    @property
    def knows_true_labels(self) -> bool:
        """Whether the true label of every item is known (`FOREIGN` counts as known)."""
        return all(item.true_label is not None for item in self.items)

    def rows(self, split: str | None = None) -> Int[np.ndarray, "N"]:
        """Positions in `items` of a split's objects, ascending; of all objects without a split."""
        if split is not None and split not in SPLITS:
            raise ConfigError(f"split {split!r}: expected one of {', '.join(SPLITS)}")
        chosen = [row for row, item in enumerate(self.items) if split is None or item.split == split]
        return np.asarray(chosen, dtype=np.int64)

    def labels(self, split: str | None = None) -> Int[np.ndarray, "N"]:
        """Given labels, in row order."""
        return np.asarray([self.items[row].label for row in self.rows(split)], dtype=np.int64)

    def true_labels(self, split: str | None = None) -> Int[np.ndarray, "N"]:
        """True labels, in row order, for metrics only; ConfigError where one is unknown."""
        labels = []
        for row in self.rows(split):
            item = self.items[row]
            if item.true_label is None:
                raise ConfigError(f"manifest {self.name!r}: the true label of {item.id!r} is not known")
            labels.append(item.true_label)
        return np.asarray(labels, dtype=np.int64)

    def files(self, item: Item, modality: str) -> tuple[Path, ...]:
        """An item's files of a modality, under `root`; empty where it has none."""
        return tuple(self.root / path for path in item.paths.get(modality, ()))

    def with_labels(self, labels: Mapping[str, int], *, source: Mapping[str, Any]) -> Manifest:
        """A copy in which the items with these ids have these given labels; `source` is added to the copy's source.

        True labels are kept. Where the true label of a changed item was unknown, the label given before takes its
        place: it is the best that is known, and what the change is measured against.
        """
        unknown = sorted(set(labels) - set(self.ids))
        if unknown:
            raise ConfigError(
                f"manifest {self.name!r}: {len(unknown)} labels are for unknown ids, first {unknown[0]!r}"
            )
        items = tuple(
            replace(
                item,
                label=int(labels[item.id]),
                true_label=item.label if item.true_label is None else item.true_label,
            )
            if item.id in labels
            else item
            for item in self.items
        )
        return replace(self, items=items, source={**self.source, **source})

    def save(self, path: Path) -> None:
        """Write the manifest as JSON, atomically; equal manifests give equal bytes.

        `root` is written relative to the file's folder, so that data and manifest can be moved together.
        """
        try:
            root = os.path.relpath(self.root.absolute(), path.absolute().parent).replace(os.sep, "/")
        except ValueError:  # another drive
            root = str(self.root.absolute())
        write_atomically(path, self._encode(root=root))

    @classmethod
    def load(cls, path: Path, *, root: Path | None = None) -> Manifest:
        """The manifest in a file that `save` wrote, or FileError; `root` overrides where its data are."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise FileError(path, f"cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise FileError(path, f"is not JSON: {error}") from error
        if not isinstance(data, dict) or data.get("format") != _FORMAT:
            raise FileError(path, f"is not a manifest: expected a JSON object with format {_FORMAT!r}")
        try:
            items = tuple(
                Item(
                    id=str(item["id"]),
                    split=str(item["split"]),
                    label=item["label"],
                    true_label=item["true_label"],
                    paths={name: tuple(map(str, files)) for name, files in item["paths"].items()},
                    checksums=dict(item["checksums"]),
                    metadata=dict(item["metadata"]),
                )
                for item in data["items"]
            )
            folder = root if root is not None else Path(os.path.normpath(path.absolute().parent / data["root"]))
            return cls(data["name"], folder, tuple(data["class_names"]), items, data["source"])
        except (KeyError, TypeError, AttributeError) as error:
            raise FileError(path, f"is not a whole manifest: {type(error).__name__} {error}") from error
        except ConfigError as error:
            raise FileError(path, str(error)) from error

    def _encode(self, *, root: str) -> bytes:
        head = {
            "format": _FORMAT,
            "name": self.name,
            "root": root,
            "class_names": self.class_names,
            "source": self.source,
        }
        lines = ",\n".join(
            _json(
                {
                    "id": item.id,
                    "split": item.split,
                    "label": item.label,
                    "true_label": item.true_label,
                    "paths": item.paths,
                    "checksums": item.checksums,
                    "metadata": item.metadata,
                }
            )
            for item in self.items
        )
        return f'{_json(head)[:-1]}, "items": [\n{lines}\n]}}\n'.encode()


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False)


def _check(item: Item, *, classes: int, manifest: str) -> None:
    where = f"manifest {manifest!r}, item {item.id!r}"
    if not item.id:
        raise ConfigError(f"manifest {manifest!r}: an item has an empty id")
    if item.split not in SPLITS:
        raise ConfigError(f"{where}: split {item.split!r}: expected one of {', '.join(SPLITS)}")
    for kind, label in (("label", item.label), ("true label", item.true_label)):
        lowest = 0 if kind == "label" else FOREIGN
        if label is not None and (type(label) is not int or not lowest <= label < classes):
            raise ConfigError(f"{where}: {kind} {label!r}: expected an integer from {lowest} to {classes - 1}")
    if item.label is None:
        raise ConfigError(f"{where}: has no label")
    for name, files in item.paths.items():
        if not files:
            raise ConfigError(f"{where}: modality {name!r} is listed with no file: leave it out")
        for path in files:
            pure = PurePosixPath(path)
            if (
                pure.is_absolute()
                or ".." in pure.parts
                or "\\" in path
                or ":" in path.split("/")[0]
                or path != str(pure)
            ):
                raise ConfigError(f"{where}: path {path!r}: expected a plain path relative to the root, with '/'")
