"""Cross-entropy of one classifier that all modalities share: the baseline of the tables.

The column "CE" of Table 2 in Jing, Vahdani, Tan and Tian, Cross-modal Center Loss for 3D Cross-modal Retrieval,
CVPR 2021, https://openaccess.thecvf.com/content/CVPR2021/html/Jing_Cross-Modal_Center_Loss_for_3D_Cross-Modal_Retrieval_CVPR_2021_paper.html

    L = L_d = -(1/N) Σ_i Σ_m log p^m_{i,y_i}                                              (4)

| symbol | here | value |
|---|---|---|
| L_d | `maquette.losses.cross_entropy` | weight 1 |
| p | softmax of `SharedHead` | Linear(D, D//2) ReLU Linear(D//2, C) |

Differs: where a modality is missing, its mean is over the objects that have it. y may differ
between an object's modalities.
"""

from __future__ import annotations

from jaxtyping import Float, Int
from torch import Tensor

from maquette.losses import cross_entropy
from maquette.methods.base import METHODS, Method
from maquette.methods.head import SharedHead, mean_probabilities
from maquette.types import Labels, Progress, Representations

__all__ = ["CrossEntropy"]


@METHODS.register("cross_entropy")
class CrossEntropy(Method):
    """Cross-entropy alone."""

    takes_modality_labels = True

    def __init__(self, *, classes: int, dimensions: int, modalities: tuple[str, ...]) -> None:
        super().__init__(classes=classes, dimensions=dimensions, modalities=modalities)
        self.head = SharedHead(classes=classes, dimensions=dimensions)

    def forward(
        self, reps: Representations, labels: Labels, index: Int[Tensor, "B"], progress: Progress
    ) -> dict[str, Tensor]:
        """The one term `cross_entropy`."""
        return {"cross_entropy": cross_entropy(self.head(reps.values, reps.present), reps.present, labels)}

    def predict(self, reps: Representations) -> Float[Tensor, "B C"]:
        """The head's class probabilities, averaged over the present modalities."""
        return mean_probabilities(self.head(reps.values, reps.present), reps.present)
