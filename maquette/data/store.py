"""Prepared data on disk: every object's arrays of every modality, memory-mapped, so that loading is copying.

    store.json               format, files digest, seed, each modality's settings and fields
    manifest.json            the manifest, with the labels it was last prepared with
    notes.jsonl              what was assumed about an object, a line an object and modality
    refused.jsonl            what could not be read and why, a line an object and modality
    <modality>/state.npy     (N,) uint8: pending, done, refused, absent
    <modality>/<field>.npy   (N, *shape of the field)

`prepare` fills a store; this file only reads one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Int

from maquette.data.manifest import Manifest, Scalar
from maquette.errors import ConfigError, FileError
from maquette.modalities.base import Field

__all__ = ["Refusal", "State", "Store", "read_header", "read_refusals"]

FORMAT = "maquette-store-1"
_AGAIN = "remove the store's folder and run prepare again"


class State(IntEnum):
    """How far one object is in one modality."""

    PENDING = 0
    DONE = 1
    REFUSED = 2
    ABSENT = 3


@dataclass(frozen=True, order=True)
class Refusal:
    """An object that could not be read in one modality: the file at fault and a one-line reason."""

    id: str
    modality: str
    path: str
    reason: str


@dataclass(frozen=True)
class Store:
    """A finished store, opened for reading; rows are those of its manifest.

    `modality_labels` are the given labels of all rows in each modality, where they differ; on disk there are none.
    """

    folder: Path
    manifest: Manifest
    fields: Mapping[str, Mapping[str, Field]]
    settings: Mapping[str, Mapping[str, Any]]
    modality_labels: Mapping[str, Int[np.ndarray, "N"]] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path) -> Store:
        """The store in a folder; FileError if there is none, or if it is not finished, or damaged."""
        header = read_header(folder)
        if header is None:
            raise _not_a_store(folder)
        manifest = Manifest.load(folder / "manifest.json")
        try:
            fields = {
                name: {key: Field(tuple(shape), dtype) for key, (shape, dtype) in entry["fields"].items()}
                for name, entry in header["modalities"].items()
            }
            settings = {name: entry["settings"] for name, entry in header["modalities"].items()}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise FileError(folder / "store.json", f"lacks modalities with fields and settings: {_AGAIN}") from error
        store = cls(folder, manifest, fields, settings)
        for name in store.modalities:
            if not (folder / name / "state.npy").exists():
                raise FileError(folder, f"preparation of {name!r} was not begun: run prepare again")
            for key, kept in {"state": Field((), "uint8"), **fields[name]}.items():
                _map_array(folder / name / f"{key}.npy", len(manifest), kept)
            pending = int((store._states[name] == State.PENDING).sum())
            if pending:
                raise FileError(folder, f"{pending} objects are not prepared in {name!r} yet: run prepare again")
        return store

    def __len__(self) -> int:
        return len(self.manifest)

    @property
    def modalities(self) -> tuple[str, ...]:
        """Names of the modalities in the store, sorted."""
        return tuple(sorted(self.fields))

    @property
    def ids(self) -> tuple[str, ...]:
        """The objects' ids, in row order."""
        return self.manifest.ids

    @property
    def class_names(self) -> tuple[str, ...]:
        """What the labels stand for."""
        return self.manifest.class_names

    def rows(self, split: str | None = None) -> Int[np.ndarray, "N"]:
        """Rows of a split's objects, ascending; of all objects without a split."""
        return self.manifest.rows(split)

    def labels(self, split: str | None = None) -> Int[np.ndarray, "N"]:
        """Given labels, in row order."""
        return self.manifest.labels(split)

    def given_labels(self, split: str | None = None, *, modalities: Sequence[str]) -> Int[np.ndarray, "N *M"]:
        """Given labels of some modalities, in row order: one an object, or (N, M) where `modality_labels` are."""
        if not self.modality_labels:
            return self.labels(split)
        columns: Int[np.ndarray, "N M"] = np.stack(
            [self.modality_labels[name][self.rows(split)] for name in modalities], axis=1
        )
        return columns

    def true_labels(self, split: str | None = None) -> Int[np.ndarray, "N"]:
        """True labels, in row order, for metrics only; ConfigError where one is unknown."""
        return self.manifest.true_labels(split)

    def check_modality(self, modality: str) -> None:
        """Raise ConfigError if the store holds no such modality."""
        if modality not in self.fields:
            raise ConfigError(f"{self.folder} holds no modality {modality!r}: it has {', '.join(self.modalities)}")

    def present(self, modality: str) -> Bool[np.ndarray, "N"]:
        """Which rows have arrays of a modality; the others are absent or were refused."""
        self.check_modality(modality)
        return np.asarray(self._states[modality] == State.DONE)

    def arrays(self, modality: str, rows: Int[np.ndarray, "B"]) -> dict[str, np.ndarray]:
        """Copies of the prepared arrays of some rows, in the order asked for; ConfigError for a row without them."""
        missing = rows[~self.present(modality)[rows]]
        if len(missing):
            raise ConfigError(f"object {self.ids[int(missing[0])]!r} has no {modality!r}: ask `present` first")
        order = np.argsort(rows, kind="stable")
        gathered = {}
        for key, whole in self._maps[modality].items():
            batch = np.empty((len(rows), *whole.shape[1:]), whole.dtype)
            for place in order:  # ascending on disk, whatever the order in the batch
                batch[place] = whole[rows[place]]
            gathered[key] = batch
        return gathered

    @cached_property
    def notes(self) -> Mapping[tuple[str, str], Mapping[str, Scalar]]:
        """What was assumed on the way, under (id, modality); objects without notes are left out."""
        lines = _read_lines(self.folder / "notes.jsonl")
        return {(line["id"], line["modality"]): line["notes"] for line in lines}

    @cached_property
    def refused(self) -> tuple[Refusal, ...]:
        """What could not be read and why, sorted."""
        return read_refusals(self.folder)

    @cached_property
    def _states(self) -> dict[str, np.ndarray]:
        return {name: np.load(self.folder / name / "state.npy") for name in self.fields}

    @cached_property
    def _maps(self) -> dict[str, dict[str, np.ndarray]]:
        return {
            # As plain arrays: a row of a `np.memmap` costs its bookkeeping every time.
            name: {
                key: np.asarray(_map_array(self.folder / name / f"{key}.npy", len(self), field))
                for key, field in fields.items()
            }
            for name, fields in self.fields.items()
        }


