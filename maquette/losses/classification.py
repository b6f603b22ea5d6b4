"""Terms on the logits of a classifier that all modalities share: each a mean over objects, summed over modalities.

Given labels are one an object, or one an object and modality.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from maquette.losses.presence import filled, modality_labels, sum_of_modality_means
from maquette.types import Labels

__all__ = ["absolute_error", "cross_entropy", "label_log_probabilities"]


def label_log_probabilities(
    logits: Float[Tensor, "B M C"], present: Bool[Tensor, "B M"], labels: Labels
) -> Float[Tensor, "B M"]:
    """Natural logarithm of the softmax probability of each object's given label, in each modality.

    Where a modality is absent the value is -log C and has no gradient; mask it.
    """
    given = modality_labels(labels, modalities=logits.shape[1])
    log_probabilities = F.log_softmax(filled(logits, present), dim=-1)
    return log_probabilities.gather(2, given.unsqueeze(2)).squeeze(2)


def cross_entropy(logits: Float[Tensor, "B M C"], present: Bool[Tensor, "B M"], labels: Labels) -> Float[Tensor, ""]:
    """Cross-entropy with the given labels, sum over modalities of the mean over objects: -Σ_m mean_i log p^m_{i,y_i}.

    Jing, Vahdani, Tan and Tian, Cross-modal Center Loss, CVPR 2021, Eq. 4.
    https://openaccess.thecvf.com/content/CVPR2021/html/Jing_Cross-Modal_Center_Loss_for_3D_Cross-Modal_Retrieval_CVPR_2021_paper.html

    Equal logits over four classes, in two modalities, give 2 log 4:

    >>> cross_entropy(torch.zeros(3, 2, 4), torch.ones(3, 2, dtype=torch.bool), torch.tensor([0, 1, 3]))
    tensor(2.7726)
    """
    return sum_of_modality_means(-label_log_probabilities(logits, present, labels), present)


def absolute_error(logits: Float[Tensor, "B M C"], present: Bool[Tensor, "B M"], labels: Labels) -> Float[Tensor, ""]:
    """Half the L1 distance between softmax probabilities and the one-hot given label: Σ_m mean_i (1 - p^m_{i,y_i}).

    Bounded by the number of modalities, so that a wrong label can pull only so far. Ghosh, Kumar and Sastry, Robust
    Loss Functions under Label Noise, AAAI 2017, https://arxiv.org/abs/1712.09482

    >>> absolute_error(torch.zeros(3, 2, 4), torch.ones(3, 2, dtype=torch.bool), torch.tensor([0, 1, 3]))
    tensor(1.5000)
    """
    return sum_of_modality_means(1 - torch.exp(label_log_probabilities(logits, present, labels)), present)
