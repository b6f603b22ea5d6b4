"""MeshNet as its paper defines it: neighbours laid out beside each face, (B, C, F, 3), every layer a convolution.

Feng et al., AAAI 2019, https://arxiv.org/abs/1811.11424. Parameters carry the names of `maquette.encoders.meshnet`, so
that `load_state_dict` carries one's weights to the other.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["TextbookMeshNet"]


class _Layer(nn.Module):
    """Convolution of size 1, BatchNorm, ReLU, on (B, C, …)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, outputs, bias=False)
        self.norm = nn.BatchNorm1d(outputs)

    def forward(self, features: Tensor) -> Tensor:
        values = F.conv1d(features.flatten(2), self.linear.weight.unsqueeze(2))
        return F.relu(self.norm(values)).view(*values.shape[:2], *features.shape[2:])


class _Rotate(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.pair = nn.Sequential(_Layer(6, width // 2), _Layer(width // 2, width // 2))
        self.mix = nn.Sequential(_Layer(width // 2, width), _Layer(width, width))

    def forward(self, corners: Tensor) -> Tensor:
        first, second, third = corners.chunk(3, dim=1)
        pairs = [torch.cat(two, dim=1) for two in ((first, second), (second, third), (third, first))]
        mixed: Tensor = self.mix(self.pair(torch.stack(pairs, dim=3)).mean(3))
        return mixed


def _neighbours_of(features: Tensor, neighbours: Tensor) -> Tensor:
    """(B, C, F) and (B, F, 3) to (B, C, F, 3)."""
    objects, channels, faces = features.shape
    index = neighbours.reshape(objects, 1, faces * 3).expand(-1, channels, -1)
    return features.gather(2, index).view(objects, channels, faces, 3)


class _Kernel(nn.Module):
    def __init__(self, kernels: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.rand(kernels, 4) * math.pi)
        self.beta = nn.Parameter(torch.rand(kernels, 4) * 2 * math.pi)
        self.norm = nn.BatchNorm1d(kernels)

    def forward(self, normals: Tensor, neighbours: Tensor) -> Tensor:
        kernels = torch.stack(
            [self.alpha.sin() * self.beta.cos(), self.alpha.sin() * self.beta.sin(), self.alpha.cos()]
        )
        around = torch.cat([normals.unsqueeze(3), _neighbours_of(normals, neighbours)], dim=3)
        # (B, 3, 1, F, 4, 1) against (3, K, 1, 1, 4)
        differences = around[:, :, None, :, :, None] - kernels[None, :, :, None, None, :]
        values = (-differences.square().sum(1) / (2 * 0.2**2)).exp().sum((3, 4)) / 16
        return F.relu(self.norm(values))


class _Convolution(nn.Module):
    def __init__(self, spatial: int, structural: int, outputs: int) -> None:
        super().__init__()
        self.combine = _Layer(spatial + structural, outputs)
        self.concat = _Layer(2 * structural, structural)
        self.aggregate = _Layer(structural, outputs)

    def forward(self, spatial: Tensor, structural: Tensor, neighbours: Tensor) -> tuple[Tensor, Tensor]:
        own = structural.unsqueeze(3).expand(-1, -1, -1, 3)
        both = torch.cat([own, _neighbours_of(structural, neighbours)], dim=1)
        around = self.concat(both).max(3).values
        return self.combine(torch.cat([spatial, structural], dim=1)), self.aggregate(around)


class _Head(nn.Module):
    def __init__(self, inputs: int, dimensions: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, dimensions, bias=False)
        self.norm = nn.BatchNorm1d(dimensions)

    def forward(self, vectors: Tensor) -> Tensor:
        return F.relu(self.norm(self.linear(vectors)))


class TextbookMeshNet(nn.Module):
    """The whole encoder."""

    def __init__(self, *, dimensions: int = 512, width: int = 64) -> None:
        super().__init__()
        shape = 2 * width + 3
        self.spatial = nn.Sequential(_Layer(3, width), _Layer(width, width))
        self.rotate = _Rotate(width)
        self.kernel = _Kernel(width)
        self.structural = nn.Sequential(_Layer(shape, shape), _Layer(shape, shape))
        self.conv1 = _Convolution(width, shape, 4 * width)
        self.conv2 = _Convolution(4 * width, 4 * width, 8 * width)
        self.fusion = _Layer(16 * width, 16 * width)
        self.concat = _Layer(28 * width, 16 * width)
        self.head = _Head(16 * width, dimensions)

    def forward(self, centers: Tensor, corners: Tensor, normals: Tensor, neighbours: Tensor) -> Tensor:
        """(B, 3, F), (B, 9, F), (B, 3, F) and (B, F, 3) to (B, D)."""
        rotated, correlated = self.rotate(corners), self.kernel(normals, neighbours)
        shape = self.structural(torch.cat([rotated, correlated, normals], dim=1))
        spatial1, structural1 = self.conv1(self.spatial(centers), shape, neighbours)
        spatial2, structural2 = self.conv2(spatial1, structural1, neighbours)
        fused = self.fusion(torch.cat([spatial2, structural2], dim=1))
        faces = self.concat(torch.cat([spatial1, spatial2, fused], dim=1))
        representations: Tensor = self.head(faces.max(2).values)
        return representations
