"""ResNet18 as its paper defines it: in inference a pass for every view; every convolution before its own BatchNorm.

He et al., CVPR 2016, https://arxiv.org/abs/1512.03385. Parameters carry the names of `maquette.encoders.resnet`, so
that `load_state_dict` carries one's weights to the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["TextbookResNet18"]


class _Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.stride = stride
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, images: Tensor) -> Tensor:
        inner = F.relu(self.bn1(self.conv1(images)))
        # The stride is taken outside the 1 × 1 convolution: PyTorch 2.13's CPU backward of a strided one is unsafe.
        around = self.downsample(images[:, :, :: self.stride, :: self.stride])
        return F.relu(self.bn2(self.conv2(inner)) + around)


class _Head(nn.Module):
    def __init__(self, inputs: int, dimensions: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, dimensions, bias=False)
        self.norm = nn.BatchNorm1d(dimensions)

    def forward(self, vectors: Tensor) -> Tensor:
        return F.relu(self.norm(self.linear(vectors)))


class TextbookResNet18(nn.Module):
    """The whole encoder, with the stem for ImageNet's sizes."""

    def __init__(
        self, *, dimensions: int = 512, width: int = 64, blocks: Sequence[int] = (2, 2, 2, 2), stem: str = "imagenet"
    ) -> None:
        super().__init__()
        assert stem == "imagenet"
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        inputs, self.stages = width, len(blocks)
        for stage, count in enumerate(blocks):
            outputs = width << stage
            layer = nn.Sequential()
            for block in range(count):
                layer.append(_Block(inputs, outputs, 2 if stage and not block else 1))
                inputs = outputs
            self.add_module(f"layer{stage + 1}", layer)
        self.head = _Head(inputs, dimensions)

    def forward(self, pixels: Tensor) -> Tensor:
        """(B, V, 3, H, W) to (B, D): the mean over the views, each a pass of its own; in training all are one batch."""
        if self.training:
            return self._encode(pixels.flatten(0, 1)).view(*pixels.shape[:2], -1).mean(1)
        return torch.stack([self._encode(pixels[:, view]) for view in range(pixels.shape[1])]).mean(0)

    def _encode(self, images: Tensor) -> Tensor:
        maps = F.max_pool2d(F.relu(self.bn1(self.conv1(images))), 3, stride=2, padding=1)
        for stage in range(self.stages):
            maps = self.get_submodule(f"layer{stage + 1}")(maps)
        representations: Tensor = self.head(F.adaptive_avg_pool2d(maps, 1).flatten(1))
        return representations
