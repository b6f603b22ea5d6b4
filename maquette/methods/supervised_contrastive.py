"""Supervised Contrastive Learning. Khosla, Teterwak, Wang, Sarna, Tian, Isola, Maschinot, Liu, Krishnan. NeurIPS 2020.

Paper: https://arxiv.org/abs/2004.11362

    L_out = Σ_i -1/|P(i)| Σ_{p∈P(i)} log( e^{cos(i,p)/τ} / Σ_{a≠i} e^{cos(i,a)/τ} )          (2)

| symbol | name here | value |
|---|---|---|
| L_out | `supervised_contrast`, term of that name | weight 1, mean over i instead of the sum |
| P(i) | representations of the batch with i's given label, i excepted | |
| τ | `temperature` | 0.1 |

A common reference. Across modalities an object's modalities play the part of the paper's augmented views, so that all
representations of one given label attract each other, whatever their modality.
Differs from the paper: no projection network. It contrasts a projection and keeps what lies before it, which serves a
classifier trained later; here the space that is searched must itself be aligned.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F

from maquette.losses import rows_of
from maquette.methods.base import METHODS, Method
from maquette.methods.settings import check_positive
from maquette.types import Progress, Representations

__all__ = ["SupervisedContrastive", "supervised_contrast"]


def supervised_contrast(
    reps: Float[Tensor, "B M D"], present: Bool[Tensor, "B M"], labels: Int[Tensor, "B"], *, temperature: float
) -> Float[Tensor, ""]:
    """L_out, Eq. 2, as the mean over the representations that have a positive; 0 if none has.

    Two representations at right angles and of one label have nobody else to be near to:

    >>> supervised_contrast(
    ...     torch.eye(2).unsqueeze(1), torch.ones(2, 1, dtype=torch.bool), torch.tensor([5, 5]), temperature=1.0
    ... )
    tensor(0.)
    """
    rows = rows_of(reps, present, labels)
    unit = F.normalize(rows.values, dim=-1)
    similarities = unit @ unit.T / temperature
    itself = torch.eye(len(unit), dtype=torch.bool, device=unit.device)
    positives = (rows.labels.unsqueeze(0) == rows.labels.unsqueeze(1)) & ~itself
    # A finite floor instead of -inf: a row that is alone must give 0, not NaN, in value and gradient.
    others = similarities.masked_fill(itself, torch.finfo(similarities.dtype).min).logsumexp(dim=1)
    counts = positives.sum(dim=1)
    attraction = (similarities * positives).sum(dim=1) / counts.clamp(min=1)
    has_positive = counts > 0
    return (others - attraction).masked_fill(~has_positive, 0).sum() / has_positive.sum().clamp(min=1)


@METHODS.register("supervised_contrastive")
class SupervisedContrastive(Method):
    """Supervised contrastive learning across modalities."""

    def __init__(self, *, classes: int, dimensions: int, modalities: tuple[str, ...], temperature: float = 0.1) -> None:
        super().__init__(classes=classes, dimensions=dimensions, modalities=modalities)
        check_positive(temperature=temperature)
        self.temperature = temperature

    def forward(
        self, reps: Representations, labels: Int[Tensor, "B"], index: Int[Tensor, "B"], progress: Progress
    ) -> dict[str, Tensor]:
        """The one term `supervised_contrast`."""
        loss = supervised_contrast(reps.values, reps.present, labels, temperature=self.temperature)
        return {"supervised_contrast": loss}
