"""The losses as their papers write them: a similarity or distance for every pair that a formula names.

Feng et al., RONO, CVPR 2023, and Jing et al., Cross-modal Center Loss, CVPR 2021; Z is (M·B, D), modality by modality.
"""

from __future__ import annotations

from itertools import combinations

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["center_loss", "mean_square_error", "rdc_loss"]


def rdc_loss(
    representations: Tensor,
    labels: Tensor,
    centers: Tensor,
    *,
    blend: float,
    threshold: float,
    scale_vanilla: float,
    scale_robust: float,
) -> Tensor:
    """RONO's robust discriminative center loss, (1 − v) L_v + v L_r, from the cosine of every row to every center."""
    classes = len(centers)
    cosines = F.cosine_similarity(representations.unsqueeze(1), centers.unsqueeze(0), dim=2)
    own = cosines[torch.arange(len(labels)), labels]
    mean = cosines.mean(1)
    vanilla = ((mean.exp() - (own * (classes + 1) / classes).exp()) / scale_vanilla).mean()
    robust = -((mean.exp() - own.exp() + threshold).abs() / scale_robust).mean()
    return (1 - blend) * vanilla + blend * robust


def center_loss(modalities: list[Tensor], labels: Tensor, centers: Tensor) -> Tensor:
    """CMCL's center loss as its authors average it: squared distances to the own center, picked from all of them."""
    losses = []
    for values in modalities:
        distances = (values.unsqueeze(1) - centers.unsqueeze(0)).square().sum(2)
        losses.append(distances[torch.arange(len(labels)), labels].mean())
    return torch.stack(losses).mean()


def mean_square_error(modalities: list[Tensor]) -> Tensor:
    """CMCL's mean square error, summed over the pairs of modalities."""
    return torch.stack([F.mse_loss(one, other) for one, other in combinations(modalities, 2)]).sum()
