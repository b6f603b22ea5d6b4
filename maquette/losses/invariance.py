"""Terms that pull the modalities of one object together."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from maquette.losses.presence import filled, modality_pairs

__all__ = ["modality_distance"]


def modality_distance(reps: Float[Tensor, "B M D"], present: Bool[Tensor, "B M"]) -> Float[Tensor, ""]:
    """Euclidean distance (not squared) between an object's modalities: Σ_{m<n} mean_i ‖v_i^m - v_i^n‖₂.

    DSCMR's J₃ (Zhen, Hu, Wang and Peng, CVPR 2019). The mean of a pair is over the objects that have both.

    >>> modality_distance(torch.tensor([[[3.0, 0.0], [0.0, 4.0]]]), torch.tensor([[True, True]]))
    tensor(5.)
    """
    values = filled(reps, present)
    total = reps.new_zeros(())
    for m, n in modality_pairs(reps.shape[1]):
        both = present[:, m] & present[:, n]
        distances = torch.linalg.vector_norm(values[:, m] - values[:, n], dim=-1)
        total = total + distances.masked_fill(~both, 0).sum() / both.sum().clamp(min=1)
    return total
