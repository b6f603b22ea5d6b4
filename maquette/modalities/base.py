"""The contract of a modality: from a file to fixed-shape arrays, from those to a network's input.

A modality is a key of a dict everywhere else; whatever is special about images, point clouds or meshes lives here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from maquette.geometry.mesh import Cloud, Mesh
from maquette.registry import Registry

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["MODALITIES", "Arrays", "Field", "Modality", "Prepared"]

Arrays = Mapping[str, np.ndarray]
"""Named arrays; of one object when prepared, with a leading axis B in a batch."""


@dataclass(frozen=True)
class Field:
    """Shape and dtype of one prepared array of one object."""

    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class Prepared:
    """One object in one modality, ready for the store, and what was assumed on the way."""

    arrays: Arrays
    notes: Mapping[str, str | int | float | bool] = field(default_factory=dict)


class Modality(ABC):
    """Reads, derives, augments and collates one kind of data. Settings are constructor arguments."""

    name: ClassVar[str]
    suffixes: ClassVar[frozenset[str]]
    """File endings, lower case with the dot, that `read` understands."""

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON values: `type(m)(**m.settings())` is the same modality."""

    @abstractmethod
    def fields(self) -> dict[str, Field]:
        """The arrays that `read` and `derive` return for one object."""

    @abstractmethod
    def read(self, paths: Sequence[Path], rng: np.random.Generator) -> Prepared:
        """One object from its files of this modality (several for the views of an image); FileError if unusable."""

    @abstractmethod
    def derive(self, shape: Mesh | Cloud, rng: np.random.Generator) -> Prepared | None:
        """One object of this modality made from its geometry (normalised, z up); None where that cannot be."""

    @abstractmethod
    def augment(self, arrays: Arrays, rng: np.random.Generator) -> Arrays:
        """A training batch (leading axis B), randomly altered; the arguments are left as they are."""

    @abstractmethod
    def collate(self, arrays: Arrays) -> dict[str, Tensor]:
        """A batch (leading axis B) as the encoder's keyword arguments; deterministic."""


MODALITIES: Registry[Modality] = Registry("modality")
