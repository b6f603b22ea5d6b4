"""Consensus: labels by the agreement of neighbours within and across modalities. A method of this project.

No paper: docs/methods/consensus.md says what it builds on and where it fails. Its terms are RONO's center loss and
multimodal gap (Feng et al., CVPR 2023), DAC's cross-entropy over centers and the supervised contrast (Khosla et al.,
NeurIPS 2020), on soft targets in place of given labels;
the targets come from the neighbourhoods of the representations.

    L = L_center + λ_sem L_sem + λ_con (1 - g) L_con + λ_mg (1 + κ o) L_mg,    t ← β t + (1 - β) p    at every vote

    v_i = mean over i's K nearest neighbours of their given labels, in all modalities together; and beside it what
          ridge regression of the given labels expects of i, left out
    π_i = argmax Σ_c' v_ic' log Σ_c π_c T_cc'          the true classes around i that explain those labels; and on
          targets alone, after the first vote, the network: π_i = mean over modalities of softmax_c(cos(z, center) / τ)
    prior_i(c) ∝ b_c (mean over all π_i(c))^γ          b: classes become as frequent as they are given
    p_i(c) ∝ prior_i(c) T_{c,y_i}                      T by expectation maximisation over all objects
    p_i ← max(0, p_i + g (e_{y_i} - Tᵀ p_i)), normalised; g = 2 r (K / objects a class)²

Who votes stands in voters.py, ridge regression in ridge.py; T, γ and g in agreement.py.

| symbol | name here | value |
|---|---|---|
| K | `neighbours` (None: `neighbours_for` the estimated rate) | None |
| γ | `sharpness` (None: of `sharpnesses_for` a class's size, that which makes the given labels likeliest) | None |
| α | `held`: whether T is held to how alike the labels of one class are | True |
| whether each modality has votes of its own too | `apart` | False |
| whether ridge regression votes too | `linear` | True |
| whether the network's predictions vote on targets too | `predictions` | True |
| g | `residual`: whether given labels come back as far as targets did not expect them (False: g = 0) | True |
| β | `momentum` | 0.6 |
| epochs between two votes | `every`, or `growth` times those before the last vote, if that is more | 3, 0.5 |
| whether neighbours vote at all (False: the given labels are the targets) | `votes` | True |
| L_center, a | `soft_center_loss`, `scale_center` | 0.05, as RONO |
| L_sem, λ_sem | cross-entropy over cosines to the centers divided by τ, `weight_semantic` | 10 |
| L_con, λ_con | `soft_supervised_contrast`, `weight_contrast`, as much less as given labels come back | 2 |
| its τ | `temperature_contrast` | 0.1, as `supervised_contrastive` |
| L_mg, λ_mg | `instance_contrast` in which i counts 1 - t_i·t_j against j, `weight_gap` | 4 |
| κ | `gap_if_open`: how much more the gap weighs the less the targets say, o = r / (1 - r) · (1 - mean_i max t_i) | 2 |
| τ | `temperature`, of semantic term and gap | 0.22, as RONO and DAC |

Only given labels enter. No constant depends on the rate of the noise: T is estimated, and 1 - mean_i p_i(y_i) is the
rate, r. At rate 0, T is nearly the identity, the targets are nearly the given labels, and o is nearly 0.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from maquette.errors import ConfigError
from maquette.losses import filled, instance_contrast, present_mean, soft_cross_entropy, soft_supervised_contrast
from maquette.methods.agreement import agree, neighbours_for, sharpnesses_for
from maquette.methods.base import METHODS, Method, ParamGroup, Scan, Verdicts
from maquette.methods.head import mean_probabilities
from maquette.methods.neighbours import noise_rate
from maquette.methods.settings import check_positive, check_weights
from maquette.methods.voters import Voters
from maquette.types import Progress, Representations, SamplePlan

__all__ = ["Consensus", "soft_center_loss"]


def soft_center_loss(
    cosines: Float[Tensor, "B M C"], present: Bool[Tensor, "B M"], targets: Float[Tensor, "B C"], *, scale: float
) -> Float[Tensor, ""]:
    """RONO's vanilla center loss for soft targets: mean ( e^{s̄} - e^{s (C+1)/C} ) / a, s = Σ_c t_c cos(z, c)."""
    classes = cosines.shape[2]
    own = torch.einsum("bmc,bc->bm", cosines, targets)
    return present_mean(torch.exp(cosines.mean(dim=2)) - torch.exp(own * (classes + 1) / classes), present) / scale


