"""Who is there: how a loss looks at a batch in which an object may lack any modality.

Every loss takes `reps (B, M, D)` with `present (B, M)`. What stands where `present` is False never counts, be it zero,
noise or NaN: it reaches neither the value nor a gradient.
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from maquette.types import Labels

__all__ = [
    "Rows",
    "filled",
    "modality_labels",
    "modality_pairs",
    "present_mean",
    "rows_of",
    "sum_of_modality_means",
]


class Rows(NamedTuple):
    """The present entries of a batch, one row each, object by object."""

    values: Float[Tensor, "R D"]
    labels: Int[Tensor, "R"]
    objects: Int[Tensor, "R"]
    """The object's place in the batch: rows of one object share it."""


def filled(reps: Float[Tensor, "B M D"], present: Bool[Tensor, "B M"]) -> Float[Tensor, "B M D"]:
    """`reps` with zeros where nothing is present, so that no garbage passes, in either direction."""
    return reps.masked_fill(~present.unsqueeze(-1), 0)


def modality_labels(labels: Labels, *, modalities: int) -> Int[Tensor, "B M"]:
    """The given label of each object in each modality: an object's one label in all, or its own in each.

    >>> modality_labels(torch.tensor([1, 0]), modalities=2).tolist()
    [[1, 1], [0, 0]]
    """
    return labels if labels.ndim == 2 else labels.unsqueeze(1).expand(-1, modalities)


def rows_of(reps: Float[Tensor, "B M D"], present: Bool[Tensor, "B M"], labels: Int[Tensor, "B"]) -> Rows:
    """The present entries with their given labels; no rows at all if nothing is present."""
    objects = torch.nonzero(present)[:, 0]
    return Rows(reps[present], labels[objects], objects)


def present_mean(values: Float[Tensor, "B M"], present: Bool[Tensor, "B M"]) -> Float[Tensor, ""]:
    """Mean of `values` over the present entries; 0 if there are none.

    >>> present_mean(torch.tensor([[1.0, 3.0], [5.0, 100.0]]), torch.tensor([[True, True], [True, False]]))
    tensor(3.)
    """
    return values.masked_fill(~present, 0).sum() / present.sum().clamp(min=1)


def sum_of_modality_means(values: Float[Tensor, "B M"], present: Bool[Tensor, "B M"]) -> Float[Tensor, ""]:
    """For each modality the mean over the objects that have it, summed; a modality that nobody has adds 0.

    >>> sum_of_modality_means(torch.tensor([[1.0, 4.0], [3.0, 100.0]]), torch.tensor([[True, True], [True, False]]))
    tensor(6.)
    """
    means = values.masked_fill(~present, 0).sum(dim=0) / present.sum(dim=0).clamp(min=1)
    return means.sum()


def modality_pairs(modalities: int) -> list[tuple[int, int]]:
    """Unordered pairs of different modalities: M(M-1)/2 of them.

    >>> modality_pairs(3)
    [(0, 1), (0, 2), (1, 2)]
    """
    return list(combinations(range(modalities), 2))
