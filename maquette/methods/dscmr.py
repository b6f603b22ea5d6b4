"""DSCMR: Deep Supervised Cross-Modal Retrieval. Zhen, Hu, Wang, Peng. CVPR 2019.

Paper: https://openaccess.thecvf.com/content_CVPR_2019/html/Zhen_Deep_Supervised_Cross-Modal_Retrieval_CVPR_2019_paper.html
Authors' code: https://github.com/penghu-cs/DSCMR

    J = J₁ + λ J₂ + η J₃

| symbol | name here | value |
|---|---|---|
| J₁ | `label_distance`, term of that name | weight 1 |
| J₂ | `maquette.losses.pair_likelihood`, term of that name | λ = `weight_likelihood` = 1e-3 |
| J₃ | `maquette.losses.modality_distance`, term of that name | η = `weight_invariance` = 0.1 |
| P | `classifier`, one linear map for all modalities | the encoders' optimiser |

Formulas follow the authors' code: norms are not squared, J₂ counts each unordered pair of modalities and each pair of
objects, an object with itself included. For M modalities J₁ is summed over all, J₂ over M(M+1)/2 and J₃ over M(M-1)/2
pairs. The authors train with Adam 1e-4 (betas 0.5, 0.999), batches of 100 unshuffled, 500 epochs.
Differs: means are over what is present, pairs over objects that have both; the shared last layer of the authors'
networks belongs to the encoders here, and each modality has its own.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from maquette.losses import filled, modality_distance, pair_likelihood, sum_of_modality_means
from maquette.methods.base import METHODS, Method
from maquette.methods.head import mean_probabilities
from maquette.methods.settings import check_weights
from maquette.types import Progress, Representations

__all__ = ["DSCMR", "label_distance"]


def label_distance(
    scores: Float[Tensor, "B M C"], present: Bool[Tensor, "B M"], labels: Int[Tensor, "B"]
) -> Float[Tensor, ""]:
    """J₁ = Σ_m mean_i ‖Pᵀ v_i^m - y_i‖₂, y_i the given label as a one-hot vector; `scores` are the Pᵀ v.

    >>> label_distance(torch.tensor([[[4.0, 4.0]]]), torch.tensor([[True]]), torch.tensor([0]))
    tensor(5.)
    """
    given = F.one_hot(labels, scores.shape[2]).to(scores.dtype).unsqueeze(1)
    distances = torch.linalg.vector_norm(filled(scores - given, present), dim=-1)
    return sum_of_modality_means(distances, present)


@METHODS.register("dscmr")
class DSCMR(Method):
    """Distance to the one-hot label, likelihood of pairs, and distance between modalities."""

    def __init__(
        self,
        *,
        classes: int,
        dimensions: int,
        modalities: tuple[str, ...],
        weight_label: float = 1.0,
        weight_likelihood: float = 1e-3,
        weight_invariance: float = 0.1,
    ) -> None:
        super().__init__(classes=classes, dimensions=dimensions, modalities=modalities)
        check_weights(
            weight_label=weight_label, weight_likelihood=weight_likelihood, weight_invariance=weight_invariance
        )
        self.weight_label = weight_label
        self.weight_likelihood = weight_likelihood
        self.weight_invariance = weight_invariance
        self.classifier = nn.Linear(dimensions, classes)

    def forward(
        self, reps: Representations, labels: Int[Tensor, "B"], index: Int[Tensor, "B"], progress: Progress
    ) -> dict[str, Tensor]:
        """The terms `label_distance`, `pair_likelihood` and `modality_distance`, each unless its weight is 0."""
        values, present = reps.values, reps.present
        terms = {}
        if self.weight_label:
            scores = self.classifier(filled(values, present))
            terms["label_distance"] = self.weight_label * label_distance(scores, present, labels)
        if self.weight_likelihood:
            terms["pair_likelihood"] = self.weight_likelihood * pair_likelihood(values, present, labels)
        if self.weight_invariance:
            terms["modality_distance"] = self.weight_invariance * modality_distance(values, present)
        return terms

    def predict(self, reps: Representations) -> Float[Tensor, "B C"]:
        """Softmax of the scores, averaged over the present modalities: their order is meant, not their size."""
        return mean_probabilities(self.classifier(filled(reps.values, reps.present)), reps.present)