def read_header(folder: Path) -> dict[str, Any] | None:
    """The content of a store's `store.json`; None where there is no store, FileError for something else."""
    path = folder / "store.json"
    if not path.exists():
        return None
    try:
        header = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise FileError(path, f"is not JSON: {error}") from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise FileError(path, f"is not the header of a store: expected format {FORMAT!r}")
    return header


def _not_a_store(folder: Path) -> FileError:
    """What is there instead of a store: nothing, files of another kind, or a store that lost its header."""
    if not folder.is_dir():
        return FileError(folder, "is no folder: expected one that `maquette data prepare CONFIG` made")
    if any(folder.glob("*/state.npy")):
        return FileError(folder / "store.json", f"does not exist, though arrays beside it were prepared: {_AGAIN}")
    return FileError(
        folder, "is not prepared: run `maquette data prepare CONFIG`, and name the folder that is data.prepared there"
    )


def _map_array(path: Path, count: int, field: Field) -> np.ndarray:
    """An array of a store, memory-mapped; FileError where it is not whole, or not of `count` objects."""
    try:
        array: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise FileError(path, f"is damaged or cut short ({error}): {_AGAIN}") from error
    if array.shape != (count, *field.shape) or array.dtype != np.dtype(field.dtype):
        found, wanted = f"{array.dtype} {array.shape}", f"{field.dtype} {(count, *field.shape)}"
        raise FileError(path, f"holds {found}, expected {wanted}: {_AGAIN}")
    return array


def read_refusals(folder: Path) -> tuple[Refusal, ...]:
    """The refusals recorded in a store, sorted; of two of the same object and modality the later one counts."""
    refusals = [Refusal(**line) for line in _read_lines(folder / "refused.jsonl")]
    return tuple(sorted({(refusal.id, refusal.modality): refusal for refusal in refusals}.values()))


def _read_lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            lines.append(json.loads(line))
        except ValueError:  # the last line of a killed run; its object is done again
            continue
    return lines
