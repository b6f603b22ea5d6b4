"""The small convolutional network that RONO trains on 28 × 28 digits (3D MNIST's images).

Feng et al., RONO: Robust Discriminative Learning with Noisy Labels for 2D-3D Cross-Modal Retrieval, CVPR 2023: two
3 × 3 convolutions (96, 64) with ReLU and 2 × 2 maxima, then 1024 and 512 with ReLU, then the common space, of either
sign. RONO uses `dimensions=256`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from maquette.encoders.base import ENCODERS, check_sizes
from maquette.errors import InputError

__all__ = ["MnistCNN"]


@ENCODERS.register("mnist_cnn")
class MnistCNN(nn.Module):
    """Encoder of grey images of `side` × `side` pixels; colors are averaged."""

    def __init__(
        self,
        *,
        dimensions: int = 512,
        channels: Sequence[int] = (96, 64),
        hidden: Sequence[int] = (1024, 512),
        side: int = 28,
    ) -> None:
        super().__init__()
        check_sizes("mnist_cnn", dimensions=dimensions, channels=tuple(channels), hidden=tuple(hidden), side=side)
        self.side = side
        layers: list[nn.Module] = []
        for before, after in zip((1, *channels[:-1]), channels, strict=True):
            # The maximum before the ReLU, which both orders give alike: a quarter of the values is left by then.
            layers += [nn.Conv2d(before, after, 3, padding=1), nn.MaxPool2d(2), nn.ReLU()]
            side //= 2
        layers.append(nn.Flatten())
        for before, after in zip((side * side * channels[-1], *hidden[:-1]), hidden, strict=True):
            layers += [nn.Linear(before, after), nn.ReLU()]
        # Channels last: a training step at 64 digits took a quarter less of a processor's time. Values do not change.
        self.layers = nn.Sequential(*layers, nn.Linear(hidden[-1], dimensions))
        self.layers.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in PyTorch's stub

    def forward(self, pixels: Float[Tensor, "B V A H W"]) -> Float[Tensor, "B D"]:
        """Representations: the mean over the views."""
        return self.forward_views(pixels).mean(1)

    def forward_views(self, pixels: Float[Tensor, "B V A H W"]) -> Float[Tensor, "B V D"]:
        """One representation a view; A is the number of color channels, any."""
        if pixels.shape[-2:] != (self.side, self.side):
            height, width = pixels.shape[-2:]
            raise InputError(f"mnist_cnn: images are {height} x {width}: expected {self.side} x {self.side}")
        views: Tensor = self.layers(pixels.mean(2, keepdim=True).flatten(0, 1))
        return views.view(*pixels.shape[:2], -1)
