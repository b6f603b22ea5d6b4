"""DAC: 2D-3D Retrieval with Noisy Labels via Divide-and-Conquer Alignment and Correction.

Gan, Tu, Li, Lin. ACM Multimedia 2024.
Paper: https://arxiv.org/abs/2407.17779
Authors' code: https://github.com/ganchaofan0000/DAC

Each epoch after a warm-up divides the training split by a mixture model of its losses (MDD), trusts the labels of the
clean part, replaces those of the noisy part by a moving average of predictions, and aligns both with the same three
losses in different proportion (AAC):

    L = w^c · (L_cls, L_sem, L_inst)_clean + w_n w^n · (L_cls, L_sem, L_inst)_noisy

| symbol | name here | `dac` (the authors' script) | `dac_defaults` (their arguments' defaults) |
|---|---|---|---|
| L_cls | `classification_loss` (soft targets, shared head F_u, joint head F_m) | | |
| L_sem, τ_c | `semantic_loss`, `temperature` | 0.22 | 0.07 |
| L_inst | `instance_loss`, its temperature is 1 | | |
| (w_cls, w_sem, w_inst), clean | `clean_weights`; also those of the warm-up: 1, 10, 1 | 1, 10, 1 | 0.1, 1, 0.1 |
| same, noisy; w_n | `noisy_weights`; `weight_noisy` | 1, 1, 10; 1 | same |
| W | `warm_up` epochs | 4 | 10 |
| Σ p log p | `maquette.losses.entropy_penalty`, for asymmetric noise: `maximise_entropy` | off | off |
| ℓ_i | `joint_losses`, input of `maquette.methods.division.credibility`; clean above 0.5 | | |
| Σ π log(π / p̄) | `maquette.losses.prior_penalty`, with every cross-entropy after the warm-up | 1 | 1 |
| ŷ^e, β | the bank of predictions, `momentum` | 0.9 | 0.9 |

Known from the authors' code. The authors train with Adam 1e-3, weight decay 1e-3 (centers 0), 400 epochs.
Differs: losses of the division are taken from un-augmented representations (theirs augments them); divided in epochs
W to W+16 and every 20th; any number of modalities, L_cls being 1/M (Σ_m CE_m + M CE_joint); the joint head sees zeros
where a modality is missing; the bank learns from every object of a batch; no epoch is chosen on the test set.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from maquette.errors import ConfigError
from maquette.losses import (
    center_logits,
    entropy_penalty,
    filled,
    instance_contrast,
    label_log_probabilities,
    present_mean,
    prior_penalty,
    soft_cross_entropy,
)
from maquette.methods.base import METHODS, Method, ParamGroup, Scan, Verdicts
from maquette.methods.division import compose_batches, credibility
from maquette.methods.head import SharedHead
from maquette.methods.settings import check_positive, check_weights
from maquette.types import Progress, Representations, SamplePlan

__all__ = ["DAC", "classification_loss", "instance_loss", "joint_losses", "semantic_loss"]

_WARM_UP_WEIGHTS = (1.0, 10.0, 1.0)


def classification_loss(
    logits: Float[Tensor, "B M C"],
    joint: Float[Tensor, "B C"],
    present: Bool[Tensor, "B M"],
    *,
    targets: Float[Tensor, "B C"],
    balance: bool,
) -> Float[Tensor, ""]:
    """L_cls = 1/M (Σ_m CE_m + M CE_joint); with `balance` each cross-entropy comes with its prior penalty."""
    anything, fused = present.any(dim=1, keepdim=True), joint.unsqueeze(1)
    single, together = soft_cross_entropy(logits, present, targets), soft_cross_entropy(fused, anything, targets)
    if balance:
        single, together = single + prior_penalty(logits, present), together + prior_penalty(fused, anything)
    return single / logits.shape[1] + together


def semantic_loss(
    reps: Float[Tensor, "B M D"],
    present: Bool[Tensor, "B M"],
    labels: Int[Tensor, "B"],
    *,
    centers: Float[Tensor, "C D"],
    temperature: float,
) -> Float[Tensor, ""]:
    """L_sem = -mean log softmax_k(cos(z, c_k) / τ_c)_y over the present representations."""
    logits = center_logits(reps, present, centers=centers, temperature=temperature)
    return present_mean(-label_log_probabilities(logits, present, labels), present)


def instance_loss(reps: Float[Tensor, "B M D"], present: Bool[Tensor, "B M"]) -> Float[Tensor, ""]:
    """L_inst: RONO's multimodal gap at temperature 1."""
    return 2 * instance_contrast(reps, present, temperature=1.0)


