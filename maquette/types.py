"""What flows between the floors: batches go in, representations come out, and one clock says where training stands.

Axes: B objects of a batch, M modalities, D dimensions of the common space, V views.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from jaxtyping import Bool, Float, Int
from torch import Tensor

__all__ = ["Batch", "Labels", "Progress", "Representations", "SamplePlan"]

Labels = Int[Tensor, "B"] | Int[Tensor, "B M"]
"""Given labels: one an object, or one an object and modality, in the order of the modalities' names."""


@dataclass(frozen=True)
class Batch:
    """B objects as the encoders take them.

    An object may lack any modality: `inputs[m]` holds rows only for the objects that have modality m, in the batch's
    order, and `present[m]` says which those are. Labels are the *given* ones; true labels never travel in a batch.
    """

    index: Int[Tensor, "B"]
    labels: Labels
    inputs: Mapping[str, Mapping[str, Tensor]]
    present: Mapping[str, Bool[Tensor, "B"]]

    def __len__(self) -> int:
        return int(self.index.shape[0])


@dataclass(frozen=True)
class Representations:
    """Representations of a batch in the common space, one slot an object and modality.

    `values[:, m]` belongs to `modalities[m]`. Where `present` is False the value is zero and must not count.
    `views` holds, for modalities of several views (images), the per-view representations that were averaged.
    """

    values: Float[Tensor, "B M D"]
    present: Bool[Tensor, "B M"]
    modalities: tuple[str, ...]
    views: Mapping[str, Float[Tensor, "B V D"]] = field(default_factory=dict)

    def __getitem__(self, modality: str) -> Float[Tensor, "B D"]:
        return self.values[:, self.modalities.index(modality)]


@dataclass(frozen=True)
class Progress:
    """The one clock of training: epoch and step count from 0; `step` counts within the epoch."""

    epoch: int
    epochs: int
    step: int
    steps: int

    @property
    def batches_done(self) -> int:
        """Batches finished before this one, over all epochs (if every epoch has `steps` of them)."""
        return self.epoch * self.steps + self.step


@dataclass(frozen=True)
class SamplePlan:
    """Batches that a method composes itself for one epoch: rows of the training split, one array a batch."""

    batches: tuple[Int[Tensor, "_"], ...]
