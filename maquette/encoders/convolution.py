"""A convolution and the normalisation behind it, as fast as they can be had: folded where statistics are fixed."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from maquette.encoders.pointwise import fold

__all__ = ["convolve", "in_fast_layout"]


def convolve(
    convolution: nn.Conv2d, norm: nn.BatchNorm2d, images: Float[Tensor, "A C H W"]
) -> Float[Tensor, "A O h w"]:
    """norm(convolution(images)), for a convolution without bias.

    When `norm` is not training it is x ↦ scale · x + shift, and a convolution is linear: (scale · W) ∗ images + shift
    is the same in one pass over the maps instead of two.
    """
    if norm.training:
        normalised: Tensor = norm(convolution(images))
        return normalised
    scale, shift = fold(norm)
    weight = convolution.weight * scale.view(-1, 1, 1, 1)
    return F.conv2d(images, weight, shift, stride=convolution.stride, padding=convolution.padding)


def in_fast_layout(images: Float[Tensor, "A C H W"]) -> Float[Tensor, "A C H W"]:
    """The same images in the memory layout that this machine's convolutions are fastest in.

    Channels last on GPUs (what tensor cores take) and on processors with AVX-512; measured on one with AVX2 alone, a
    training step of ResNet18 was 10 to 20 % faster with channels first, and inference no slower.
    """
    if images.device.type == "cpu" and torch.backends.cpu.get_cpu_capability() != "AVX512":
        return images.contiguous()
    return images.contiguous(memory_format=torch.channels_last)
