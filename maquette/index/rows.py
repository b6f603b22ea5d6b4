"""The columns of an index: ids, unit vectors, metadata and the representations a vector was fused from.

What enters an index is checked here once; after that every back end may trust it. Rows are immutable: a write makes new
ones, so a search that runs meanwhile keeps what it started with.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Int

from maquette.errors import InputError
from maquette.index.where import Condition, lookup

__all__ = ["Rows", "checked_rows", "unit_rows"]

_COMPARED = (str, int, float, bool)
"""What conditions compare; in fields of other kinds none holds."""


@dataclass(frozen=True)
class Rows:
    """N items in columns; row i of each column belongs to `ids[i]`.

    `vectors` have length 1. `metadata` is JSON text, one object an item. `parts[i, m]` is the representation of item i
    in the index's m-th part (a modality), zero where it has none; None where the rows travel without them.
    """

    ids: tuple[str, ...]
    vectors: Float32[np.ndarray, "N D"]
    metadata: tuple[str, ...]
    parts: Float32[np.ndarray, "N M D"] | None = None
    _columns: dict[str, tuple[list[Any], Int[np.ndarray, "N"]]] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def row_of(self) -> Mapping[str, int]:
        """The row of each id."""
        return {id_: row for row, id_ in enumerate(self.ids)}

    def without_parts(self) -> Rows:
        """The same rows, to be kept in memory where the parts stay on disk."""
        return Rows(self.ids, self.vectors, self.metadata)

    def without(self, ids: Sequence[str]) -> Rows:
        """The rows of all other ids, in their order."""
        gone = set(ids)
        keep = [row for row, id_ in enumerate(self.ids) if id_ not in gone]
        return Rows(
            tuple(self.ids[row] for row in keep),
            self.vectors[keep],
            tuple(self.metadata[row] for row in keep),
            None if self.parts is None else self.parts[keep],
        )

    def merged(self, newer: Rows) -> Rows:
        """These rows and the newer ones; where an id is in both, the newer row alone."""
        replaced = [id_ for id_ in newer.ids if id_ in self.row_of]
        older = self.without(replaced) if replaced else self
        both = older.parts is not None and newer.parts is not None
        return Rows(
            older.ids + newer.ids,
            np.concatenate([older.vectors, newer.vectors]),
            older.metadata + newer.metadata,
            np.concatenate([older.parts, newer.parts]) if both else None,
        )

    def matching(self, where: Sequence[Condition]) -> Bool[np.ndarray, "N"]:
        """Which rows all the conditions hold for."""
        keep = np.ones(len(self), dtype=bool)
        for condition in where:
            values, codes = self._column(condition.field)
            keep &= np.array([condition.holds(value) for value in values], dtype=bool)[codes]
        return keep

    def ids_matching(self, where: Sequence[Condition]) -> tuple[str, ...]:
        """The ids of the rows that all the conditions hold for, sorted."""
        return tuple(sorted(self.ids[row] for row in np.flatnonzero(self.matching(where))))

    def counts(self, name: str) -> dict[str, int]:
        """How many rows hold each value of a field, by its text, sorted; true and false in lower case."""
        values, codes = self._column(name)
        totals: dict[str, int] = {}
        for value, count in zip(values, np.bincount(codes, minlength=len(values)).tolist(), strict=True):
            if value is not None:
                text = str(value).lower() if isinstance(value, bool) else str(value)
                totals[text] = totals.get(text, 0) + count
        return dict(sorted(totals.items()))

    def require_fields(self, where: Sequence[Condition]) -> None:
        """Raise InputError, naming the known fields, if no row has a value that a condition could hold for."""
        for condition in where:
            if len(self) and self._column(condition.field)[0] == [None]:
                known = sorted({name for metadata in self._parsed for name in _fields(metadata)})
                raise InputError(
                    f"condition {condition}: no item has a text or a number in field {condition.field!r}: "
                    f"expected one of {', '.join(known) or '(none)'}"
                )

    def _column(self, name: str) -> tuple[list[Any], Int[np.ndarray, "N"]]:
        """The distinct values of a field and each row's place among them; kept, as filters come back."""
        if name not in self._columns:
            places: dict[tuple[type, Any], int] = {}
            codes = np.empty(len(self), dtype=np.int64)
            for row, metadata in enumerate(self._parsed):
                value = lookup(metadata, name)
                value = value if isinstance(value, _COMPARED) else None
                codes[row] = places.setdefault((type(value), value), len(places))
            self._columns[name] = ([value for _, value in places] or [None], codes)
        return self._columns[name]

    @cached_property
    def _parsed(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text in self.metadata]


