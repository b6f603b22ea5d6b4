"""The contract of a method: from representations and given labels to the terms of an objective.

What only training needs (classifier, centers, memory banks) lives in the method and is left out of an exported model.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from maquette.registry import Registry
from maquette.types import Labels, Progress, Representations, SamplePlan

__all__ = ["METHODS", "Method", "ParamGroup", "Scan", "Verdicts"]

Scan = Callable[[], tuple[Representations, Labels]]
"""Un-augmented representations of the whole training split in manifest order, with the given labels."""


@dataclass(frozen=True)
class ParamGroup:
    """Parameters that share an optimiser and a rate; `None` means: as the encoders, by the training configuration.

    `lr_step`: real batches after which the rate is multiplied by `lr_factor`, again and again, for groups whose
    schedule is not the encoders' (RONO's centers).
    """

    name: str
    parameters: tuple[nn.Parameter, ...]
    lr: float
    optimizer: Literal["sgd", "adam"] | None = None
    momentum: float | None = None
    weight_decay: float | None = None
    lr_step: int | None = None
    lr_factor: float = 0.1


@dataclass(frozen=True)
class Verdicts:
    """What a method believes about the given labels of a batch; only reports compare it with the truth.

    `index` are rows of the training split. `score` orders the objects, bigger is more surely clean; its unit is the
    method's own (`clean` says where it draws the line). `corrected` are the labels it puts in place of the given ones,
    if it corrects any.
    """

    index: Int[Tensor, "B"]
    clean: Bool[Tensor, "B"]
    score: Float[Tensor, "B"]
    corrected: Int[Tensor, "B"] | None = None


class Method(nn.Module, ABC):
    """One paper's objective over representations in a common space.

    `takes_modality_labels`: whether an object may have another given label in each modality; training refuses it where
    that is not said.
    """

    takes_modality_labels = False

    def __init__(self, *, classes: int, dimensions: int, modalities: tuple[str, ...]) -> None:
        super().__init__()
        self.classes = classes
        self.dimensions = dimensions
        self.modalities = modalities

    @abstractmethod
    def forward(
        self, reps: Representations, labels: Labels, index: Int[Tensor, "B"], progress: Progress
    ) -> dict[str, Tensor]:
        """The objective's terms, weighted, under the paper's names; the objective is their sum.

        `labels` are the given ones; `index` are the objects' rows in the training split, for memory banks.
        """

    def report(self) -> dict[str, float]:
        """Diagnostics of the last batch, recorded and never added to the objective."""
        return {}

    def verdicts(self) -> Verdicts | None:
        """Which objects of the last batch it took for clean; None where the method does not divide."""
        return None

    def predict(self, reps: Representations) -> Float[Tensor, "B C"] | None:
        """Class probabilities of objects (rows sum to 1), None where the method has no classifier.

        Never part of search: says how much of the given labels has been learnt by heart.
        """
        return None

    def param_groups(self, lr: float) -> list[ParamGroup]:
        """The method's own parameters; `lr` is the encoders' rate."""
        parameters = tuple(self.parameters())
        return [ParamGroup("method", parameters, lr)] if parameters else []

    def before_step(self) -> None:
        """Called after the gradients of a whole step (all accumulated batches) are there, before the optimisers."""

    def begin_epoch(self, scan: Scan, progress: Progress) -> SamplePlan | None:
        """Called before an epoch; may scan the training split and compose the epoch's batches itself."""
        return None


METHODS: Registry[Method] = Registry("method")
