"""MRL: Learning Cross-Modal Retrieval with Noisy Labels. Hu, Peng, Zhu, Zhen, Lin. CVPR 2021.

Paper: https://openaccess.thecvf.com/content/CVPR2021/html/Hu_Learning_Cross-Modal_Retrieval_With_Noisy_Labels_CVPR_2021_paper.html
Authors' code: https://github.com/penghu-cs/MRL

    L = β L_r + (1 - β) L_c

| symbol | name here | value |
|---|---|---|
| L_r | `robust_clustering`, term of that name | weight β = 0.7 (the authors' command for Wikipedia, noise 0.6) |
| L_c | `maquette.losses.instance_contrast`, term `multimodal_contrastive` | weight 1 - β |
| τ₁ | `temperature_clustering` | 1 |
| τ₂ | `temperature_contrastive` | 1 |
| C | `centers`, unit length, at first K columns of an orthogonal matrix | the encoders' optimiser |

Minimising the logarithm of 1 - p makes the gradient largest where p is large already: confident samples lead, samples
with a wrong label are hardly heard.

Differs from the authors' code: log(1 - p) is computed from logits and needs no clamp; representations are brought to
unit length here (theirs leave the networks so). The centers are brought to unit length in every forward pass and before
every step, theirs after every step: the same to first order. One given label an object, or one a modality as
theirs draws noise: the configuration says which. The authors train with Adam 1e-4, cosine schedule, batch 100, 100
epochs.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from maquette.errors import ConfigError
from maquette.losses import center_logits, filled, instance_contrast, modality_labels, present_mean
from maquette.methods.base import METHODS, Method
from maquette.methods.head import mean_probabilities
from maquette.methods.settings import check_positive
from maquette.types import Labels, Progress, Representations

__all__ = ["MRL", "robust_clustering"]


def robust_clustering(
    logits: Float[Tensor, "B M C"], present: Bool[Tensor, "B M"], labels: Labels
) -> Float[Tensor, ""]:
    """L_r = mean log(1 - p_y) over the present representations, p the softmax of the logits.

    At most 0, without a lower bound as p goes to 1. Needs at least two classes.

    Equal logits over four classes give log(3/4):

    >>> robust_clustering(torch.zeros(1, 2, 4), torch.ones(1, 2, dtype=torch.bool), torch.tensor([3]))
    tensor(-0.2877)
    """
    logits = filled(logits, present)
    given = F.one_hot(modality_labels(labels, modalities=logits.shape[1]), logits.shape[2]).bool()
    others = logits.masked_fill(given, -torch.inf).logsumexp(dim=-1)
    return present_mean(others - logits.logsumexp(dim=-1), present)


@METHODS.register("mrl")
class MRL(Method):
    """Robust clustering and multimodal contrastive learning."""

    takes_modality_labels = True

    def __init__(
        self,
        *,
        classes: int,
        dimensions: int,
        modalities: tuple[str, ...],
        beta: float = 0.7,
        temperature_clustering: float = 1.0,
        temperature_contrastive: float = 1.0,
    ) -> None:
        super().__init__(classes=classes, dimensions=dimensions, modalities=modalities)
        if not 0 <= beta <= 1:
            raise ConfigError(f"beta is {beta}: expected 0 (contrastive only) to 1 (clustering only)")
        if classes < 2:
            raise ConfigError(f"mrl was given {classes} class: its log(1 - p) needs at least two")
        check_positive(temperature_clustering=temperature_clustering, temperature_contrastive=temperature_contrastive)
        self.beta = beta
        self.temperature_clustering = temperature_clustering
        self.temperature_contrastive = temperature_contrastive
        self.centers = nn.Parameter(F.normalize(nn.init.orthogonal_(torch.empty(classes, dimensions)), dim=1))

    def forward(
        self, reps: Representations, labels: Labels, index: Int[Tensor, "B"], progress: Progress
    ) -> dict[str, Tensor]:
        """The terms `robust_clustering` and `multimodal_contrastive`, each unless its weight is 0."""
        terms = {}
        if self.beta > 0:
            terms["robust_clustering"] = self.beta * robust_clustering(self._logits(reps), reps.present, labels)
        if self.beta < 1:
            contrast = instance_contrast(reps.values, reps.present, temperature=self.temperature_contrastive)
            terms["multimodal_contrastive"] = (1 - self.beta) * contrast
        return terms

    @torch.no_grad()
    def before_step(self) -> None:
        """Bring the centers back to unit length, so that the step has its nominal size."""
        self.centers.copy_(F.normalize(self.centers, dim=1))

    def predict(self, reps: Representations) -> Float[Tensor, "B C"]:
        """The probabilities p of the objective, averaged over the present modalities."""
        return mean_probabilities(self._logits(reps), reps.present)

    def _logits(self, reps: Representations) -> Float[Tensor, "B M C"]:
        return center_logits(reps.values, reps.present, centers=self.centers, temperature=self.temperature_clustering)
