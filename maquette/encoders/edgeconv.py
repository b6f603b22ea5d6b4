"""EdgeConv computed on nodes: exact, without ever forming an edge.

Wang et al., Dynamic Graph CNN for Learning on Point Clouds, TOG 2019, https://arxiv.org/abs/1801.07829. An edge from
point i to its neighbour j is e_ij = A (x_j − x_i) + B x_i; BatchNorm runs over all R·k edges, then leaky ReLU, then
the maximum over j. The layer is linear up to there, so e_ij = A x_j + (B − A) x_i: two products over nodes instead of
one over edges. BatchNorm is `scale · e + shift` per channel, and

    max_j φ(scale · e_ij + shift) = φ(max_j (scale · A) x_j + (scale · (B − A)) x_i + shift)

because φ grows; the scale goes into the weights *before* the maximum, so a negative one needs no special case. What
is left are the mean and variance over all edges, which follow from second moments of the *input* (`_EdgeMoments`):
with z = x − mean(x), d_j the in-degree of j, G the matrix of neighbours, P = B − A, and per channel c

    mean_c = a_c·(m + m₁) + p_c·m            m = mean(x),  m₁ = Σ_j d_j z_j / Rk
    var_c  = a_cᵀ C_uu a_c + 2 p_cᵀ C_vu a_c + p_cᵀ C_vv p_c
    C_uu = Zᵀ D Z / Rk − m₁ m₁ᵀ,   C_vu = Zᵀ G Z / Rk,   C_vv = Zᵀ Z / R

R rows are the nodes of the whole batch. MeshNet's aggregation over three neighbours is the same layer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from maquette.encoders.gather import in_degrees, neighbour_max, neighbour_sum, transposed_sum
from maquette.encoders.pointwise import fold

__all__ = ["EdgeConv", "edge_layer"]


class EdgeConv(nn.Module):
    """DGCNN's layer; `linear.weight` is (O, 2C), the left half for x_j − x_i and the right half for x_i."""

    def __init__(self, inputs: int, outputs: int, *, slope: float = 0.2) -> None:
        super().__init__()
        self.linear = nn.Linear(2 * inputs, outputs, bias=False)
        self.norm = nn.BatchNorm1d(outputs)
        self.slope = slope

    def forward(self, nodes: Float[Tensor, "R C"], neighbours: Int[Tensor, "R K"]) -> Float[Tensor, "R O"]:
        """The largest activation over each node's edges, per channel."""
        difference, center = self.linear.weight.chunk(2, dim=1)
        return edge_layer(nodes, neighbours, difference, center - difference, norm=self.norm, slope=self.slope)


def edge_layer(
    nodes: Float[Tensor, "R C"],
    neighbours: Int[Tensor, "R K"],
    to_neighbour: Float[Tensor, "O C"],
    to_self: Float[Tensor, "O C"],
    *,
    norm: nn.BatchNorm1d,
    slope: float,
) -> Float[Tensor, "R O"]:
    """Maximum over j of leaky_relu(norm(to_neighbour · x_j + to_self · x_i)), with `norm` over all R·K edges.

    When `norm` is training, its running statistics are moved as BatchNorm would, had it seen the edges.
    """
    if norm.training:
        mean, variance = _edge_moments(nodes, neighbours, to_neighbour, to_self)
        scale = norm.weight * (variance + norm.eps).rsqrt()
        shift = norm.bias - mean * scale
        _move_running_statistics(norm, mean.detach(), variance.detach(), edges=neighbours.numel())
    else:
        scale, shift = fold(norm)
    scale = scale.unsqueeze(1)
    largest = neighbour_max(F.linear(nodes, to_neighbour * scale), neighbours)
    return F.leaky_relu_(largest + F.linear(nodes, to_self * scale, shift), slope)


def _move_running_statistics(norm: nn.BatchNorm1d, mean: Tensor, variance: Tensor, *, edges: int) -> None:
    assert norm.running_mean is not None and norm.running_var is not None and norm.momentum is not None
    assert norm.num_batches_tracked is not None
    with torch.no_grad():
        norm.running_mean.lerp_(mean.to(norm.running_mean.dtype), norm.momentum)
        norm.running_var.lerp_(variance.to(norm.running_var.dtype) * (edges / (edges - 1)), norm.momentum)
        norm.num_batches_tracked += 1


class _EdgeMoments(torch.autograd.Function):
    """Mean and (biased) variance over all edges, per channel; see the module's equations.

    Second moments cancel, so they are summed in float64; the large products of the gradient need not be.
    """

    @staticmethod
    def forward(
        ctx: Any, nodes: Tensor, neighbours: Tensor, to_neighbour: Tensor, to_self: Tensor
    ) -> tuple[Tensor, Tensor]:
        count, slots = neighbours.shape
        with torch.autocast(nodes.device.type, enabled=False):
            center = nodes.mean(0, dtype=torch.float64)
            exact = nodes.double() - center
            degrees = in_degrees(neighbours)
            sums = neighbour_sum(exact, neighbours)
            a, p = to_neighbour.double(), to_self.double()
            first = degrees.double() @ exact / (count * slots)
            c_uu = exact.T @ (exact * degrees.unsqueeze(1)) / (count * slots) - torch.outer(first, first)
            c_vu = exact.T @ sums / (count * slots)
            c_vv = exact.T @ exact / count
            mean = a @ (center + first) + p @ center
            u = a @ c_uu + p @ c_vu
            v = a @ c_vu.T + p @ c_vv
            variance = ((a * u).sum(1) + (p * v).sum(1)).clamp_min_(0)
        # The sums in the precision that their gradient is worked out in, rather than summed again there.
        around = sums.to(torch.promote_types(nodes.dtype, torch.float32))
        ctx.save_for_backward(nodes, neighbours, degrees, to_neighbour, to_self, center, first, u, v, around)
        return mean.to(to_self.dtype), variance.to(to_self.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, Tensor, Tensor]:
        nodes, neighbours, degrees, to_neighbour, to_self, center, first, u, v, around = ctx.saved_tensors
        count, slots = neighbours.shape
        with torch.autocast(nodes.device.type, enabled=False):
            of_mean, of_variance = gradients[0].double(), 2 * gradients[1].double().unsqueeze(1)
            a, p = to_neighbour.double(), to_self.double()
            of_a = torch.outer(of_mean, center + first) + of_variance * u
            of_p = torch.outer(of_mean, center) + of_variance * v

            work = torch.promote_types(nodes.dtype, torch.float32)
            edges = count * slots
            s_uu, s_vu, s_vv = (
                (left.T @ (of_variance * right) / edges).to(work) for left, right in ((a, a), (p, a), (p, p))
            )
            z = nodes.to(work) - center.to(work)
            z_first = first.to(work)
            degree = degrees.to(work).unsqueeze(1)
            of_nodes = degree * torch.addmm((of_mean @ a / edges).to(work), z - z_first, s_uu)
            of_nodes.addmm_(transposed_sum(z, neighbours), s_vu)
            of_nodes.addmm_(around - slots * z_first, s_vu.T)
            of_nodes.addmm_(z, s_vv, alpha=slots)
            of_nodes += (of_mean @ p * (slots / edges)).to(work)
        return of_nodes.to(nodes.dtype), None, of_a.to(to_neighbour.dtype), of_p.to(to_self.dtype)


_edge_moments: Callable[[Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]] = _EdgeMoments.apply
