"""Canonical correlation of what two networks make of two modalities: the part that DCCA and DCCAE share.

Andrew, Arora, Bilmes, Livescu, Deep Canonical Correlation Analysis, ICML 2013,
https://proceedings.mlr.press/v28/andrew13.html. With H_1, H_2 the networks' centered outputs over the N objects:

    corr = ‖T‖_tr     T = Σ_11^{-1/2} Σ_12 Σ_22^{-1/2}     Σ_jj = H_jᵀ H_j / N + r I     Σ_12 = H_1ᵀ H_2 / N

Networks are trained on all objects at once, as there; afterwards linear CCA of their outputs gives the common space.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from maquette.errors import ConfigError
from maquette.methods.cca import CCA
from maquette.methods.projection import LinearMaps, centered, check_known, check_spread
from maquette.methods.settings import check_positive

__all__ = ["DeepMaps", "DeepSettings", "PrincipalAxes", "fit_networks", "total_correlation", "unexplained"]

_NEGLIGIBLE = 1e-6
"""Principal axes with less than this share of the longest are rounding, single precision at worst, and left out."""


@dataclass(frozen=True)
class DeepSettings:
    """How the networks look and learn: layers of `hidden` widths with tanh, `steps` of Adam on all objects.

    `ridge` is r, in units of the mean variance of a network's outputs. `seed` decides the first weights.
    """

    hidden: Sequence[int]
    steps: int
    lr: float
    weight_decay: float
    ridge: float
    seed: int

    def __post_init__(self) -> None:
        if not self.hidden or min(self.hidden) < 1:
            raise ConfigError(f"hidden is {list(self.hidden)}: expected at least one layer, each of at least 1")
        if self.steps < 1 or self.seed < 0 or self.weight_decay < 0:
            raise ConfigError(
                f"steps {self.steps}, seed {self.seed}, weight_decay {self.weight_decay}: expected at least 1, 0 and 0"
            )
        check_positive(lr=self.lr, ridge=self.ridge)


@dataclass(frozen=True)
class PrincipalAxes:
    """Each modality in its own principal axes: `turns[m]` of x - `means[m]`."""

    means: Mapping[str, Float[np.ndarray, "_"]]
    turns: Mapping[str, Float[np.ndarray, "_ _"]]

    def scores(self, reps: Mapping[str, Float[np.ndarray, "_ _"]]) -> dict[str, Float[np.ndarray, "_ _"]]:
        """Coordinates along the axes, float64."""
        return {name: (x.astype(np.float64) - self.means[name]) @ self.turns[name] for name, x in reps.items()}


@dataclass(frozen=True)
class DeepMaps:
    """Fitted networks: a modality's principal axes, its network, and linear maps of the outputs.

    `correlations` are those of the training objects in each dimension, largest first.
    """

    axes: PrincipalAxes
    networks: Mapping[str, nn.Module]
    outputs: LinearMaps

    @property
    def correlations(self) -> Float[np.ndarray, "K"]:
        return self.outputs.strengths

    def transform(self, reps: Mapping[str, Float[np.ndarray, "_ _"]]) -> dict[str, Float[np.ndarray, "_ K"]]:
        """Representations in the common space, float64; UnknownNameError for a modality it was not fitted on."""
        check_known(reps, {name: len(mean) for name, mean in self.axes.means.items()})
        return self.outputs.transform(_run(self.networks, self.axes.scores(reps)))


def total_correlation(x: Float[Tensor, "N K"], y: Float[Tensor, "N K"], *, ridge: float) -> Float[Tensor, ""]:
    """The sum of the canonical correlations of two sets of outputs, ‖T‖_tr: K at most.

    By Cholesky factors in place of square roots: the singular values of T stay, and the gradient has no poles where
    two of them are equal. `ridge` is in units of the mean variance, so that outputs cannot outgrow it.
    """
    x, y = x - x.mean(dim=0), y - y.mean(dim=0)
    roots = []
    for values in (x, y):
        covariance = values.T @ values / len(values)
        size = len(covariance)
        shift = ridge * covariance.trace() / size * torch.eye(size, dtype=values.dtype)
        roots.append(torch.linalg.cholesky(covariance + shift))
    half = torch.linalg.solve_triangular(roots[0], x.T @ y / len(x), upper=False)
    whitened = torch.linalg.solve_triangular(roots[1], half.T, upper=False)
    correlation: Tensor = torch.linalg.svdvals(whitened).sum()
    return correlation


def unexplained(values: Float[Tensor, "N D"], reconstructed: Float[Tensor, "N D"]) -> Float[Tensor, ""]:
    """Share of the scatter of centered values that a reconstruction misses, Σ ‖x - x̂‖² / Σ ‖x‖²; the mean misses 1.

    >>> unexplained(torch.tensor([[2.0], [-2.0]]), torch.tensor([[1.0], [-1.0]]))
    tensor(0.2500)
    """
    return (values - reconstructed).square().sum() / values.square().sum()


def fit_networks(
    reps: Mapping[str, Float[np.ndarray, "N _"]],
    *,
    dimensions: int,
    settings: DeepSettings,
    weight_reconstruction: float = 0.0,
) -> DeepMaps:
    """Networks of two modalities that maximise `total_correlation` less the weighted `unexplained` of both.

    At most N - 1 dimensions, and as many as the last hidden layer is wide. InputError for a modality without spread.
    """
    check_spread(reps)
    axes = _principal_axes(reps)
    inputs = {name: torch.from_numpy(values) for name, values in axes.scores(reps).items()}
    kept = min(dimensions, len(next(iter(inputs.values()))) - 1, settings.hidden[-1])
    rng = torch.Generator().manual_seed(settings.seed)
    encoders = {name: _network([x.shape[1], *settings.hidden, kept], rng=rng) for name, x in inputs.items()}
    decoders = {name: _network([kept, *reversed(settings.hidden), x.shape[1]], rng=rng) for name, x in inputs.items()}
    networks = nn.ModuleList([*encoders.values(), *(decoders.values() if weight_reconstruction else ())])
    optimizer = torch.optim.Adam(networks.parameters(), lr=settings.lr, weight_decay=settings.weight_decay)
    for _ in range(settings.steps):
        optimizer.zero_grad(set_to_none=True)
        first, second = outputs = [encoders[name](values) for name, values in inputs.items()]
        objective = -total_correlation(first, second, ridge=settings.ridge)
        if weight_reconstruction:
            for (name, values), output in zip(inputs.items(), outputs, strict=True):
                objective = objective + weight_reconstruction * unexplained(values, decoders[name](output))
        torch.autograd.backward(objective)
        optimizer.step()
    finished = _run(encoders, {name: values.numpy() for name, values in inputs.items()})
    nobody = np.zeros(len(next(iter(finished.values()))), dtype=np.int64)
    last = CCA(dimensions=kept, ridge=settings.ridge).fit(finished, nobody)
    assert isinstance(last, LinearMaps)
    return DeepMaps(axes, encoders, last)


def _principal_axes(reps: Mapping[str, Float[np.ndarray, "N _"]]) -> PrincipalAxes:
    """Each modality in its principal axes, at a mean variance of 1: where its own axes lay is then of no matter."""
    means, values = centered(reps)
    turns = {}
    for name, x in values.items():
        scores, lengths, directions = np.linalg.svd(x, full_matrices=False)
        there = lengths > _NEGLIGIBLE * lengths[0]
        scores, turn = scores[:, there], directions[there].T
        # The solver leaves signs open: the object that stands out most on an axis is on its positive side.
        sign = np.sign(scores[np.abs(scores).argmax(axis=0), np.arange(scores.shape[1])])
        turns[name] = turn * sign / np.sqrt((x**2).sum() / (len(x) * there.sum()))
    return PrincipalAxes(means, turns)


def _network(widths: Sequence[int], *, rng: torch.Generator) -> nn.Sequential:
    """Linear layers in double precision with tanh between them; weights of variance 1 / inputs, biases 0."""
    layers: list[nn.Module] = []
    for number, (inputs, outputs) in enumerate(pairwise(widths)):
        # Made without weights: the layer would draw its own from the process's stream.
        layer = nn.Linear(inputs, outputs, dtype=torch.float64, device="meta").to_empty(device="cpu")
        with torch.no_grad():
            layer.weight.normal_(std=inputs**-0.5, generator=rng)
            layer.bias.zero_()
        layers += [nn.Tanh(), layer] if number else [layer]
    return nn.Sequential(*layers)


@torch.no_grad()
def _run(
    networks: Mapping[str, nn.Module], values: Mapping[str, Float[np.ndarray, "_ _"]]
) -> dict[str, Float[np.ndarray, "_ K"]]:
    return {name: networks[name](torch.from_numpy(x)).numpy() for name, x in values.items()}
