"""What a query is made of: files and items, each with a weight, and how their representations become one vector.

A weight above 0 asks for what is like the part, one below 0 for what is not like it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, Float64

from maquette.errors import InputError
from maquette.search.fuse import fuse_signed, fuse_weighted

__all__ = ["ITEM", "UNLIKE", "EncodedPart", "Part", "Query", "composition"]

UNLIKE = -0.5
"""The weight of "not like this" where nobody says how much: enough to turn away, too little to turn round."""

ITEM = "item"
"""Stands where a modality would: the part is an item of the collection, by the vector it is found by."""


@dataclass(frozen=True)
class Part:
    """A file of a modality, or an item of the collection by its id: exactly one of `path` and `item`.

    `weight` below 0 is "not like this"; 0 leaves the part out.
    """

    modality: str | None = None
    path: Path | None = None
    item: str | None = None
    weight: float = 1.0

    def __post_init__(self) -> None:
        if (self.path is None) == (self.item is None):
            raise InputError(f"part with path {self.path} and item {self.item!r}: expected exactly one of the two")
        if (self.path is None) != (self.modality is None):
            raise InputError(f"part {self.name!r} with modality {self.modality!r}: expected one for a file, none else")
        if not isfinite(self.weight):
            raise InputError(f"weight {self.weight} of {self.name!r}: expected a finite number")

    @property
    def name(self) -> str:
        """The file's path, or the item's id."""
        return str(self.path) if self.path is not None else str(self.item)

    @property
    def group(self) -> str:
        """The modality, or `ITEM`: parts of one group are averaged before groups are."""
        return self.modality or ITEM


@dataclass(frozen=True)
class EncodedPart:
    """A part with its representation, of length 1, and what was assumed in reading it."""

    part: Part
    vector: Float64[np.ndarray, "D"] | Float32[np.ndarray, "D"]
    assumed: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Query:
    """The parts that could be used, and those refused as (path, reason).

    `weights` are those of the modalities among each other, where they are not all 1.
    """

    parts: tuple[EncodedPart, ...]
    refused: tuple[tuple[str, str], ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)

    @property
    def composition(self) -> str:
        """What is asked for, without how much: the key under which queries of this kind are calibrated."""
        return composition([encoded.part for encoded in self.parts])

    def wanted(self) -> Float64[np.ndarray, "D"]:
        """The fusion of the parts that are asked for alone: what a score's meaning is calibrated on."""
        return fuse_weighted(self._groups(1), modality_weights=self.weights)

    def vector(self) -> Float64[np.ndarray, "D"]:
        """The vector that items are ranked by: what is asked for, less what is asked against."""
        against = self._groups(-1)
        if not against:
            return self.wanted()
        return fuse_signed(self._groups(1), against, modality_weights=self.weights)

    def _groups(self, sign: int) -> dict[str, list[tuple[np.ndarray, float]]]:
        groups: dict[str, list[tuple[np.ndarray, float]]] = {}
        for encoded in self.parts:
            if encoded.part.weight * sign > 0:
                groups.setdefault(encoded.part.group, []).append((encoded.vector, encoded.part.weight * sign))
        return groups


def composition(parts: Sequence[Part]) -> str:
    """Return the groups that are asked for, sorted, each with "several" where there are two parts or more of it.

    >>> composition([Part("mesh", Path("a.off")), Part("image", Path("b.png")), Part("image", Path("c.png"))])
    'several image + mesh'
    """
    groups = sorted(part.group for part in parts if part.weight > 0)
    names = sorted(set(groups))
    return " + ".join(f"several {name}" if groups.count(name) > 1 else name for name in names)
