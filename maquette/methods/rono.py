"""RONO: Robust Discriminative Learning with Noisy Labels for 2D-3D Cross-Modal Retrieval.

Feng, Zhu, Peng, Peng, Hu. CVPR 2023.
Paper: https://openaccess.thecvf.com/content/CVPR2023/html/Feng_RONO_Robust_Discriminative_Learning_With_Noisy_Labels_for_2D-3D_Cross-Modal_CVPR_2023_paper.html
Authors' code: https://github.com/penghu-cs/RONO

    L = L_rdc + λ_mg L_mg + λ_crc L_crc,    L_rdc = (1 - v_e) L_v + v_e L_r

With s_i the cosine of representation i to the center of its given label and s̄_i the mean of its cosines to all centers,
g_i = e^{s_i} - e^{s̄_i}: what lies above the threshold α is taken for clean and pulled to its center, what lies below is
taken for noisy and pushed away.

| symbol | name here | `rono_mnist` (default) | `rono_modelnet` |
|---|---|---|---|
| L_v, a₁ | `vanilla_center_loss`, `scale_vanilla` | 0.05 | 0.01 |
| L_r, a₂ | `robust_center_loss`, `scale_robust` | 0.05 | 0.5 |
| α | `threshold` | 0.3 | 0.2 |
| v_e, W | `blend`, `warm_up` epochs | 25 | 20 |
| L_mg, τ | `multimodal_gap`, `temperature` | 0.22 | 0.3 |
| L_crc, κ | `representation_classification`, `scale_classification` | 5 | 20 |
| 1, λ_mg, λ_crc | `weight_center`, `weight_gap`, `weight_classification` | 1, 1, 1 | 1, 0.3, 0.1 |
| C | `centers`, raw, drawn from a normal distribution | Adam 1e-4 | SGD 1e-3, no momentum |
| | `head_lr` | 1e-4 | 1e-3 |
| | `center_lr_step` batches until the centers' rate is divided by ten | 600 | 3,500 (ModelNet10: 1,500) |

Formulas and constants are those of the authors' code. The paper's own text was not at hand.
Differs from the authors' code: one name a constant (their `--alpha` is the threshold in one script and a scale in the
other); a warm-up of one epoch is allowed (theirs divides by zero) and means robust from the start; any number of
modalities; true labels do not enter. The decay of the rates "as released" touches the centers only, which is what
`center_lr_step` does; "as intended" is the same step given to the training schedule as well.
"""

from __future__ import annotations

from functools import partial
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from maquette.losses import absolute_error, center_cosines, instance_contrast, present_mean
from maquette.methods.base import METHODS, Method, ParamGroup, Verdicts
from maquette.methods.head import SharedHead, mean_probabilities
from maquette.methods.settings import check_choice, check_positive, check_weights
from maquette.types import Labels, Progress, Representations

__all__ = [
    "RONO",
    "blend",
    "center_gain",
    "multimodal_gap",
    "representation_classification",
    "robust_center_loss",
    "vanilla_center_loss",
]


def center_gain(own: Float[Tensor, "B M"], mean: Float[Tensor, "B M"]) -> Float[Tensor, "B M"]:
    """How much nearer the center of the given label is than centers are on average: g = e^s - e^s̄, in (-2.4, 2.4)."""
    return torch.exp(own) - torch.exp(mean)


def vanilla_center_loss(
    own: Float[Tensor, "B M"], mean: Float[Tensor, "B M"], present: Bool[Tensor, "B M"], *, classes: int, scale: float
) -> Float[Tensor, ""]:
    """L_v = mean_i ( e^{s̄_i} - e^{s_i (K+1)/K} ) / a₁ over the present representations: every label is believed."""
    return present_mean(torch.exp(mean) - torch.exp(own * (classes + 1) / classes), present) / scale


def robust_center_loss(
    own: Float[Tensor, "B M"],
    mean: Float[Tensor, "B M"],
    present: Bool[Tensor, "B M"],
    *,
    threshold: float,
    scale: float,
) -> Float[Tensor, ""]:
    """L_r = -mean_i |α - g_i| / a₂ over the present representations: the far side of the threshold is pushed away."""
    return -present_mean((threshold - center_gain(own, mean)).abs(), present) / scale


def blend(epoch: int, *, warm_up: int) -> float:
    """v_e = min(e / (W - 1), 1): 0 is all vanilla, 1 all robust; 1 from the start for a warm-up of one epoch or none.

    >>> blend(0, warm_up=25), blend(12, warm_up=25), blend(30, warm_up=25), blend(0, warm_up=1)
    (0.0, 0.5, 1.0, 1.0)
    """
    return 1.0 if warm_up <= 1 else min(epoch / (warm_up - 1), 1.0)


def multimodal_gap(
    reps: Float[Tensor, "B M D"], present: Bool[Tensor, "B M"], *, temperature: float
) -> Float[Tensor, ""]:
    """L_mg: twice `instance_contrast`, because the original adds its rows and its columns, which are equal."""
    return 2 * instance_contrast(reps, present, temperature=temperature)


def representation_classification(
    logits: Float[Tensor, "B M C"], present: Bool[Tensor, "B M"], labels: Labels, *, scale: float
) -> Float[Tensor, ""]:
    """L_crc = Σ_m κ mean_i (1 - p^m_{i,y_i})."""
    return scale * absolute_error(logits, present, labels)


