"""Labels by a linear map: what ridge regression of the given labels says of an object whose own label it has not seen.

A voter of `consensus` beside the neighbours, who share mistakes, because they ask the same few labels; a linear map has
seen all of them. Left out one by one in closed form, so that nothing is fitted twice:

    ŷ = Z diag(1 / (s² + λ)) Zᵀ Y,  h_i = Σ_d z_id² / (s_d² + λ) + 1/N,  ŷ_i without i = (ŷ_i - h_i y_i) / (1 - h_i)

Z are the centred representations in the basis of their covariance, s² its values times N, Y the centred one-hot labels.
Source of the identity: Allen, "The relationship between variable selection and data augmentation and a method for
prediction", Technometrics 1974 (PRESS).
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

__all__ = ["ridge_votes"]

_PENALTIES = tuple(10 ** (step / 2) for step in range(-6, 7))
"""λ, of which the one is taken whose left-out predictions err least."""


def ridge_votes(
    unit: Float[Tensor, "N D"], there: Bool[Tensor, "N"], given: Float[Tensor, "N C"]
) -> tuple[Int[Tensor, "R"], Float[Tensor, "R C"]]:
    """Rows that are there, and shares of the given labels that a linear map, fitted to all others, expects of each.

    `given` are one-hot labels. λ is that of the least squared error of the left-out predictions. Negative predictions
    count as none. With fewer than two rows nobody votes: zeros. Time N D², memory linear in N; in double precision on
    the processor, whatever the device.

    The third object is given the label of the others:

    >>> unit = torch.eye(2)[[0, 0, 0, 0, 0, 1, 1, 1, 1, 1]]
    >>> labels = torch.eye(2)[[0, 0, 1, 0, 0, 1, 1, 1, 1, 1]]
    >>> rows, votes = ridge_votes(unit, torch.ones(10, dtype=torch.bool), labels)
    >>> votes.argmax(dim=1).tolist()
    [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]
    """
    rows = torch.nonzero(there)[:, 0]
    if len(rows) < 2:
        return rows, given.new_zeros(len(rows), given.shape[1])
    inputs, labels = (values[rows].cpu().double() for values in (unit, given))
    mean = labels.mean(dim=0)
    inputs, labels = inputs - inputs.mean(dim=0), labels - mean
    values, basis = torch.linalg.eigh(inputs.T @ inputs)
    inputs = inputs @ basis
    answers, squares = inputs.T @ labels, inputs.square()
    least, best = torch.inf, labels
    for penalty in _PENALTIES:
        shrunk = 1 / (values.clamp(min=0) + penalty)
        leverage = (squares @ shrunk + 1 / len(rows)).unsqueeze(1)
        predicted = (inputs @ (shrunk.unsqueeze(1) * answers) - leverage * labels) / (1 - leverage).clamp(min=1e-6)
        error = float((labels - predicted).square().sum())
        if error < least:
            least, best = error, predicted
    votes = (best + mean).clamp(min=0)
    return rows, (votes / votes.sum(dim=1, keepdim=True).clamp(min=1e-12)).to(given)
