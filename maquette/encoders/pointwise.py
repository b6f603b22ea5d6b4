"""One layer of a shared perceptron: Linear (no bias), BatchNorm, leaky ReLU, on every point or face alike.

It works on rows, (R, C) with R = B·N, where the papers' networks convolve (B, C, N) by kernels of size 1: the same
numbers, in the layout that matrix products and normalisation are fastest in.
"""

from __future__ import annotations

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

__all__ = ["Pointwise", "fold"]


class Pointwise(nn.Module):
    """leaky_relu(norm(linear(x))) on rows; `slope` 0 is a plain ReLU.

    When not training, the normalisation is folded into the product, so that it costs nothing.
    """

    def __init__(self, inputs: int, outputs: int, *, slope: float = 0.0) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, outputs, bias=False)
        self.norm = nn.BatchNorm1d(outputs)
        self.slope = slope

    def forward(self, rows: Float[Tensor, "R C"]) -> Float[Tensor, "R O"]:
        """The layer's output for every row; in training, statistics are taken over all R rows."""
        if self.training:
            values = self.norm(self.linear(rows))
        else:
            scale, shift = fold(self.norm)
            values = F.linear(rows, self.linear.weight * scale.unsqueeze(1), shift)
        # In place: neither BatchNorm nor Linear needs its own output for the gradient.
        return F.relu_(values) if self.slope == 0 else F.leaky_relu_(values, self.slope)


def fold(norm: nn.BatchNorm1d | nn.BatchNorm2d) -> tuple[Float[Tensor, "O"], Float[Tensor, "O"]]:
    """Scale and shift such that `norm` in evaluation mode is `scale * x + shift`."""
    assert norm.running_mean is not None and norm.running_var is not None
    scale = norm.weight * (norm.running_var + norm.eps).rsqrt()
    return scale, norm.bias - norm.running_mean * scale
