"""Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy Labels. Zhang, Sabuncu. NeurIPS 2018.

Paper: https://arxiv.org/abs/1805.07836

    L_q = (1 - p_y^q) / q                                                                  (6)

| symbol | name here | value |
|---|---|---|
| L_q | `generalized_cross_entropy`, term of that name | weight 1 |
| q | `exponent` | 0.7; towards 0 cross-entropy, 1 is the absolute error |
| p | softmax of `SharedHead` | |

A common reference among losses for noisy labels, here with one classifier for all modalities: for each modality a mean
over the objects that have it, summed. The truncated variant of the paper (its Eq. 8) is not implemented.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from maquette.errors import ConfigError
from maquette.losses import label_log_probabilities, sum_of_modality_means
from maquette.methods.base import METHODS, Method
from maquette.methods.head import SharedHead, mean_probabilities
from maquette.types import Labels, Progress, Representations

__all__ = ["GeneralizedCrossEntropy", "generalized_cross_entropy"]


def generalized_cross_entropy(
    logits: Float[Tensor, "B M C"], present: Bool[Tensor, "B M"], labels: Labels, *, exponent: float
) -> Float[Tensor, ""]:
    """Σ_m mean_i (1 - p_y^q) / q, Eq. 6, with q the `exponent` in (0, 1].

    Equal logits over four classes, q = ½: (1 - ½) / ½ for each modality.

    >>> generalized_cross_entropy(
    ...     torch.zeros(1, 2, 4), torch.ones(1, 2, dtype=torch.bool), torch.tensor([3]), exponent=0.5
    ... )
    tensor(2.)
    """
    logs = label_log_probabilities(logits, present, labels)
    return sum_of_modality_means(-torch.expm1(exponent * logs) / exponent, present)


@METHODS.register("generalized_cross_entropy")
class GeneralizedCrossEntropy(Method):
    """Generalized cross-entropy of one classifier that all modalities share."""

    takes_modality_labels = True

    def __init__(self, *, classes: int, dimensions: int, modalities: tuple[str, ...], exponent: float = 0.7) -> None:
        super().__init__(classes=classes, dimensions=dimensions, modalities=modalities)
        if not 0 < exponent <= 1:
            raise ConfigError(f"exponent is {exponent}: expected above 0 and up to 1 (0.7 in the paper)")
        self.exponent = exponent
        self.head = SharedHead(classes=classes, dimensions=dimensions)

    def forward(
        self, reps: Representations, labels: Labels, index: Int[Tensor, "B"], progress: Progress
    ) -> dict[str, Tensor]:
        """The one term `generalized_cross_entropy`."""
        logits = self.head(reps.values, reps.present)
        loss = generalized_cross_entropy(logits, reps.present, labels, exponent=self.exponent)
        return {"generalized_cross_entropy": loss}

    def predict(self, reps: Representations) -> Float[Tensor, "B C"]:
        """The head's class probabilities, averaged over the present modalities."""
        return mean_probabilities(self.head(reps.values, reps.present), reps.present)
