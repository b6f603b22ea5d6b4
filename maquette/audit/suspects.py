"""Suspicious labels: how probable it is that an object's given label is wrong, by its neighbours' given labels.

The votes are those of the neighbours in the method `consensus` (docs/methods/consensus.md), here without any training:
among the nearest neighbours of an object most are of its class, and their given labels are wrong independently of each
other. An object is judged by the labels of others and by its own as often as labels are right, in each modality and in
all together.

That is fair only where the representations have not seen the labels: a network that has learnt them by heart puts an
object among those of its wrong label.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F

from maquette.errors import InputError
from maquette.methods.agreement import agree, neighbours_for, prior_of, sharpnesses_for
from maquette.methods.neighbours import local_mixture, nearest, noise_rate, posterior_of
from maquette.methods.voters import Voters

__all__ = ["Audit", "Judgement", "judge"]

_TURNS = 5
"""Turns between the estimated rate and the number of neighbours, which depends on it."""

_SETTLED = 0.005
"""A rate that moves by less is taken."""


@dataclass(frozen=True, eq=False)
class Judgement:
    """What one space, or all together, make of N objects of which `present` have been judged.

    `wrong` is the probability that the given label is wrong, `proposed` the most probable class other than the given
    one. Where an object is not present both say nothing: 0 and the given label.
    """

    wrong: Float[np.ndarray, "N"]
    proposed: Int[np.ndarray, "N"]
    present: Bool[np.ndarray, "N"]


@dataclass(frozen=True, eq=False)
class Audit:
    """The joint judgement, that of each modality alone, and what was estimated of the noise.

    `rate` is the mean of the joint probabilities; `transition[c, d]` the probability that an object of class c is given
    as d; `neighbours` how many were asked.
    """

    labels: Int[np.ndarray, "N"]
    joint: Judgement
    by_modality: Mapping[str, Judgement]
    rate: float
    transition: Float[np.ndarray, "C C"]
    neighbours: int

    def suspects(self, threshold: float = 0.5) -> Int[np.ndarray, "S"]:
        """Objects whose given label is wrong with at least this probability, the most probable first."""
        order = np.argsort(-self.joint.wrong, kind="stable")
        chosen: Int[np.ndarray, "S"] = order[self.joint.wrong[order] >= threshold]
        return chosen

    def agreeing(self, row: int, threshold: float = 0.5) -> tuple[str, ...]:
        """Modalities that by themselves find the object's label wrong and propose the same class."""
        return tuple(
            name
            for name, alone in self.by_modality.items()
            if alone.present[row] and alone.wrong[row] >= threshold and alone.proposed[row] == self.joint.proposed[row]
        )


def judge(
    representations: Mapping[str, Float[np.ndarray, "N D"]],
    labels: Int[np.ndarray, "N"],
    *,
    present: Mapping[str, Bool[np.ndarray, "N"]],
    classes: int,
) -> Audit:
    """Judge every given label by the objects' representations in one common space; memory grows with N linearly.

    InputError for fewer than two classes or objects.
    """
    if len(labels) < 2 or classes < 2:
        raise InputError(f"an audit of {len(labels)} labels in {classes} classes: expected at least two of both")
    names = sorted(representations)
    reps = torch.from_numpy(np.stack([np.asarray(representations[name], np.float32) for name in names], axis=1))
    there = torch.from_numpy(np.stack([np.asarray(present[name], bool) for name in names], axis=1))
    given = torch.from_numpy(np.asarray(labels, np.int64))
    # Representations that no vote has trained yet: modalities err apart there. In few dimensions a linear map errs.
    voters = Voters(reps, there, given, classes=classes, apart=True, linear=False, again=True)
    sharpnesses = sharpnesses_for(objects=len(given), classes=classes)
    rate, asked = 0.5, 0
    for _ in range(_TURNS):
        asked = neighbours_for(rate, objects=len(labels), classes=classes)
        agreed = agree(voters, neighbours=asked, sharpnesses=sharpnesses)
        before, rate = rate, noise_rate(agreed.posterior, given)
        if abs(rate - before) < _SETTLED:
            break
    alone = {
        name: _judgement(
            _by_one(reps[:, place], there[:, place], given, agreed.transition, asked), given, there[:, place]
        )
        for place, name in enumerate(names)
    }
    joint = _judgement(agreed.posterior, given, there.any(dim=1))
    return Audit(np.asarray(labels, np.int64), joint, alone, rate, agreed.transition.numpy(), asked)


def _by_one(
    reps: Float[Tensor, "N D"],
    there: Bool[Tensor, "N"],
    given: Int[Tensor, "N"],
    transition: Float[Tensor, "C C"],
    asked: int,
) -> Float[Tensor, "N C"]:
    """Posteriors by the neighbours in one modality; how often labels are wrong is what all together say.

    So a modality that tells no classes apart accuses nobody. Objects that it lacks keep their label.
    """
    unit = F.normalize(reps.masked_fill(~there.unsqueeze(1), 0), dim=1)
    rows, near = nearest(unit, there, count=asked)
    one_hot = F.one_hot(given, len(transition)).to(reps.dtype)
    posterior = one_hot.clone()
    if near.shape[1]:
        prior = prior_of(local_mixture(one_hot[near].mean(dim=1), transition), given[rows], 1.0)
        posterior[rows] = posterior_of(prior, given[rows], transition)
    return posterior


def _judgement(posterior: Float[Tensor, "N C"], given: Int[Tensor, "N"], present: Bool[Tensor, "N"]) -> Judgement:
    own = given.unsqueeze(1)
    wrong = torch.where(present, 1 - posterior.gather(1, own).squeeze(1), 0.0)
    proposed = torch.where(present, posterior.scatter(1, own, -1.0).argmax(dim=1), given)
    return Judgement(wrong.numpy(), proposed.numpy(), present.numpy())
