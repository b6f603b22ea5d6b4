"""How far representations are from the center of their given label, one center a class, shared by all modalities.

Given labels are one an object, or one an object and modality.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from maquette.losses.presence import filled
from maquette.types import Labels

__all__ = ["center_cosines", "center_logits", "squared_center_distances"]


def squared_center_distances(
    reps: Float[Tensor, "B M D"],
    present: Bool[Tensor, "B M"],
    labels: Labels,
    *,
    centers: Float[Tensor, "C D"],
) -> Float[Tensor, "B M"]:
    """Squared Euclidean distance of each representation to the center of its given label; 0 where absent.

    Centers are gathered by label, so nothing of the size B times C is built.

    >>> reps, present = torch.tensor([[[1.0, 2.0], [4.0, 0.0]]]), torch.tensor([[True, True]])
    >>> squared_center_distances(reps, present, torch.tensor([1]), centers=torch.tensor([[9.0, 9.0], [1.0, 0.0]]))
    tensor([[4., 9.]])
    """
    own = centers[labels] if labels.ndim == 2 else centers[labels].unsqueeze(1)
    differences = filled(reps - own, present)
    return differences.square().sum(dim=-1)


def center_cosines(
    reps: Float[Tensor, "B M D"],
    present: Bool[Tensor, "B M"],
    labels: Labels,
    *,
    centers: Float[Tensor, "C D"],
) -> tuple[Float[Tensor, "B M"], Float[Tensor, "B M"]]:
    """Cosine to the center of the given label, and the mean of the cosines to all centers; both 0 where absent.

    A representation of length zero has cosine 0 to everything.

    >>> reps, present = torch.tensor([[[2.0, 0.0], [0.0, 5.0]]]), torch.tensor([[True, True]])
    >>> own, mean = center_cosines(reps, present, torch.tensor([0]), centers=torch.tensor([[3.0, 0.0], [0.0, 1.0]]))
    >>> own.tolist(), mean.tolist()
    ([[1.0, 0.0]], [[0.5, 0.5]])
    """
    unit_reps = F.normalize(filled(reps, present), dim=-1)
    unit_centers = F.normalize(centers, dim=-1)
    axes = "bmd,bmd->bm" if labels.ndim == 2 else "bmd,bd->bm"
    own = torch.einsum(axes, unit_reps, unit_centers[labels])
    return own, unit_reps @ unit_centers.mean(dim=0)


def center_logits(
    reps: Float[Tensor, "B M D"],
    present: Bool[Tensor, "B M"],
    *,
    centers: Float[Tensor, "C D"],
    temperature: float,
) -> Float[Tensor, "B M C"]:
    """Cosine of each representation to each center, divided by `temperature` (> 0): logits of a nearest-center softmax.

    >>> reps, present = torch.tensor([[[2.0, 0.0]]]), torch.tensor([[True]])
    >>> center_logits(reps, present, centers=torch.tensor([[3.0, 0.0], [0.0, 1.0]]), temperature=0.5)
    tensor([[[2., 0.]]])
    """
    return F.normalize(filled(reps, present), dim=-1) @ F.normalize(centers, dim=-1).T / temperature
