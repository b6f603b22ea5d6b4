"""DSCMR+: DSCMR with cross-entropy in place of the distance to one-hot labels.

The stronger of the two baselines of Jing, Vahdani, Tan and Tian, Cross-modal Center Loss for 3D Cross-modal Retrieval,
CVPR 2021, Table 1. https://openaccess.thecvf.com/content/CVPR2021/html/Jing_Cross-Modal_Center_Loss_for_3D_Cross-Modal_Retrieval_CVPR_2021_paper.html

    J = L_d + λ J₂ + η J₃

| symbol | name here | value |
|---|---|---|
| L_d | `maquette.losses.cross_entropy`, term of that name | weight 1 |
| J₂ | `maquette.losses.pair_likelihood`, term of that name | λ = `weight_likelihood` = 1e-3 |
| J₃ | `maquette.losses.modality_distance`, term of that name | η = `weight_invariance` = 0.1 |

The paper states neither the weights nor the classifier: the weights are DSCMR's, the classifier is the head that CMCL
itself uses, so that tables compare objectives and not heads.
"""

from __future__ import annotations

from jaxtyping import Float, Int
from torch import Tensor

from maquette.losses import cross_entropy, modality_distance, pair_likelihood
from maquette.methods.base import METHODS, Method
from maquette.methods.head import SharedHead, mean_probabilities
from maquette.methods.settings import check_weights
from maquette.types import Progress, Representations

__all__ = ["DSCMRPlus"]


@METHODS.register("dscmr_plus")
class DSCMRPlus(Method):
    """Cross-entropy, likelihood of pairs, and distance between modalities."""

    def __init__(
        self,
        *,
        classes: int,
        dimensions: int,
        modalities: tuple[str, ...],
        weight_cross_entropy: float = 1.0,
        weight_likelihood: float = 1e-3,
        weight_invariance: float = 0.1,
    ) -> None:
        super().__init__(classes=classes, dimensions=dimensions, modalities=modalities)
        check_weights(
            weight_cross_entropy=weight_cross_entropy,
            weight_likelihood=weight_likelihood,
            weight_invariance=weight_invariance,
        )
        self.weight_cross_entropy = weight_cross_entropy
        self.weight_likelihood = weight_likelihood
        self.weight_invariance = weight_invariance
        self.head = SharedHead(classes=classes, dimensions=dimensions)

    def forward(
        self, reps: Representations, labels: Int[Tensor, "B"], index: Int[Tensor, "B"], progress: Progress
    ) -> dict[str, Tensor]:
        """The terms `cross_entropy`, `pair_likelihood` and `modality_distance`, each unless its weight is 0."""
        values, present = reps.values, reps.present
        terms = {}
        if self.weight_cross_entropy:
            entropy = cross_entropy(self.head(values, present), present, labels)
            terms["cross_entropy"] = self.weight_cross_entropy * entropy
        if self.weight_likelihood:
            terms["pair_likelihood"] = self.weight_likelihood * pair_likelihood(values, present, labels)
        if self.weight_invariance:
            terms["modality_distance"] = self.weight_invariance * modality_distance(values, present)
        return terms

    def predict(self, reps: Representations) -> Float[Tensor, "B C"]:
        """The head's class probabilities, averaged over the present modalities."""
        return mean_probabilities(self.head(reps.values, reps.present), reps.present)
