"""DGCNN as its paper defines it: every edge is formed, (B, 2C, N, k), convolved, normalised, and maximised over.

Wang et al., TOG 2019, https://arxiv.org/abs/1801.07829. Parameters carry the names of `maquette.encoders.dgcnn`, so
that `load_state_dict` carries one's weights to the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["TextbookDGCNN", "TextbookEdgeConv", "nearest"]


def nearest(features: Tensor, k: int) -> Tensor:
    """(B, C, N) to (B, N, k): the k nearest of each point, itself among them, by the full matrix of distances."""
    inner = features.transpose(1, 2) @ features
    squares = features.square().sum(1)
    distances = squares.unsqueeze(2) - 2 * inner + squares.unsqueeze(1)
    return distances.topk(k, largest=False).indices


class TextbookEdgeConv(nn.Module):
    """max over j of leaky_relu(norm(W (x_j − x_i, x_i)))."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(2 * inputs, outputs, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, features: Tensor, neighbours: Tensor) -> Tensor:
        """(B, C, N) and (B, N, k) to (B, O, N)."""
        objects, channels, count = features.shape
        k = neighbours.shape[2]
        index = neighbours.reshape(objects, 1, count * k).expand(-1, channels, -1)
        others = features.gather(2, index).view(objects, channels, count, k)
        own = features.unsqueeze(3).expand(-1, -1, -1, k)
        edges = torch.cat([others - own, own], dim=1)
        edges = self.norm(F.conv2d(edges, self.linear.weight[:, :, None, None]))
        return F.leaky_relu(edges, 0.2).max(3).values


class _Pointwise(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, outputs, bias=False)
        self.norm = nn.BatchNorm1d(outputs)

    def forward(self, features: Tensor) -> Tensor:
        return F.leaky_relu(self.norm(F.conv1d(features, self.linear.weight.unsqueeze(2))), 0.2)


class _Head(nn.Module):
    def __init__(self, inputs: int, dimensions: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, dimensions, bias=False)
        self.norm = nn.BatchNorm1d(dimensions)

    def forward(self, vectors: Tensor) -> Tensor:
        return F.relu(self.norm(self.linear(vectors)))


class TextbookDGCNN(nn.Module):
    """The whole encoder."""

    def __init__(
        self, *, dimensions: int = 512, k: int = 20, channels: Sequence[int] = (64, 64, 128, 256), emb_dims: int = 512
    ) -> None:
        super().__init__()
        self.k = k
        sizes = zip((3, *channels[:-1]), channels, strict=True)
        self.edges = nn.ModuleList(TextbookEdgeConv(i, o) for i, o in sizes)
        self.mix = _Pointwise(sum(channels), emb_dims)
        self.head = _Head(2 * emb_dims, dimensions)

    def forward(self, points: Tensor) -> Tensor:
        """(B, 3, N) to (B, D)."""
        features, layers = points, []
        for edge in self.edges:
            features = edge(features, nearest(features.detach(), self.k))
            layers.append(features)
        mixed = self.mix(torch.cat(layers, dim=1))
        pooled = torch.cat([F.adaptive_max_pool1d(mixed, 1), F.adaptive_avg_pool1d(mixed, 1)], dim=1).squeeze(2)
        representations: Tensor = self.head(pooled)
        return representations
