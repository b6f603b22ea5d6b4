"""PointNet: a point cloud's encoder of one shared perceptron and a maximum over the points.

Qi et al., PointNet: Deep Learning on Point Sets for 3D Classification and Segmentation, CVPR 2017,
https://arxiv.org/abs/1612.00593: the "vanilla" network, without the two transformation networks (T-Nets): shared
perceptron (64, 64, 64, 128, 1024), maximum, then 512 and 256 with dropout before the last. About ten times cheaper
than DGCNN.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn

from maquette.encoders.base import ENCODERS, Head, check_sizes
from maquette.encoders.pointwise import Pointwise, object_max
from maquette.errors import ConfigError

__all__ = ["PointNet"]


@ENCODERS.register("pointnet")
class PointNet(nn.Module):
    """Encoder of point clouds; `channels` before the maximum over the points, `hidden` after it."""

    def __init__(
        self,
        *,
        dimensions: int = 512,
        channels: Sequence[int] = (64, 64, 64, 128, 1024),
        hidden: Sequence[int] = (512, 256),
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        check_sizes("pointnet", dimensions=dimensions, channels=tuple(channels), hidden=tuple(hidden))
        if not 0 <= dropout < 1:
            raise ConfigError(f"pointnet: dropout is {dropout}: expected 0 to below 1")
        self.shared = nn.Sequential(*(Pointwise(i, o) for i, o in pairwise((3, *channels))))
        self.hidden = nn.Sequential(*(Pointwise(i, o) for i, o in pairwise((channels[-1], *hidden))))
        self.dropout = nn.Dropout(dropout)
        self.head = Head(hidden[-1], dimensions)

    def forward(self, points: Float[Tensor, "B 3 N"]) -> Float[Tensor, "B D"]:
        """Representations; the order of the points does not matter."""
        objects, _, count = points.shape
        rows = self.shared(points.transpose(1, 2).reshape(objects * count, 3))
        shape = object_max(rows.view(objects, count, -1))
        representations: Tensor = self.head(self.dropout(self.hidden(shape)))
        return representations
