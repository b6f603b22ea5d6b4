"""CMCL: Cross-modal Center Loss for 3D Cross-modal Retrieval. Jing, Vahdani, Tan, Tian. CVPR 2021.

Paper: https://openaccess.thecvf.com/content/CVPR2021/html/Jing_Cross-Modal_Center_Loss_for_3D_Cross-Modal_Retrieval_CVPR_2021_paper.html
Authors' code: https://github.com/LongLong-Jing/Cross-Modal-Center-Loss

    Loss = α_c L_c + α_d L_d + α_m L_m                                                     (7)

| symbol | name here | `cmcl_code` (default) | `cmcl_paper` |
|---|---|---|---|
| L_c (1) | `cross_modal_center_loss`, term `center` | mean of squared distances | half their sum |
| ΔC_j (2) | `center_change` | none: centers are trained by SGD | running update, rate `center_rate` = 0.5 |
| L_d (4) | `maquette.losses.cross_entropy`, term `cross_entropy` | same | same |
| L_m (6) | `mean_square_error`, term `mse` | means over unordered pairs | sum over ordered pairs |
| α_c | `weight_center` | 10 | 0.0694 |
| α_d | `weight_cross_entropy` | 1 | 1 |
| α_m | `weight_mse` | 0.1 | 1.02e-6 |
| C | `centers`, raw, drawn from a normal distribution | SGD, `center_lr` 1e-3, no momentum, no weight decay | buffer |

Differs from the paper (`cmcl_paper`): it gives neither the α nor the rate of Eq. 2. The α are chosen so that, at the
paper's batch of 96 with three modalities and D = 512, the terms weigh what they weigh in the authors' code; the rate is
that of Wen, Zhang, Li and Qiao, Center Loss, ECCV 2016. Eq. 2 divides by objects, not by representations, so with M
modalities a step reaches up to M times as far as the mean: a rate above 2/M would swing out, and is refused.
Differs from the authors' code (`cmcl_code`): the clamp of the distances to [1e-12, 1e12] is left out (it adds
(C-1)·1e-12 a row). Missing modalities: means are over what is present, pairs over objects that have both.
"""

from __future__ import annotations

from functools import partial
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from maquette.errors import ConfigError
from maquette.losses import cross_entropy, filled, modality_pairs, present_mean, squared_center_distances
from maquette.methods.base import METHODS, Method, ParamGroup
from maquette.methods.head import SharedHead, mean_probabilities
from maquette.methods.settings import check_choice, check_weights
from maquette.types import Labels, Progress, Representations

__all__ = ["CMCL", "center_change", "cross_modal_center_loss", "mean_square_error"]

Reduction = Literal["mean", "sum"]


def cross_modal_center_loss(
    reps: Float[Tensor, "B M D"],
    present: Bool[Tensor, "B M"],
    labels: Labels,
    *,
    centers: Float[Tensor, "C D"],
    reduction: Reduction = "mean",
) -> Float[Tensor, ""]:
    """Squared distance of representations to the center of their given label, Eq. 1.

    `sum` is the paper's ½ Σ_i Σ_m ‖v_i^m - C_{y_i}‖²; `mean` the code's mean over the present representations.
    """
    distances = squared_center_distances(reps, present, labels, centers=centers)
    return distances.sum() / 2 if reduction == "sum" else present_mean(distances, present)


def center_change(
    centers: Float[Tensor, "C D"],
    *,
    sums: Float[Tensor, "C D"],
    entries: Float[Tensor, "C"],
    objects: Float[Tensor, "C"],
) -> Float[Tensor, "C D"]:
    """ΔC_j = Σ_i Σ_m [y_i = j] (C_j - v_i^m) / (1 + Σ_i [y_i = j]), Eq. 2; the update is C_j - rate · ΔC_j.

    Of each class: `sums` of its representations, number of these `entries`, number of its `objects`. A class that was
    not seen does not move.
    """
    return (entries.unsqueeze(1) * centers - sums) / (1 + objects).unsqueeze(1)


def mean_square_error(
    reps: Float[Tensor, "B M D"], present: Bool[Tensor, "B M"], *, reduction: Reduction = "mean"
) -> Float[Tensor, ""]:
    """Squared distance between the modalities of one object, Eq. 6.

    `sum` is the paper's Σ over objects and ordered pairs of modalities; `mean` the code's sum over unordered pairs of
    the mean over objects and dimensions. A pair counts where both are present; a single modality gives 0.
    """
    values = filled(reps, present)
    total = reps.new_zeros(())
    for m, n in modality_pairs(reps.shape[1]):
        both = present[:, m] & present[:, n]
        squares = (values[:, m] - values[:, n]).masked_fill(~both.unsqueeze(1), 0).square().sum()
        total = total + (2 * squares if reduction == "sum" else squares / (both.sum().clamp(min=1) * reps.shape[2]))
    return total


