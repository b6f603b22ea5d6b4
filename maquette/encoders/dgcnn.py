"""DGCNN: a point cloud's encoder of graph convolutions, the graph drawn anew in feature space at every layer.

Wang et al., Dynamic Graph CNN for Learning on Point Clouds, TOG 2019, https://arxiv.org/abs/1801.07829; sizes as CMCL
and RONO use it: four EdgeConvs (64, 64, 128, 256) over k = 20 neighbours, their outputs side by side, one pointwise
layer to `emb_dims` = 512, maximum and mean over the points, and the head. (CMCL's paper says three widths, "64, 64,
128"; the released network has four, and so has this one.)
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from maquette.encoders.base import ENCODERS, Head, check_sizes
from maquette.encoders.edgeconv import EdgeConv
from maquette.encoders.nearest import nearest_rows
from maquette.encoders.pointwise import Pointwise, object_max

__all__ = ["DGCNN"]

_SLOPE = 0.2


@ENCODERS.register("dgcnn")
class DGCNN(nn.Module):
    """Encoder of point clouds. Smaller `channels`, `emb_dims` and `k` make it fit for CPUs."""

    def __init__(
        self, *, dimensions: int = 512, k: int = 20, channels: Sequence[int] = (64, 64, 128, 256), emb_dims: int = 512
    ) -> None:
        super().__init__()
        check_sizes("dgcnn", dimensions=dimensions, k=k, channels=tuple(channels), emb_dims=emb_dims)
        self.k = k
        inputs = [3, *channels[:-1]]
        self.edges = nn.ModuleList(EdgeConv(i, o, slope=_SLOPE) for i, o in zip(inputs, channels, strict=True))
        self.mix = Pointwise(sum(channels), emb_dims, slope=_SLOPE)
        self.head = Head(2 * emb_dims, dimensions)

    def forward(self, points: Float[Tensor, "B 3 N"]) -> Float[Tensor, "B D"]:
        """Representations; clouds of fewer than k points raise an InputError."""
        objects, _, count = points.shape
        nodes = points.transpose(1, 2).reshape(objects * count, 3)
        layers = []
        for edge in self.edges:
            nodes = edge(nodes, nearest_rows(nodes.view(objects, count, -1), self.k))
            layers.append(nodes)
        mixed = self.mix(torch.cat(layers, dim=1)).view(objects, count, -1)
        representations: Tensor = self.head(torch.cat([object_max(mixed), mixed.mean(1)], dim=1))
        return representations
