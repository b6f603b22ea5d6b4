"""What neighbours and a linear map agree on: soft labels and a transition matrix, from given labels alone.

The votes of `consensus`: of neighbours, of a linear map (ridge.py), and on targets alone of what the network predicts.
Where an object's label is not what is voted for, it is wrong, or the object is hard, its neighbours of other classes.
Of one vote both look the same: a T of many wrong labels and open priors explain the given labels as well as a T of few
and sure ones. They differ in one thing. A wrong label is wrong at any distance; how many neighbours are of another
class depends on how far they are. So the agreement of labels is followed to distance zero, which is α (voters.py):

    T is fitted to priors of the power 1.5 γ where |Σ_c f_c Σ_y T_cy² - α| is within one standard error of α; if not,
    of that between 1/4 and 3 γ which takes it there: opener where labels agree less by T, sharper where more

Sharper priors show habits: classes whose labels are often exchanged look, to open priors, like classes whose objects
are mixed. `f`: how frequent classes are given; accidents of few objects are taken from Σ_y T_cy² (`agreement_of`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from maquette.methods.neighbours import balanced, even_objects, fit_transition, local_mixture, noise_rate, posterior_of
from maquette.methods.voters import Voters

__all__ = [
    "Agreement",
    "agree",
    "agreement_of",
    "neighbours_for",
    "prior_of",
    "sharpnesses_for",
    "with_residual",
]

_FLOOR = 1e-3
"""Added to every share: no neighbourhood rules a class out."""

_TURNS = 3
"""Turns between the mixtures and T, which depend on each other."""

_CHOICES = 4
"""Sharpnesses that are tried."""

_FEWEST = 8
"""Neighbours that are asked at least."""

_SURER = 1.5
"""How much sharper the priors of T and of the verdicts are than those of the targets, which had better stay open."""

_OPENEST = 0.25
"""The least power of a prior."""

_SUREST = 3.0
"""The most, in units of γ."""

_HALVINGS = 5
"""Steps of the search for a power."""

_RETURNED = 2.0
"""How far given labels come back into targets, times r (K / objects a class)²."""


class Agreement(NamedTuple):
    """What neighbours agree on.

    `targets` are to be trained on, `posterior`, surer, is over the true classes; `transition` is T. `alike` is between
    what α lies, and `agreement` how often two objects of one class have the same given label by T; all from 0 to 1.
    `returned` is g, how far given labels came back into targets (`with_residual`), from 0 to 2.
    """

    targets: Float[Tensor, "N C"]
    posterior: Float[Tensor, "N C"]
    transition: Float[Tensor, "C C"]
    alike: tuple[float, float]
    agreement: float
    returned: float


def agree(
    voters: Voters,
    *,
    neighbours: int,
    sharpnesses: Sequence[float],
    alike: tuple[float, float] | None = None,
    held: bool = True,
    predicted: Float[Tensor, "N C"] | None = None,
    residual: bool = True,
) -> Agreement:
    """Posteriors p_i over the true classes, and the estimated transition matrix T (rows: true class).

    γ is that of `sharpnesses` under which the given labels are likeliest; priors have not seen an object's own label.
    `alike` is between what α lies, where that is known from before; without `held` nothing is made of it.
    `predicted` are shares of the true classes by who may have seen an object's own label, zeros where it says nothing:
    one more voter on targets, which has no say in T and posteriors. With `residual` given labels come back into targets
    (`with_residual`, of weight 2 r (K / objects a class)²). An object of which nobody says anything is judged by its
    given label alone.
    """
    given, labels = voters.given, voters.labels
    classes = given.shape[1]
    voted = voters.votes(neighbours)
    asked = given.new_zeros(len(given), 1)
    for rows, _ in voted:
        asked.index_add_(0, rows, asked.new_ones(len(rows), 1))
    alike = voters.alike if alike is None else alike
    transition = torch.full_like(given[:1], 0.5 / max(classes - 1, 1)).repeat(classes, 1)
    transition.fill_diagonal_(0.5)
    for _ in range(_TURNS):
        shares = torch.zeros_like(given)
        for rows, votes in voted:
            shares.index_add_(0, rows, local_mixture(votes, transition))
        shares = shares / asked.clamp(min=1)
        tried = [_fit(shares, labels, transition, sharpness) for sharpness in sharpnesses]
        _, sharpness, sure = max(tried, key=lambda fit: fit[0])
        power, transition = _hold(shares, labels, transition, sure, sharpness, alike if held else (0.0, 1.0))
    # Priors that had to be more open than their shares are so for the targets, and for who is judged, too.
    sharpness = min(power, sharpness) if power < 1 else sharpness
    posterior = posterior_of(prior_of(shares, labels, max(power, _SURER * sharpness)), labels, transition)
    if predicted is not None:
        said = (predicted.sum(dim=1, keepdim=True) > 0).to(given)
        shares = (asked * shares + predicted.to(given)) / (asked + said).clamp(min=1)
    targets = posterior_of(prior_of(shares, labels, sharpness), labels, transition)
    reach = min(neighbours * classes / len(labels), 1.0)
    returned = _RETURNED * noise_rate(posterior, labels) * reach**2 if residual else 0.0
    targets = with_residual(targets, labels, transition, weight=returned)
    return Agreement(targets, posterior, transition, alike, _agreed(transition, labels), returned)


def with_residual(
    targets: Float[Tensor, "N C"], labels: Int[Tensor, "N"], transition: Float[Tensor, "C C"], *, weight: float
) -> Float[Tensor, "N C"]:
    """Targets ∝ max(0, t + g (e_y - Tᵀ t)): targets t, and of each given label what they did not expect.

    Where targets are right that is noise of its own in every object, which training averages out; where the voters of a
    whole cluster err together it points to what they missed. `weight` is g, from 0.

    >>> even = torch.tensor([[0.75, 0.25], [0.25, 0.75]])
    >>> with_residual(torch.tensor([[1.0, 0.0]]), torch.tensor([1]), even, weight=0.4)
    tensor([[0.7000, 0.3000]])
    """
    surprise = F.one_hot(labels, targets.shape[1]).to(targets) - targets @ transition
    moved = (targets + weight * surprise).clamp(min=0)
    return moved / moved.sum(dim=1, keepdim=True).clamp(min=1e-12)


def _fit(
    shares: Float[Tensor, "N C"], labels: Int[Tensor, "N"], transition: Float[Tensor, "C C"], sharpness: float
) -> tuple[float, float, Float[Tensor, "C C"]]:
    """The mean log-likelihood of the given labels at `sharpness`, `sharpness`, and T there, from `transition` on."""
    prior = prior_of(shares, labels, _SURER * sharpness)
    fitted = fit_transition(prior, labels, transition)
    likelihood = (prior * fitted[:, labels].T).sum(dim=1).clamp(min=1e-12).log().mean()
    return float(likelihood), sharpness, fitted


def _hold(
    shares: Float[Tensor, "N C"],
    labels: Int[Tensor, "N"],
    transition: Float[Tensor, "C C"],
    sure: Float[Tensor, "C C"],
    sharpness: float,
    alike: tuple[float, float],
) -> tuple[float, Float[Tensor, "C C"]]:
    """The power of the prior at which T agrees with α, nearest to 1.5 γ, and T there; `sure` is T at 1.5 γ."""

    def fitted(power: float) -> Float[Tensor, "C C"]:
        return fit_transition(prior_of(shares, labels, power), labels, transition)

    power, agreed = _SURER * sharpness, _agreed(sure, labels)
    if alike[0] <= agreed <= alike[1]:
        return power, sure
    # The surer a prior, the more labels that are not its class are wrong ones, and the less they agree by T.
    wanted, edge = (alike[0], _OPENEST) if agreed < alike[0] else (alike[1], _SUREST * sharpness)
    found = edge, fitted(edge)
    if (_agreed(found[1], labels) > wanted) == (agreed > wanted):
        return found
    low, high = sorted((power, edge))
    for _ in range(_HALVINGS):
        middle = math.sqrt(low * high)
        found = middle, fitted(middle)
        low, high = (middle, high) if _agreed(found[1], labels) > wanted else (low, middle)
    return found


def _agreed(transition: Float[Tensor, "C C"], labels: Int[Tensor, "N"]) -> float:
    """`agreement_of` T as `fit_transition` makes it."""
    return agreement_of(transition, labels, added=even_objects(1 - float(transition.diagonal().mean())))


def agreement_of(transition: Float[Tensor, "C C"], labels: Int[Tensor, "N"], *, added: float) -> float:
    """Σ_c f_c Σ_y T_cy²: how often two objects of one class have the same given label by T, less what is accident.

    A row of n objects that agree by p is fitted as p + (1 - p) / n. `added` are the objects of `even_objects`, which
    add no accident: they are even.
    """
    frequent = torch.bincount(labels, minlength=len(transition)).to(transition) / len(labels)
    squares = float(frequent @ transition.square().sum(dim=1))
    objects = len(labels) / len(transition)
    return squares - (objects / (objects + added)) ** 2 * (1 - squares) / max(objects - 1, 1.0)


def prior_of(shares: Float[Tensor, "N C"], labels: Int[Tensor, "N"], power: float) -> Float[Tensor, "N C"]:
    """prior_i(c): the shares of the true classes around an object to a power, classes as frequent as given halfway."""
    prior = (shares + _FLOOR) ** power
    return balanced(prior / prior.sum(dim=1, keepdim=True), labels)


def neighbours_for(rate: float, *, objects: int, classes: int) -> int:
    """K: the root of a class's size, and as many more as labels are wrong; at least 8, at most a class.

    Of K / (1 - rate) labels K are right: as many as speak for an object without noise.

    >>> [neighbours_for(rate, objects=1240, classes=31) for rate in (0.0, 0.2, 0.6, 0.8)]
    [8, 8, 16, 32]
    """
    size = objects / classes
    return min(max(round(math.sqrt(size) / max(1 - rate, 0.01)), _FEWEST), max(round(size), _FEWEST))


def sharpnesses_for(*, objects: int, classes: int) -> tuple[float, ...]:
    """γ, to choose from: 1 to how many times the fewest neighbours the root of a class's size is.

    As many right labels speak for an object (`neighbours_for`): the more there are, the surer than its share may be the
    class that most of them name.

    >>> [[round(each, 2) for each in sharpnesses_for(objects=size, classes=10)] for size in (400, 5760)]
    [[1.0], [1.0, 1.44, 2.08, 3.0]]
    """
    surest = math.sqrt(objects / classes) / _FEWEST
    return tuple(surest ** (step / (_CHOICES - 1)) for step in range(_CHOICES)) if surest > 1 else (1.0,)
