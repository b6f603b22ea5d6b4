"""The contract of an index: what is added under an id is found by its vector, best first.

Vectors are numpy arrays, scaled to length 1 as they enter; a score is the cosine of query and item, bigger is better.
`memory` is the definition of right: every other back end must return the same rankings on the same calls.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Float64

from maquette.errors import InputError
from maquette.index.rows import Rows, checked_rows, unit_rows
from maquette.index.where import Condition
from maquette.registry import Registry

__all__ = ["INDEXES", "Entry", "Index", "Ranking"]


@dataclass(frozen=True)
class Ranking:
    """The answer to one query: ids from best to worst with their scores, equal scores in the order of the ids.

    It checks itself when it is made, so whoever receives one need not.
    """

    ids: tuple[str, ...]
    scores: Float64[np.ndarray, "K"]

    def __post_init__(self) -> None:
        assert len(self.ids) == len(self.scores) == len(set(self.ids)), "each id once, each with its score"
        assert bool(np.isfinite(self.scores).all()), "scores are finite"
        steps = zip(self.scores[:-1], self.scores[1:], self.ids[:-1], self.ids[1:], strict=True)
        assert all(a > b or (a == b and i < j) for a, b, i, j in steps), "best first, ties by id"

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Entry:
    """One item as the index holds it."""

    id: str
    vector: Float32[np.ndarray, "D"]
    metadata: Mapping[str, Any]


class Index(ABC):
    """Items by id, found by vector. `parts` names what an item's vector may have been fused from: its modalities.

    Parts are kept with the item, in the same write, to explain a score later; they are never searched.
    """

    def __init__(self, *, dimensions: int, parts: tuple[str, ...] = ()) -> None:
        if dimensions < 1 or len(set(parts)) != len(parts):
            raise InputError(f"index of {dimensions} dimensions, parts {parts}: expected 1 or more, each part once")
        self.dimensions = dimensions
        self.part_names = parts

    def add(
        self,
        ids: Sequence[str],
        vectors: Float[np.ndarray, "N d"],
        metadata: Sequence[Mapping[str, Any]] | None = None,
        *,
        parts: Mapping[str, Float[np.ndarray, "N e"]] | None = None,
    ) -> None:
        """Add new items, all or none; it has happened, for good, when this returns.

        Vectors of any length but zero; metadata of JSON values; a row of zeros in a part means the item lacks it. An id
        that is there already, or stands twice, and values that cannot be used raise InputError and change nothing.
        """
        self._put(self._checked(ids, vectors, metadata, parts), replace=False)

    def upsert(
        self,
        ids: Sequence[str],
        vectors: Float[np.ndarray, "N d"],
        metadata: Sequence[Mapping[str, Any]] | None = None,
        *,
        parts: Mapping[str, Float[np.ndarray, "N e"]] | None = None,
    ) -> None:
        """As `add`, but an id that is there already gets the new vector, metadata and parts."""
        self._put(self._checked(ids, vectors, metadata, parts), replace=True)

    def search(self, queries: Float[np.ndarray, "Q d"], *, k: int, where: Sequence[Condition] = ()) -> list[Ranking]:
        """The k best items for each query among those that match; fewer where there are fewer.

        A query of another dimension, of length zero, or with NaN raises InputError, and so does k < 1.
        """
        if k < 1:
            raise InputError(f"k = {k}: expected 1 or more")
        return self._rank(unit_rows(queries, self.dimensions, what="query"), k, where)

    @abstractmethod
    def remove(self, ids: Sequence[str]) -> int:
        """Remove those of the ids that are there, for good when this returns; how many they were."""

    @abstractmethod
    def get(self, ids: Sequence[str]) -> list[Entry]:
        """The items, in the order asked for; an id that is not there raises InputError."""

    @abstractmethod
    def parts(self, ids: Sequence[str]) -> Float32[np.ndarray, "N M D"]:
        """The unit representations the items were fused from, zero where one is lacking; order as asked for."""

    @abstractmethod
    def ids(self, where: Sequence[Condition] = ()) -> tuple[str, ...]:
        """The ids of the items that match, sorted."""

    @abstractmethod
    def counts(self, field: str) -> dict[str, int]:
        """How many items hold each value of a metadata field, by its text; items without the field count nowhere."""

    @abstractmethod
    def require_fields(self, where: Sequence[Condition]) -> None:
        """Raise InputError, naming the known fields, if no item has the field of a condition; no items: nothing."""

    @property
    @abstractmethod
    def version(self) -> int:
        """A number that grows with every write that changed something."""

    @abstractmethod
    def info(self) -> dict[str, Any]:
        """What it is and how much it holds, as JSON values."""

    def refresh(self) -> bool:
        """Take in what other processes wrote; whether anything had changed."""
        return False

    def __len__(self) -> int:
        return len(self.ids())

    @abstractmethod
    def __contains__(self, id_: object) -> bool: ...

    @abstractmethod
    def _put(self, rows: Rows, *, replace: bool) -> None:
        """Write checked rows; unless `replace`, an id that is there already raises InputError."""

    @abstractmethod
    def _rank(self, queries: Float32[np.ndarray, "Q D"], k: int, where: Sequence[Condition]) -> list[Ranking]:
        """The answers to checked queries of length 1."""

    def _checked(
        self,
        ids: Sequence[str],
        vectors: Float[np.ndarray, "N d"],
        metadata: Sequence[Mapping[str, Any]] | None,
        parts: Mapping[str, Float[np.ndarray, "N e"]] | None,
    ) -> Rows:
        return checked_rows(
            ids, vectors, metadata=metadata, parts=parts, dimensions=self.dimensions, names=self.part_names
        )


INDEXES: Registry[Index] = Registry("index")