@METHODS.register("rono")
class RONO(Method):
    """Robust center learning (RDCL), multimodal gap (MG) and common representations classification (CRC)."""

    takes_modality_labels = True

    def __init__(
        self,
        *,
        classes: int,
        dimensions: int,
        modalities: tuple[str, ...],
        weight_center: float = 1.0,
        weight_gap: float = 1.0,
        weight_classification: float = 1.0,
        center_loss: str = "blend",
        warm_up: int = 25,
        threshold: float = 0.3,
        scale_vanilla: float = 0.05,
        scale_robust: float = 0.05,
        temperature: float = 0.22,
        scale_classification: float = 5.0,
        head_lr: float | None = 1e-4,
        center_optimizer: str = "adam",
        center_lr: float = 1e-4,
        center_lr_step: int | None = 600,
    ) -> None:
        super().__init__(classes=classes, dimensions=dimensions, modalities=modalities)
        check_weights(weight_center=weight_center, weight_gap=weight_gap, weight_classification=weight_classification)
        check_positive(
            scale_vanilla=scale_vanilla,
            scale_robust=scale_robust,
            temperature=temperature,
            scale_classification=scale_classification,
        )
        self.weight_center = weight_center
        self.weight_gap = weight_gap
        self.weight_classification = weight_classification
        self.center_loss = check_choice("center_loss", center_loss, choices=("blend", "vanilla", "robust"))
        self.warm_up = warm_up
        self.threshold = threshold
        self.scale_vanilla = scale_vanilla
        self.scale_robust = scale_robust
        self.temperature = temperature
        self.scale_classification = scale_classification
        self.head_lr = head_lr
        self.center_optimizer: Literal["sgd", "adam"] = check_choice(
            "center_optimizer", center_optimizer, choices=("sgd", "adam")
        )
        self.center_lr = center_lr
        self.center_lr_step = center_lr_step
        self.head = SharedHead(classes=classes, dimensions=dimensions)
        self.centers = nn.Parameter(torch.randn(classes, dimensions))
        self._blend = 0.0
        self._verdicts: Verdicts | None = None

    def forward(
        self, reps: Representations, labels: Labels, index: Int[Tensor, "B"], progress: Progress
    ) -> dict[str, Tensor]:
        """The terms `discriminative_center`, `multimodal_gap` and `representation_classification`."""
        values, present = reps.values, reps.present
        terms = {}
        if self.weight_center:
            own, mean = center_cosines(values, present, labels, centers=self.centers)
            self._blend = {"vanilla": 0.0, "robust": 1.0, "blend": blend(progress.epoch, warm_up=self.warm_up)}[
                self.center_loss
            ]
            vanilla = vanilla_center_loss(own, mean, present, classes=self.classes, scale=self.scale_vanilla)
            robust = robust_center_loss(own, mean, present, threshold=self.threshold, scale=self.scale_robust)
            center = (1 - self._blend) * vanilla + self._blend * robust
            terms["discriminative_center"] = self.weight_center * center
            self._judge(own.detach(), mean.detach(), present, index)
        if self.weight_gap:
            gap = multimodal_gap(values, present, temperature=self.temperature)
            terms["multimodal_gap"] = self.weight_gap * gap
        if self.weight_classification:
            classification = representation_classification(
                self.head(values, present), present, labels, scale=self.scale_classification
            )
            terms["representation_classification"] = self.weight_classification * classification
        return terms

    def report(self) -> dict[str, float]:
        """`blend` (0 vanilla to 1 robust), `believed_clean` (share of the last batch), `margin` (mean of g - α)."""
        if self._verdicts is None:
            return {}
        return {
            "blend": self._blend,
            "believed_clean": float(self._verdicts.clean.float().mean()),
            "margin": float(self._verdicts.score.mean()),
        }

    def verdicts(self) -> Verdicts | None:
        """Clean is what the robust center loss pulls: the mean of g over an object's modalities above the threshold."""
        return self._verdicts

    def predict(self, reps: Representations) -> Float[Tensor, "B C"]:
        """The head's class probabilities, averaged over the present modalities."""
        return mean_probabilities(self.head(reps.values, reps.present), reps.present)

    def param_groups(self, lr: float) -> list[ParamGroup]:
        """The head at `head_lr` (None: as the encoders); the centers with optimiser, rate and decay of their own."""
        return [
            ParamGroup("head", tuple(self.head.parameters()), lr if self.head_lr is None else self.head_lr),
            ParamGroup(
                "centers",
                (self.centers,),
                self.center_lr,
                self.center_optimizer,
                momentum=0.0,
                weight_decay=0.0,
                lr_step=self.center_lr_step,
            ),
        ]

    def _judge(
        self,
        own: Float[Tensor, "B M"],
        mean: Float[Tensor, "B M"],
        present: Bool[Tensor, "B M"],
        index: Int[Tensor, "B"],
    ) -> None:
        gains = (center_gain(own, mean) * present).sum(dim=1) / present.sum(dim=1).clamp(min=1)
        score = gains - self.threshold
        self._verdicts = Verdicts(index, score > 0, score)


METHODS.register("rono_mnist")(RONO)
METHODS.register("rono_modelnet")(
    partial(
        RONO,
        weight_gap=0.3,
        weight_classification=0.1,
        warm_up=20,
        threshold=0.2,
        scale_vanilla=0.01,
        scale_robust=0.5,
        temperature=0.3,
        scale_classification=20.0,
        head_lr=1e-3,
        center_optimizer="sgd",
        center_lr=1e-3,
        center_lr_step=3500,
    )
)
