"""Terms that ask of any two representations whether they belong to one class."""

from __future__ import annotations

from itertools import combinations_with_replacement

from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F

from maquette.losses.presence import filled

__all__ = ["pair_likelihood"]


def pair_likelihood(
    reps: Float[Tensor, "B M D"], present: Bool[Tensor, "B M"], labels: Int[Tensor, "B"]
) -> Float[Tensor, ""]:
    """Negative log-likelihood that two representations share a label, given half their cosine as logit.

    Σ_{m≤n} mean_{i,j} [ log(1 + e^Γ) - S Γ ], Γ = ½ cos(v_i^m, v_j^n), S = 1 where y_i = y_j. DSCMR's J₂ (Zhen, Hu,
    Wang and Peng, CVPR 2019); i = j counts. The mean of a pair of modalities is over the entries that are present.

    One object in one modality: Γ = ½, S = 1, so log(1 + e^½) - ½.

    >>> import torch
    >>> pair_likelihood(torch.tensor([[[2.0, 1.0]]]), torch.tensor([[True]]), torch.tensor([0]))
    tensor(0.4741)
    """
    unit = F.normalize(filled(reps, present), dim=-1)
    same = (labels.unsqueeze(0) == labels.unsqueeze(1)).to(reps.dtype)
    total = reps.new_zeros(())
    for m, n in combinations_with_replacement(range(reps.shape[1]), 2):
        both = present[:, m].unsqueeze(1) & present[:, n].unsqueeze(0)
        logits = unit[:, m] @ unit[:, n].T / 2
        values = F.softplus(logits) - same * logits
        total = total + values.masked_fill(~both, 0).sum() / both.sum().clamp(min=1)
    return total
