"""Maximum and sum over each row's neighbours, with gradients, and without ever laying the neighbours out.

Rows are the points or faces of a whole batch, (R, C); `neighbours[i]` lists the K rows that row i looks at. Laid out,
they would be K times the memory: that is what makes graph networks slow.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from maquette.encoders.compiled import compiled_max, has_kernels

__all__ = ["in_degrees", "neighbour_max", "neighbour_sum", "transposed_sum"]

# float64 carries 29 more bits of mantissa than float32: room for a row's number below the value itself.
_ROW_BITS = (1 << 29) - 1


def neighbour_max(values: Float[Tensor, "R C"], neighbours: Int[Tensor, "R K"]) -> Float[Tensor, "R C"]:
    """The largest value among each row's neighbours, per channel; the gradient goes to the row that has it.

    >>> neighbour_max(torch.tensor([[1.0], [7.0], [3.0]]), torch.tensor([[0, 2], [0, 1], [2, 2]])).tolist()
    [[3.0], [7.0], [3.0]]
    """
    if values.requires_grad and torch.is_grad_enabled():
        return _apply_max(values, neighbours)
    if values.device.type == "cpu":
        return _sparse_max(values, neighbours)
    return _max_by_slots(values, neighbours, with_rows=False)[0]


def neighbour_sum(values: Float[Tensor, "R C"], neighbours: Int[Tensor, "R K"]) -> Float[Tensor, "R C"]:
    """The sum of each row's neighbours, per channel.

    >>> neighbour_sum(torch.tensor([[1.0], [7.0], [3.0]]), torch.tensor([[0, 2], [0, 1], [2, 2]])).tolist()
    [[4.0], [8.0], [6.0]]
    """
    return _apply_sum(values, neighbours)


def transposed_sum(values: Float[Tensor, "R C"], neighbours: Int[Tensor, "R K"]) -> Float[Tensor, "R C"]:
    """For each row, the sum of the rows that list it as a neighbour: the gradient of `neighbour_sum`.

    >>> transposed_sum(torch.tensor([[1.0], [7.0], [3.0]]), torch.tensor([[0, 2], [0, 1], [2, 2]])).tolist()
    [[8.0], [7.0], [7.0]]
    """
    # Sorting the edges by neighbour turns a scatter into a sum of runs, in a fixed order on every run.
    order = neighbours.reshape(-1).sort(stable=True).indices
    ends = in_degrees(neighbours).cumsum(0)
    offsets = torch.cat([ends.new_zeros(1), ends])
    listing = order // neighbours.shape[1]
    return F.embedding_bag(listing, values, offsets, mode="sum", include_last_offset=True)


def in_degrees(neighbours: Int[Tensor, "R K"]) -> Int[Tensor, "R"]:
    """How often each row is listed as a neighbour."""
    listed = neighbours.reshape(-1)
    if listed.device.type == "cpu":
        return listed.bincount(minlength=len(neighbours))
    # There bincount waits for the device, to see how large its result is.
    return listed.new_zeros(len(neighbours)).scatter_add_(0, listed, torch.ones_like(listed))


class _NeighbourSum(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, neighbours: Tensor) -> Tensor:
        ctx.save_for_backward(neighbours)
        return F.embedding_bag(neighbours, values, mode="sum")

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (neighbours,) = ctx.saved_tensors
        return transposed_sum(gradients[0].contiguous(), neighbours), None


class _NeighbourMax(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, neighbours: Tensor) -> Tensor:
        if values.device.type == "cpu" and values.dtype == torch.float32 and has_kernels():
            largest, rows = compiled_max(values, neighbours)
        elif values.device.type == "cpu" and values.dtype != torch.float64 and len(values) <= _ROW_BITS:
            largest, rows = _packed_max(values, neighbours)
        else:
            largest, rows = _max_by_slots(values, neighbours, with_rows=True)
        ctx.save_for_backward(rows.to(torch.int32))
        return largest

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (rows,) = ctx.saved_tensors
        (gradient,) = gradients
        # Added up in float32 at least: many small terms, and GPUs have no fast addition of halves in memory.
        work = gradient.to(torch.promote_types(gradient.dtype, torch.float32))
        return torch.zeros_like(work).scatter_add_(0, rows.long(), work).to(gradient.dtype), None


_apply_sum: Callable[[Tensor, Tensor], Tensor] = _NeighbourSum.apply
_apply_max: Callable[[Tensor, Tensor], Tensor] = _NeighbourMax.apply


def _max_by_slots(
    values: Float[Tensor, "R C"], neighbours: Int[Tensor, "R K"], *, with_rows: bool
) -> tuple[Float[Tensor, "R C"], Int[Tensor, "R C"]]:
    """The maximum and the row it comes from, one neighbour after the other; for every device and precision.

    Without `with_rows` the second result means nothing.
    """
    largest = values.index_select(0, neighbours[:, 0])
    # Which neighbour, in the smallest type that can say it; which row that is, is looked up once, at the end.
    best = torch.zeros_like(largest, dtype=torch.uint8 if neighbours.shape[1] <= 256 else torch.int32)
    for slot in range(1, neighbours.shape[1]):
        candidates = values.index_select(0, neighbours[:, slot])
        if with_rows:
            best.masked_fill_(candidates > largest, slot)
        torch.maximum(largest, candidates, out=largest)
    return largest, neighbours.gather(1, best.long()) if with_rows else neighbours[:, :1].expand(largest.shape)


def _packed_max(
    values: Float[Tensor, "R C"], neighbours: Int[Tensor, "R K"]
) -> tuple[Float[Tensor, "R C"], Int[Tensor, "R C"]]:
    """As `_max_by_slots`, for float32 and less: one sparse maximum finds the value and, in its low bits, the row."""
    numbers = torch.arange(len(values)).unsqueeze(1)
    packed = values.double().view(torch.int64).bitwise_or_(numbers).view(torch.float64)
    bits = _sparse_max(packed, neighbours).view(torch.int64)
    rows = bits & _ROW_BITS
    return bits.bitwise_and_(~_ROW_BITS).view(torch.float64).to(values.dtype), rows


def _sparse_max(values: Float[Tensor, "R C"], neighbours: Int[Tensor, "R K"]) -> Float[Tensor, "R C"]:
    """The maximum as a product with the sparse matrix of neighbours, where sums are maxima; CPU only."""
    _silence_beta_notice()
    count, slots = neighbours.shape
    matrix = torch.sparse_csr_tensor(
        torch.arange(0, count * slots + 1, slots),
        neighbours.reshape(-1),
        torch.ones(count * slots, dtype=values.dtype),
        (count, count),
        check_invariants=False,
    )
    with torch.no_grad(), torch.autocast("cpu", enabled=False):
        largest: Tensor = torch.sparse.mm(matrix, values, "amax")
    return largest


@cache
def _silence_beta_notice() -> None:
    """Build one sparse matrix: PyTorch says once a process that these are in beta, which is no news to a user."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")
        torch.sparse_csr_tensor(
            torch.tensor([0, 0]), torch.tensor([], dtype=torch.int64), torch.zeros(0), (1, 1), check_invariants=False
        )
