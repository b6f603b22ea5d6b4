"""The k nearest neighbours of every point among those of its own object, by blocked matrix products.

Distances are compared through 2·x·y − |y|², which orders a point's neighbours as the distance does and is one matrix
product. The selection, not the product, is what costs; `_largest` halves it by looking at groups first, and the
compiled kernel, which does the same where it was built, halves it again.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from maquette.encoders.compiled import MOST_NEIGHBOURS, compiled_largest, has_kernels
from maquette.errors import InputError

__all__ = ["nearest_rows"]

# Scores held at a time: 4 MB in float32 stays in a core's cache; a GPU wants few, large products.
_CPU_BLOCK = 1 << 20
_GPU_BLOCK = 1 << 26


def nearest_rows(points: Float[Tensor, "B N C"], k: int) -> Int[Tensor, "R k"]:
    """The k nearest points of each of the R = B·N points, itself among them, as rows of the flattened (B·N, C).

    Ascending on a CPU; which of several equally near ones is taken is not defined. No gradient. Half-precision input is
    compared in float32, also under autocast: rounding would change who is whose neighbour.

    >>> nearest_rows(torch.tensor([[[0.0], [1.0], [5.0]]]), 2).sort(1).values.tolist()
    [[0, 1], [0, 1], [1, 2]]
    """
    objects, count, _ = points.shape
    if not 1 <= k <= count:
        raise InputError(f"k is {k}: expected 1 to {count}, the points an object has; use a smaller k or more points")
    with torch.no_grad(), torch.autocast(points.device.type, enabled=False):
        points = points.detach()
        if points.dtype not in (torch.float32, torch.float64):
            points = points.float()
        rows = torch.empty(objects, count, k, dtype=torch.int64, device=points.device)
        squares = points.square().sum(2)
        block = _CPU_BLOCK if points.device.type == "cpu" else _GPU_BLOCK
        some_objects = max(1, block // (count * count))
        some_points = min(count, max(1, block // count))
        for first in range(0, objects, some_objects):
            those = slice(first, first + some_objects)
            everyone = points[those].transpose(1, 2)
            minus = -squares[those].unsqueeze(1)
            for start in range(0, count, some_points):
                asking = slice(start, start + some_points)
                rows[those, asking] = _largest(torch.baddbmm(minus, points[those, asking], everyone, alpha=2), k)
        rows += torch.arange(0, objects * count, count, device=rows.device).view(-1, 1, 1)
    return rows.view(objects * count, k)


def _largest(scores: Float[Tensor, "B Q N"], k: int) -> Int[Tensor, "B Q k"]:
    """Columns of each row's k largest scores, on a CPU ascending: sums depend on the order, in their last bits.

    The k largest scores lie in the k groups with the largest maxima; so a first selection among the maxima of groups
    of `size`, then one among the `size * k` scores of the groups found, replaces one among all N.
    """
    objects, queries, count = scores.shape
    if scores.device.type == "cpu" and scores.dtype == torch.float32 and k <= MOST_NEIGHBOURS and has_kernels():
        return compiled_largest(scores.view(objects * queries, count), k).view(objects, queries, k)
    size = 1 << round(0.5 * math.log2(count / k))
    if size < 2 or count % size or count // size <= k:
        return _in_order(scores.topk(k, sorted=False).indices)
    groups = count // size
    # Column c belongs to group c % groups: the maximum then runs along contiguous memory.
    spread = scores.view(objects * queries, size, groups)
    found = spread.amax(1).topk(k, sorted=False).indices
    among = spread.gather(2, found.unsqueeze(1).expand(-1, size, -1)).view(objects * queries, size * k)
    chosen = among.topk(k, sorted=False).indices
    columns = found.gather(1, chosen % k) + (chosen // k) * groups
    return _in_order(columns).view(objects, queries, k)


def _in_order(columns: Int[Tensor, "*_ k"]) -> Int[Tensor, "*_ k"]:
    """Ascending on a CPU, where kernels and PyTorch give the same bits; on a GPU it would cost and serve nothing."""
    return columns.sort(-1).values if columns.device.type == "cpu" else columns