def joint_losses(
    logits: Float[Tensor, "B M C"],
    joint: Float[Tensor, "B C"],
    present: Bool[Tensor, "B M"],
    *,
    labels: Int[Tensor, "B"],
) -> Float[Tensor, "B"]:
    """ℓ_i = CE(F_m(z_i), y_i) + mean over i's present modalities of CE(F_u(z_i^m), y_i)."""
    single = -label_log_probabilities(logits, present, labels).masked_fill(~present, 0)
    return F.cross_entropy(joint, labels, reduction="none") + single.sum(dim=1) / present.sum(dim=1).clamp(min=1)


@METHODS.register("dac")
class DAC(Method):
    """Divide-and-conquer alignment and correction."""

    def __init__(
        self,
        *,
        classes: int,
        dimensions: int,
        modalities: tuple[str, ...],
        warm_up: int = 4,
        temperature: float = 0.22,
        clean_weights: Sequence[float] = (1.0, 10.0, 1.0),
        noisy_weights: Sequence[float] = (1.0, 1.0, 10.0),
        weight_noisy: float = 1.0,
        maximise_entropy: bool = False,
        momentum: float = 0.9,
        batch_size: int = 128,
        seed: int = 0,
    ) -> None:
        super().__init__(classes=classes, dimensions=dimensions, modalities=modalities)
        for name, weights in (("clean_weights", clean_weights), ("noisy_weights", noisy_weights)):
            if len(weights) != 3:
                raise ConfigError(f"{name} are {list(weights)}: expected three (classification, semantic, instance)")
            check_weights(**{f"{name}[{i}]": weight for i, weight in enumerate(weights)})
        check_positive(temperature=temperature)
        if batch_size < 4:
            raise ConfigError(f"batch_size is {batch_size}: expected at least 4, for two clean and two noisy objects")
        if not 0 <= momentum < 1:
            raise ConfigError(f"momentum is {momentum}: expected at least 0 and below 1")
        self.warm_up = warm_up
        self.temperature = temperature
        self.clean_weights = tuple(clean_weights)
        self.noisy_weights = tuple(weight_noisy * weight for weight in noisy_weights)
        self.maximise_entropy = maximise_entropy
        self.momentum = momentum
        self.batch_size = batch_size
        self.seed = seed
        self.head = SharedHead(classes=classes, dimensions=dimensions)
        fused = len(modalities) * dimensions
        self.joint_head = nn.Sequential(nn.Linear(fused, dimensions), nn.ReLU(), nn.Linear(dimensions, classes))
        self.centers = nn.Parameter(torch.randn(classes, dimensions))
        # Of every object of the training split: mean prediction (C columns) and credibility (the last). Kept on the
        # CPU whatever the device, and in the state as one tensor, because its length is known at the first scan only.
        self._bank = torch.zeros(0, classes + 1)
        self.register_buffer("divided_epoch", torch.tensor(-1))
        self.divided_epoch: Tensor
        self._verdicts: Verdicts | None = None

    def forward(
        self, reps: Representations, labels: Int[Tensor, "B"], index: Int[Tensor, "B"], progress: Progress
    ) -> dict[str, Tensor]:
        """`classification`, `semantic`, `instance` (and `entropy`); after warm-up with prefix `clean_` and `noisy_`."""
        values, present = filled(reps.values, reps.present), reps.present
        logits, joint = self.head(values, present), self.joint_head(values.flatten(1))
        one_hot = F.one_hot(labels, self.classes).to(joint.dtype)
        if progress.epoch < self.warm_up:
            self._verdicts = None
            terms = self._three(values, present, logits, joint, labels, one_hot, balance=False)
            named = dict(zip(("classification", "semantic", "instance"), terms, strict=True))
            weighted = {
                name: weight * term for (name, term), weight in zip(named.items(), _WARM_UP_WEIGHTS, strict=True)
            }
            if self.maximise_entropy:
                fused, anything = joint.unsqueeze(1), present.any(dim=1, keepdim=True)
                weighted["entropy"] = entropy_penalty(logits, present) + entropy_penalty(fused, anything)
            return weighted
        clean, predicted = self._look_up(joint.detach(), index, first=progress.epoch == self.warm_up)
        targets = torch.where(clean.unsqueeze(1), one_hot, predicted)
        hard = torch.where(clean, labels, predicted.argmax(dim=1))
        weighted = {}
        for prefix, part, weights in (("clean", clean, self.clean_weights), ("noisy", ~clean, self.noisy_weights)):
            here = present & part.unsqueeze(1)
            terms = self._three(values, here, logits, joint, hard, targets, balance=True)
            for name, term, weight in zip(("classification", "semantic", "instance"), terms, weights, strict=True):
                if weight:
                    weighted[f"{prefix}_{name}"] = weight * term
        self._judge(index, clean, hard)
        return weighted

    def begin_epoch(self, scan: Scan, progress: Progress) -> SamplePlan | None:
        """After the warm-up: divide anew if it is time (not twice for one epoch), and compose the epoch's batches."""
        epoch = progress.epoch
        if epoch < self.warm_up:
            return None
        rng = np.random.default_rng((self.seed, epoch))
        due = int(self.divided_epoch) < 0 or epoch <= self.warm_up + 16 or epoch % 20 == 0
        if due and int(self.divided_epoch) != epoch:
            self._divide(scan, rng)
            self.divided_epoch.fill_(epoch)
        # Its own stream, so that an epoch resumed after its division gets the same batches.
        rng = np.random.default_rng((self.seed, epoch, 1))
        return compose_batches(self._bank[:, -1] > 0.5, batch_size=self.batch_size, rng=rng)

    def report(self) -> dict[str, float]:
        """`believed_clean`: share of the training split in the clean part; nothing before the first division."""
        return {"believed_clean": float((self._bank[:, -1] > 0.5).float().mean())} if len(self._bank) else {}

    def verdicts(self) -> Verdicts | None:
        """The division of the last batch, with the labels that its noisy part was given instead; None in warm-up."""
        return self._verdicts

    def predict(self, reps: Representations) -> Float[Tensor, "B C"]:
        """Class probabilities of the joint head; zeros for an object without any modality."""
        joint = self.joint_head(filled(reps.values, reps.present).flatten(1))
        probabilities: Tensor = joint.softmax(dim=-1) * reps.present.any(dim=1, keepdim=True)
        return probabilities

    def param_groups(self, lr: float) -> list[ParamGroup]:
        """Both heads as the encoders; the centers at their rate, without weight decay."""
        heads = (*self.head.parameters(), *self.joint_head.parameters())
        return [ParamGroup("heads", heads, lr), ParamGroup("centers", (self.centers,), lr, weight_decay=0.0)]

    def get_extra_state(self) -> Tensor:
        """The bank: mean predictions and credibility, one row an object of the training split."""
        return self._bank.clone()

    def set_extra_state(self, state: Tensor) -> None:
        """Put back what `get_extra_state` gave."""
        self._bank = state.clone().cpu()

    def _three(
        self,
        values: Float[Tensor, "B M D"],
        present: Bool[Tensor, "B M"],
        logits: Float[Tensor, "B M C"],
        joint: Float[Tensor, "B C"],
        labels: Int[Tensor, "B"],
        targets: Float[Tensor, "B C"],
        *,
        balance: bool,
    ) -> tuple[Float[Tensor, ""], Float[Tensor, ""], Float[Tensor, ""]]:
        return (
            classification_loss(logits, joint, present, targets=targets, balance=balance),
            semantic_loss(values, present, labels, centers=self.centers, temperature=self.temperature),
            instance_loss(values, present),
        )

    @torch.no_grad()
    def _divide(self, scan: Scan, rng: np.random.Generator) -> None:
        reps, labels = scan()
        values = filled(reps.values, reps.present)
        logits, joint = self.head(values, reps.present), self.joint_head(values.flatten(1))
        losses = joint_losses(logits, joint, reps.present, labels=labels).cpu().double().numpy()
        if len(self._bank) != len(losses):
            self._bank = torch.full((len(losses), self.classes + 1), 1 / self.classes)
        self._bank[:, -1] = torch.from_numpy(credibility(losses, rng=rng))

    @torch.no_grad()
    def _look_up(
        self, joint: Float[Tensor, "B C"], index: Int[Tensor, "B"], *, first: bool
    ) -> tuple[Bool[Tensor, "B"], Float[Tensor, "B C"]]:
        """Which of the batch are clean, and the predictions to use as targets; the bank learns on the way.

        Before any division everything is clean.
        """
        if not len(self._bank):
            return torch.ones_like(index, dtype=torch.bool), joint.softmax(dim=1)
        rows = index.cpu()
        before = self._bank[rows]
        after = before.clone()
        after[:, :-1] = self.momentum * before[:, :-1] + (1 - self.momentum) * joint.softmax(dim=1).cpu().to(
            before.dtype
        )
        if self.training:
            self._bank[rows] = after
        # In the first epoch the rows before the update are still uniform and would teach nothing.
        used = after if first else before
        return (used[:, -1] > 0.5).to(index.device), used[:, :-1].to(joint)

    def _judge(self, index: Int[Tensor, "B"], clean: Bool[Tensor, "B"], corrected: Int[Tensor, "B"]) -> None:
        if len(self._bank):
            self._verdicts = Verdicts(index, clean, self._bank[index.cpu(), -1].to(index.device), corrected)


METHODS.register("dac_defaults")(
    partial(DAC, warm_up=10, temperature=0.07, clean_weights=(0.1, 1.0, 0.1), noisy_weights=(1.0, 1.0, 10.0))
)
