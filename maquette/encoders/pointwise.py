"""One layer of a shared perceptron: Linear (no bias), BatchNorm, leaky ReLU, on every point or face alike.

It works on rows, (R, C) with R = B·N, where the papers' networks convolve (B, C, N) by kernels of size 1: the same
numbers, in the layout that matrix products and normalisation are fastest in.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

__all__ = ["Pointwise", "fold", "object_max"]


class Pointwise(nn.Module):
    """leaky_relu(norm(linear(x))) on rows; `slope` 0 is a plain ReLU.

    When not training, the normalisation is folded into the product, so that it costs nothing.
    """

    def __init__(self, inputs: int, outputs: int, *, slope: float = 0.0) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, outputs, bias=False)
        self.norm = nn.BatchNorm1d(outputs)
        self.slope = slope

    def forward(self, *rows: Float[Tensor, "R _"]) -> Float[Tensor, "R O"]:
        """The layer's output for every row; in training, statistics are taken over all R rows.

        Several arguments count as one whose columns stand side by side, but are never copied there: W (a, b) is
        W_a a + W_b b.
        """
        if self.training:
            values = self.norm(_linear(rows, self.linear.weight))
        else:
            scale, shift = fold(self.norm)
            values = _linear(rows, self.linear.weight * scale.unsqueeze(1), shift)
        # In place: neither BatchNorm nor Linear needs its own output for the gradient.
        return F.relu_(values) if self.slope == 0 else F.leaky_relu_(values, self.slope)


def _linear(rows: Sequence[Tensor], weight: Tensor, shift: Tensor | None = None) -> Tensor:
    first, *others = torch.split(weight, [part.shape[1] for part in rows], dim=1)
    values = F.linear(rows[0], first, shift)
    for part, columns in zip(rows[1:], others, strict=True):
        values = torch.addmm(values, part, columns.T)
    return values


def fold(norm: nn.BatchNorm1d | nn.BatchNorm2d) -> tuple[Float[Tensor, "O"], Float[Tensor, "O"]]:
    """Scale and shift such that `norm` in evaluation mode is `scale * x + shift`."""
    assert norm.running_mean is not None and norm.running_var is not None
    scale = norm.weight * (norm.running_var + norm.eps).rsqrt()
    return scale, norm.bias - norm.running_mean * scale


def object_max(values: Float[Tensor, "B N C"]) -> Float[Tensor, "B C"]:
    """The maximum over each object's points or faces; where it stands is looked for only if a gradient will ask.

    The gradient goes to one of several that are equally large, as in the papers' networks.
    """
    # Values alone, in vectors, take a fifth of the time of values with positions.
    return values.max(1).values if values.requires_grad else values.amax(1)