@METHODS.register("consensus")
class Consensus(Method):
    """Neighbours within and across modalities vote on labels; training follows the votes' moving average."""

    def __init__(
        self,
        *,
        classes: int,
        dimensions: int,
        modalities: tuple[str, ...],
        neighbours: int | None = None,
        sharpness: float | None = None,
        held: bool = True,
        apart: bool = False,
        linear: bool = True,
        predictions: bool = True,
        residual: bool = True,
        momentum: float = 0.6,
        every: int = 3,
        growth: float = 0.5,
        votes: bool = True,
        weight_center: float = 1.0,
        weight_semantic: float = 10.0,
        weight_contrast: float = 2.0,
        weight_gap: float = 4.0,
        gap_if_open: float = 2.0,
        scale_center: float = 0.05,
        temperature: float = 0.22,
        temperature_contrast: float = 0.1,
    ) -> None:
        super().__init__(classes=classes, dimensions=dimensions, modalities=modalities)
        check_weights(
            weight_center=weight_center,
            weight_semantic=weight_semantic,
            weight_contrast=weight_contrast,
            weight_gap=weight_gap,
            gap_if_open=gap_if_open,
        )
        check_positive(
            sharpness=1.0 if sharpness is None else sharpness,
            scale_center=scale_center,
            temperature=temperature,
            temperature_contrast=temperature_contrast,
        )
        if not 0 <= momentum < 1:
            raise ConfigError(f"momentum is {momentum}: expected at least 0 and below 1")
        if not 0 <= growth < math.inf:
            raise ConfigError(f"growth is {growth}: expected a finite number of at least 0")
        if (neighbours is not None and neighbours < 1) or every < 1:
            raise ConfigError(f"neighbours {neighbours}, every {every}: expected at least 1 each")
        self.neighbours, self.sharpness, self.held = neighbours, sharpness, held
        self.apart, self.linear, self.predictions, self.residual = apart, linear, predictions, residual
        self.momentum, self.every, self.growth, self.votes = momentum, every, growth, votes
        self.weight_center, self.weight_semantic = weight_center, weight_semantic
        self.weight_contrast, self.temperature_contrast = weight_contrast, temperature_contrast
        self.weight_gap, self.gap_if_open = weight_gap, gap_if_open
        self.scale_center, self.temperature = scale_center, temperature
        self.centers = nn.Parameter(torch.randn(classes, dimensions))
        # Of every object of the training split: targets, and the newest posteriors. In the state as one tensor, because
        # its length is known at the first scan only.
        self._bank = torch.zeros(0, 2 * classes)
        self.register_buffer("voted_epoch", torch.tensor(-1))
        self.voted_epoch: Tensor
        self.register_buffer("noise_rate", torch.tensor(0.5))
        self.noise_rate: Tensor
        self.register_buffer("openness", torch.tensor(0.0))
        self.openness: Tensor
        self.register_buffer("returned", torch.tensor(0.0))
        self.returned: Tensor
        # How often labels of one class agree is asked once, before the representations have seen a label.
        self.register_buffer("agreement", torch.tensor(torch.nan))
        self.agreement: Tensor
        self._verdicts: Verdicts | None = None

    def forward(
        self, reps: Representations, labels: Int[Tensor, "B"], index: Int[Tensor, "B"], progress: Progress
    ) -> dict[str, Tensor]:
        """The terms `soft_center`, `semantic`, `contrast`, `multimodal_gap`; before a vote, on given labels."""
        values, present = reps.values, reps.present
        targets = self._look_up(labels, index).to(values)
        cosines = self._cosines(values, present)
        terms = {}
        if self.weight_center:
            center = soft_center_loss(cosines, present, targets, scale=self.scale_center)
            terms["soft_center"] = self.weight_center * center
        if self.weight_semantic:
            semantic = soft_cross_entropy(cosines / self.temperature, present, targets)
            terms["semantic"] = self.weight_semantic / values.shape[1] * semantic
        # Where given labels come back, pairs of targets that share a class are often wrong together.
        if self.weight_contrast and self.returned < 1:
            contrast = soft_supervised_contrast(values, present, targets, temperature=self.temperature_contrast)
            terms["contrast"] = self.weight_contrast * (1 - self.returned) * contrast
        if self.weight_gap:
            gap = instance_contrast(values, present, temperature=self.temperature, targets=targets)
            terms["multimodal_gap"] = self.weight_gap * (1 + self.gap_if_open * self.openness) * gap
        return terms

    def begin_epoch(self, scan: Scan, progress: Progress) -> SamplePlan | None:
        """Let the neighbours vote anew, if that is due; batches stay the loader's.

        Targets settle, so votes become rarer: of the order of the logarithm of the epochs, however long training is.
        """
        last = int(self.voted_epoch)
        if not self.votes or (last >= 0 and progress.epoch - last < max(self.every, self.growth * last)):
            return None
        with torch.no_grad():
            reps, labels = scan()
            # Before the first vote nobody knows the rate: it is asked twice then, from the rate one half.
            first = not len(self._bank)
            voters = Voters(
                reps.values,
                reps.present,
                labels,
                classes=self.classes,
                apart=self.apart,
                linear=self.linear,
                again=first,
            )
            alike = None if self.agreement.isnan() else (float(self.agreement), float(self.agreement))
            for _ in range(2 if first else 1):
                agreed = agree(
                    voters,
                    neighbours=self.neighbours
                    or neighbours_for(float(self.noise_rate), objects=len(labels), classes=self.classes),
                    sharpnesses=[self.sharpness]
                    if self.sharpness
                    else sharpnesses_for(objects=len(labels), classes=self.classes),
                    alike=alike,
                    held=self.held,
                    # Before the first vote the centers have learnt nothing.
                    predicted=None if first or not self.predictions else self.predict(reps),
                    residual=self.residual,
                )
                self.noise_rate.fill_(noise_rate(agreed.posterior, labels))
            if self.agreement.isnan():
                self.agreement.fill_(agreed.agreement)
            targets = agreed.targets
            if len(self._bank) == len(labels):
                targets = self.momentum * self._bank[:, : self.classes] + (1 - self.momentum) * targets
            self.returned.fill_(agreed.returned)
            odds = float(self.noise_rate) / max(1 - float(self.noise_rate), 0.01)
            self.openness.fill_(odds * float(1 - targets.amax(dim=1).mean()))
            self._bank = torch.cat([targets, agreed.posterior], dim=1).float().cpu()
            self.voted_epoch.fill_(progress.epoch)
        return None

    def report(self) -> dict[str, float]:
        """`believed_clean`, share of the last batch whose label is rather right than wrong; `estimated_rate`: r."""
        if self._verdicts is None:
            return {}
        believed = float(self._verdicts.clean.float().mean())
        return {"believed_clean": believed, "estimated_rate": float(self.noise_rate)}

    def verdicts(self) -> Verdicts | None:
        """Clean is a given label of probability 1/2 or more, corrected the most probable class; None before a vote."""
        return self._verdicts

    def predict(self, reps: Representations) -> Float[Tensor, "B C"]:
        """Class probabilities by the cosines to the centers, averaged over the present modalities."""
        return mean_probabilities(self._cosines(reps.values, reps.present) / self.temperature, reps.present)

    def param_groups(self, lr: float) -> list[ParamGroup]:
        """The centers at the encoders' rate, without weight decay."""
        return [ParamGroup("centers", (self.centers,), lr, weight_decay=0.0)]

    def get_extra_state(self) -> Tensor:
        """Targets and posteriors, one row an object of the training split."""
        return self._bank.clone()

    def set_extra_state(self, state: Tensor) -> None:
        """Put back what `get_extra_state` gave."""
        self._bank = state.clone().cpu()

    def _cosines(self, values: Float[Tensor, "B M D"], present: Bool[Tensor, "B M"]) -> Float[Tensor, "B M C"]:
        return F.normalize(filled(values, present), dim=2) @ F.normalize(self.centers, dim=1).T

    def _look_up(self, labels: Int[Tensor, "B"], index: Int[Tensor, "B"]) -> Float[Tensor, "B C"]:
        if not len(self._bank):
            self._verdicts = None
            return F.one_hot(labels, self.classes).float()
        rows = self._bank[index.cpu()].to(labels.device)
        targets, posterior = rows[:, : self.classes], rows[:, self.classes :]
        trust = posterior.gather(1, labels.unsqueeze(1)).squeeze(1)
        self._verdicts = Verdicts(index, trust >= 0.5, trust, posterior.argmax(dim=1))
        return targets