@METHODS.register("cmcl")
class CMCL(Method):
    """Center loss across modalities, cross-entropy, and mean square error between modalities."""

    sums: Tensor
    entries: Tensor
    objects: Tensor

    def __init__(
        self,
        *,
        classes: int,
        dimensions: int,
        modalities: tuple[str, ...],
        weight_center: float = 10.0,
        weight_cross_entropy: float = 1.0,
        weight_mse: float = 0.1,
        reduction: str = "mean",
        center_update: str = "sgd",
        center_lr: float = 1e-3,
        center_rate: float = 0.5,
    ) -> None:
        super().__init__(classes=classes, dimensions=dimensions, modalities=modalities)
        check_weights(weight_center=weight_center, weight_cross_entropy=weight_cross_entropy, weight_mse=weight_mse)
        if center_update == "eq2" and not 0 < center_rate <= 2 / len(modalities):
            raise ConfigError(
                f"center_rate is {center_rate}: with {len(modalities)} modalities Eq. 2 is stable above 0 and up to "
                f"{2 / len(modalities):.3g}"
            )
        self.weight_center = weight_center
        self.weight_cross_entropy = weight_cross_entropy
        self.weight_mse = weight_mse
        self.reduction: Reduction = check_choice("reduction", reduction, choices=("mean", "sum"))
        self.center_update = check_choice("center_update", center_update, choices=("sgd", "eq2"))
        self.center_lr = center_lr
        self.center_rate = center_rate
        # Eq. 2 divides by the objects of a class: with a label a modality an object would be of several.
        self.takes_modality_labels = center_update == "sgd"
        self.head = SharedHead(classes=classes, dimensions=dimensions)
        # With Eq. 2 no optimiser may move the centers, so they are then not trainable.
        self.centers = nn.Parameter(torch.randn(classes, dimensions), requires_grad=center_update == "sgd")
        self.register_buffer("sums", torch.zeros(classes, dimensions), persistent=False)
        self.register_buffer("entries", torch.zeros(classes), persistent=False)
        self.register_buffer("objects", torch.zeros(classes), persistent=False)

    def forward(
        self, reps: Representations, labels: Labels, index: Int[Tensor, "B"], progress: Progress
    ) -> dict[str, Tensor]:
        """The terms `center`, `cross_entropy` and `mse`, each unless its weight is 0."""
        values, present = reps.values, reps.present
        terms = {}
        if self.weight_center:
            center = cross_modal_center_loss(values, present, labels, centers=self.centers, reduction=self.reduction)
            terms["center"] = self.weight_center * center
            if self.center_update == "eq2" and self.training:
                self._gather(values, present, labels)
        if self.weight_cross_entropy:
            terms["cross_entropy"] = self.weight_cross_entropy * cross_entropy(
                self.head(values, present), present, labels
            )
        if self.weight_mse:
            terms["mse"] = self.weight_mse * mean_square_error(values, present, reduction=self.reduction)
        return terms

    def param_groups(self, lr: float) -> list[ParamGroup]:
        """The head at the encoders' rate; the centers (unless Eq. 2 moves them) by plain SGD at their own."""
        groups = [ParamGroup("head", tuple(self.head.parameters()), lr)]
        if self.center_update == "sgd":
            centers = ParamGroup("centers", (self.centers,), self.center_lr, "sgd", momentum=0.0, weight_decay=0.0)
            groups.append(centers)
        return groups

    @torch.no_grad()
    def before_step(self) -> None:
        """Eq. 2 over all batches of the step, or the centers' gradient divided by the weight of their term."""
        if self.center_update == "eq2":
            change = center_change(self.centers, sums=self.sums, entries=self.entries, objects=self.objects)
            self.centers.sub_(self.center_rate * change)
            for statistic in (self.sums, self.entries, self.objects):
                statistic.zero_()
        elif self.centers.grad is not None:
            self.centers.grad /= self.weight_center

    def predict(self, reps: Representations) -> Float[Tensor, "B C"]:
        """The head's class probabilities, averaged over the present modalities."""
        return mean_probabilities(self.head(reps.values, reps.present), reps.present)

    @torch.no_grad()
    def _gather(self, values: Float[Tensor, "B M D"], present: Bool[Tensor, "B M"], labels: Int[Tensor, "B"]) -> None:
        self.sums.index_add_(0, labels, filled(values, present).sum(dim=1).to(self.sums.dtype))
        self.entries.index_add_(0, labels, present.sum(dim=1).to(self.entries.dtype))
        self.objects.index_add_(0, labels, present.any(dim=1).to(self.objects.dtype))


METHODS.register("cmcl_code")(CMCL)
METHODS.register("cmcl_paper")(
    partial(
        CMCL,
        reduction="sum",
        center_update="eq2",
        # Turned from means to sums at B = 96, M = 3, D = 512: 10 · 2/(MB), and 0.1 / (2BD).
        weight_center=10 * 2 / (3 * 96),
        weight_mse=0.1 / (2 * 96 * 512),
    )
)
