"""Labels by the neighbourhood: who is near whom, and what labels the near ones say an object has.

The pieces of `consensus`. Nothing here is learnt by gradient; memory is linear in the number of objects N.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F

__all__ = [
    "balanced",
    "even_objects",
    "fit_transition",
    "local_mixture",
    "nearest",
    "noise_rate",
    "posterior_of",
    "spaces_of",
]

_BLOCK = 1024
"""Rows compared with all others at a time."""

_EXPECTATION_STEPS = 15
_TRANSITION_STEPS = 8

_EVEN_OBJECTS = 30.0
"""Objects of even noise that are added to every class when all labels are wrong, and as many fewer as are right."""


def spaces_of(
    reps: Float[Tensor, "N M D"], present: Bool[Tensor, "N M"], *, apart: bool
) -> list[tuple[Float[Tensor, "N D"], Bool[Tensor, "N"]]]:
    """Unit representations to look for neighbours in, and who is there: all modalities together, and with `apart` each.

    Together, the last, is the sum of an object's unit representations: its cosines hold all pairs within and across
    modalities. With one modality there is nothing to put together.
    """
    unit = F.normalize(reps.masked_fill(~present.unsqueeze(2), 0), dim=2)
    together = (F.normalize(unit.sum(dim=1), dim=1), present.any(dim=1))
    if not apart or reps.shape[1] == 1:
        return [together]
    return [*((unit[:, m], present[:, m]) for m in range(reps.shape[1])), together]


def nearest(
    unit: Float[Tensor, "N D"], there: Bool[Tensor, "N"], *, count: int
) -> tuple[Int[Tensor, "R"], Int[Tensor, "R K"]]:
    """Rows that are there, and of each the `count` rows (or as many as there are) of largest cosine, nearest first.

    An object is no neighbour of itself, and who is not there is nobody's. One object alone has no neighbours.

    >>> unit = torch.tensor([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]])
    >>> nearest(unit, torch.tensor([True, True, True]), count=1)[1].tolist()
    [[1], [0], [1]]
    """
    rows = torch.nonzero(there)[:, 0]
    own = unit[rows]
    count = min(count, len(rows) - 1)
    if count < 1:
        return rows, rows.new_zeros(len(rows), 0)
    found = []
    # One buffer for all blocks: fresh memory for each costs a sixth of the time.
    buffer = own.new_empty(min(_BLOCK, len(rows)), len(rows))
    for start in range(0, len(rows), _BLOCK):
        block = own[start : start + _BLOCK]
        cosines = torch.mm(block, own.T, out=buffer[: len(block)])
        places = torch.arange(len(cosines), device=rows.device)
        cosines[places, start + places] = -torch.inf
        found.append(cosines.topk(count, dim=1).indices)
    return rows, rows[torch.cat(found)]


def local_mixture(votes: Float[Tensor, "N C"], transition: Float[Tensor, "C C"]) -> Float[Tensor, "N C"]:
    """π_i: shares of the true classes around an object, from the shares v_i of the labels given there.

    The maximum of Σ_c' v_ic' log Σ_c π_ic T_cc' by expectation maximisation from an even start; T_cc' is the
    probability that c is given as c'. Rows without a vote stay even.

    With labels that are never wrong the votes are the mixture:

    >>> local_mixture(torch.tensor([[0.75, 0.25]]), torch.eye(2))
    tensor([[0.7500, 0.2500]])
    """
    mixture = torch.full_like(votes, 1 / votes.shape[1])
    voted = votes.sum(dim=1, keepdim=True) > 0
    for _ in range(_EXPECTATION_STEPS):
        expected = (mixture @ transition).clamp_(min=1e-12)
        shares = (torch.div(votes, expected, out=expected) @ transition.T).mul_(mixture)
        shares.div_(shares.sum(dim=1, keepdim=True).clamp_(min=1e-12))
        mixture = torch.where(voted, shares, mixture)
    return mixture


def balanced(prior: Float[Tensor, "N C"], labels: Int[Tensor, "N"]) -> Float[Tensor, "N C"]:
    """`prior`, moved half the way to where its classes are as frequent as they are given.

    Each class is multiplied by the root of how much rarer it is in the prior than among the given labels: a class that
    a larger one that looks like it has swallowed comes back.

    >>> balanced(torch.tensor([[0.5, 0.5], [0.9, 0.1]]), torch.tensor([0, 1]))
    tensor([[0.3956, 0.6044],
            [0.8549, 0.1451]])
    """
    given = (torch.bincount(labels, minlength=prior.shape[1]).to(prior) + 1e-3) / max(len(labels), 1)
    moved = prior * (given / prior.mean(dim=0).clamp(min=1e-12)).sqrt()
    return moved / moved.sum(dim=1, keepdim=True).clamp(min=1e-12)


def fit_transition(
    prior: Float[Tensor, "N C"], labels: Int[Tensor, "N"], transition: Float[Tensor, "C C"]
) -> Float[Tensor, "C C"]:
    """T by expectation maximisation from `transition`, the posteriors being those of `posterior_of`.

    `prior` must not have seen an object's own label: then what it and the labels agree on is no accident. Classes have
    few objects: to every row of T `even_objects` are added whose labels are wrong at the estimated rate, evenly among
    the other classes. Two classes that look alike are then not taken for one, and noise that is not even still shows.

    >>> prior = torch.tensor([[0.9, 0.1], [0.9, 0.1], [0.1, 0.9], [0.1, 0.9]])
    >>> transition = fit_transition(prior, torch.tensor([0, 0, 1, 1]), torch.full((2, 2), 0.5))
    >>> bool((transition.diagonal() > 0.8).all())
    True
    """
    classes = transition.shape[0]
    for _ in range(_TRANSITION_STEPS):
        posterior = posterior_of(prior, labels, transition)
        counts = torch.zeros_like(transition).index_add_(0, labels, posterior).T.contiguous()
        wrong = noise_rate(posterior, labels)
        even = torch.full_like(counts, 1 / max(classes - 1, 1)).fill_diagonal_(0) * wrong
        counts = counts + even_objects(wrong) * (even + torch.diag(1 - even.sum(dim=1))) + 1e-3
        transition = counts / counts.sum(dim=1, keepdim=True)
    return transition


def noise_rate(posterior: Float[Tensor, "N C"], labels: Int[Tensor, "N"]) -> float:
    """r: the mean probability that a given label is wrong, 0 to 1."""
    return float(1 - posterior.gather(1, labels.unsqueeze(1)).mean())


def even_objects(rate: float) -> float:
    """Objects of even noise that a row of T is given: the more labels are wrong, the more of a row is accident."""
    return _EVEN_OBJECTS * rate


def posterior_of(
    prior: Float[Tensor, "N C"], labels: Int[Tensor, "N"], transition: Float[Tensor, "C C"]
) -> Float[Tensor, "N C"]:
    """p_i(c) ∝ prior_i(c) T_{c,y_i}: the given label has a vote in proportion to how often it is right.

    >>> even = torch.tensor([[0.8, 0.2], [0.2, 0.8]])
    >>> posterior_of(torch.tensor([[0.5, 0.5], [0.9, 0.1]]), torch.tensor([1, 1]), even)
    tensor([[0.2000, 0.8000],
            [0.6923, 0.3077]])
    """
    joint = transition.T.contiguous()[labels].mul_(prior)
    return joint.div_(joint.sum(dim=1, keepdim=True).clamp_(min=1e-12))
