"""Terms on the predictions of a shared classifier that need no hard label: soft targets, and what tempers them."""

from __future__ import annotations

from math import log

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from maquette.losses.presence import filled, sum_of_modality_means

__all__ = ["entropy_penalty", "prior_penalty", "soft_cross_entropy"]


def soft_cross_entropy(
    logits: Float[Tensor, "B M C"], present: Bool[Tensor, "B M"], targets: Float[Tensor, "B C"]
) -> Float[Tensor, ""]:
    """-Σ_m mean_i Σ_k t_ik log p^m_ik, for targets that are probabilities.

    >>> present = torch.ones(1, 1, dtype=torch.bool)
    >>> soft_cross_entropy(torch.zeros(1, 1, 4), present, torch.tensor([[0.5, 0.5, 0.0, 0.0]]))
    tensor(1.3863)
    """
    logs = F.log_softmax(filled(logits, present), dim=-1)
    return sum_of_modality_means(-torch.einsum("bmc,bc->bm", logs, targets), present)


def prior_penalty(logits: Float[Tensor, "B M C"], present: Bool[Tensor, "B M"]) -> Float[Tensor, ""]:
    """Σ_m Σ_k π_k log(π_k / p̄_k), π uniform, p̄ the mean prediction of the batch: 0 if all classes are used alike."""
    logs = F.log_softmax(filled(logits, present), dim=-1)
    floor = torch.finfo(logs.dtype).min
    counts = present.sum(dim=0)
    mean_logs = logs.masked_fill(~present.unsqueeze(2), floor).logsumexp(dim=0) - counts.clamp(min=1).to(
        logs.dtype
    ).log().unsqueeze(1)
    penalties: Tensor = -log(logits.shape[2]) - mean_logs.mean(dim=1)
    return penalties.masked_fill(counts == 0, 0).sum()


def entropy_penalty(logits: Float[Tensor, "B M C"], present: Bool[Tensor, "B M"]) -> Float[Tensor, ""]:
    """Σ_m mean_i Σ_k p log p, between -M log C and 0: minimised, it keeps predictions from growing too sure."""
    logs = F.log_softmax(filled(logits, present), dim=-1)
    return sum_of_modality_means((logs.exp() * logs).sum(dim=-1), present)