def checked_rows(
    ids: Sequence[str],
    vectors: Float[np.ndarray, "N d"],
    *,
    metadata: Sequence[Mapping[str, Any]] | None,
    parts: Mapping[str, Float[np.ndarray, "N e"]] | None,
    dimensions: int,
    names: tuple[str, ...],
) -> Rows:
    """Rows made of what a caller gave, checked and normalised; anything unusable raises InputError.

    `names` are the index's parts; `parts` may lack some of them, and a row of zeros in one means that item lacks it.
    """
    ids = tuple(ids)
    for id_ in ids:
        _check_id(id_)
    if len(set(ids)) != len(ids):
        twice = next(id_ for row, id_ in enumerate(ids) if id_ in ids[:row])
        raise InputError(f"id {twice!r} stands twice in one call: expected each id once")
    texts = (
        ("{}",) * len(ids) if metadata is None else tuple(_json(m, id_) for m, id_ in zip(metadata, ids, strict=False))
    )
    if vectors.shape[0] != len(ids) or (metadata is not None and len(metadata) != len(ids)):
        raise InputError(
            f"{len(ids)} ids, {vectors.shape[0]} vectors, {len(texts)} metadata: expected one each an item"
        )
    columns = np.zeros((len(ids), len(names), dimensions), dtype=np.float32)
    for name, values in (parts or {}).items():
        if name not in names or values.shape != (len(ids), dimensions):
            raise InputError(
                f"part {name!r} of shape {values.shape}: expected {(len(ids), dimensions)}, "
                f"and one of the parts {', '.join(names) or '(none)'}"
            )
        there = np.any(values != 0, axis=1)
        columns[there, names.index(name)] = unit_rows(values[there], dimensions, what=f"part {name!r}")
    return Rows(ids, unit_rows(vectors, dimensions, what="vector"), texts, columns if names else None)


def unit_rows(vectors: Float[np.ndarray, "N d"], dimensions: int, *, what: str) -> Float32[np.ndarray, "N D"]:
    """The vectors scaled to length 1, as float32.

    A vector of another dimension, with NaN or infinity, or of length 0 (it has no direction) raises InputError, which
    calls it `what` and names its row.
    """
    if vectors.shape[1] != dimensions:
        raise InputError(f"{what} of {vectors.shape[1]} dimensions: expected {dimensions}, as the index was made with")
    wide: Float64[np.ndarray, "N D"] = vectors.astype(np.float64)
    largest = np.abs(wide).max(axis=1, initial=0.0)
    for bad, reason in ((~np.isfinite(largest), "has NaN or infinity"), (largest == 0, "is all zero")):
        if bad.any():
            raise InputError(
                f"{what} {int(np.argmax(bad))} of {len(wide)} {reason}: expected finite values with a direction"
            )
    # First by the largest value, so that squares can neither overflow nor vanish.
    wide = wide / largest[:, None]
    lengths = np.sqrt(np.square(wide).sum(axis=1, keepdims=True))
    unit: Float32[np.ndarray, "N D"] = (wide / lengths).astype(np.float32)
    return unit


def _fields(metadata: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The names under which conditions find a value, dotted where it is nested."""
    for name, value in metadata.items():
        if isinstance(value, Mapping):
            yield from _fields(value, f"{prefix}{name}.")
        elif isinstance(value, _COMPARED):
            yield prefix + name


def _check_id(id_: str) -> None:
    if not id_:
        raise InputError("id '': expected a text that is not empty")
    try:
        id_.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(f"id {id_!r}: expected text that UTF-8 can write") from error


def _json(metadata: Mapping[str, Any], id_: str) -> str:
    try:
        return json.dumps(dict(metadata), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"metadata of {id_!r}: {error}: expected JSON values (texts, finite numbers, lists)"
        ) from error
