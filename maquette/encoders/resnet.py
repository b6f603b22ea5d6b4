"""ResNet18: the encoder of images, one view at a time, averaged.

He et al., Deep Residual Learning for Image Recognition, CVPR 2016, https://arxiv.org/abs/1512.03385. The parameters
carry torchvision's names (`conv1`, `bn1`, `layer1.0.conv1`, …), so ImageNet weights that a user has load as they are;
torchvision itself is not needed. Each view goes through backbone and head, and the representations are averaged after
the head's BatchNorm and ReLU: so representations at one, two or four views can be averaged from the same passes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import torch.nn.functional as F
from jaxtyping import Float
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from maquette.encoders.base import ENCODERS, Head, check_sizes
from maquette.encoders.convolution import convolve, in_fast_layout
from maquette.errors import ConfigError, FileError

__all__ = ["ResNet18"]

_CONVERT = (
    'python -c "import torch, safetensors.torch as s; '
    "s.save_file(torch.load('in.pth', weights_only=True), 'out.safetensors')\""
)


class _BasicBlock(nn.Module):
    """Two 3 × 3 convolutions and the way around them."""

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

    def forward(self, images: Float[Tensor, "A C H W"]) -> Float[Tensor, "A O h w"]:
        """Feature maps, at half the resolution where the block has stride 2."""
        inner = F.relu_(convolve(self.conv1, self.bn1, images))
        # The stride is taken before the 1 × 1 convolution, not in it: the values are the same, and PyTorch 2.13's CPU
        # backward of a strided one writes out of bounds at few channels.
        around = images[:, :, :: self.stride, :: self.stride]
        if isinstance(self.downsample, nn.Sequential):
            convolution, norm = self.downsample
            assert isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
            around = convolve(convolution, norm, around)
        return F.relu_(convolve(self.conv2, self.bn2, inner).add_(around))


@ENCODERS.register("resnet18")
class ResNet18(nn.Module):
    """Encoder of images, any number of views.

    `width` (channels of the first stage; doubled at every further one) and `blocks` make it smaller; `stem` "imagenet"
    quarters the resolution at once (7 × 7, stride 2, then a maximum), "small" keeps it, for images of some 32 pixels.
    """

    def __init__(
        self,
        *,
        dimensions: int = 512,
        width: int = 64,
        blocks: Sequence[int] = (2, 2, 2, 2),
        stem: Literal["imagenet", "small"] = "imagenet",
    ) -> None:
        super().__init__()
        check_sizes("resnet18", dimensions=dimensions, width=width, blocks=tuple(blocks))
        if stem not in ("imagenet", "small"):
            raise ConfigError(f"resnet18: stem is {stem!r}: expected 'imagenet' or 'small'")
        large = stem == "imagenet"
        self.conv1 = nn.Conv2d(
            3, width, 7 if large else 3, stride=2 if large else 1, padding=3 if large else 1, bias=False
        )
        self.bn1 = nn.BatchNorm2d(width)
        self.pool: nn.Module = nn.MaxPool2d(3, stride=2, padding=1) if large else nn.Identity()
        inputs, self._stages = width, len(blocks)
        for stage, count in enumerate(blocks):
            outputs = width << stage
            strides = [1 if stage == 0 else 2] + [1] * (count - 1)
            sizes = [inputs] + [outputs] * (count - 1)
            layer = nn.Sequential(*(_BasicBlock(i, outputs, s) for i, s in zip(sizes, strides, strict=True)))
            self.add_module(f"layer{stage + 1}", layer)
            inputs = outputs
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        self.head = Head(inputs, dimensions)

    def forward(self, pixels: Float[Tensor, "B V 3 H W"]) -> Float[Tensor, "B D"]:
        """Representations: the mean over the views."""
        return self.forward_views(pixels).mean(1)

    def forward_views(self, pixels: Float[Tensor, "B V 3 H W"]) -> Float[Tensor, "B V D"]:
        """One representation a view; all views of a batch are one pass."""
        maps = in_fast_layout(pixels.flatten(0, 1))
        # The maximum before the ReLU, which both orders give alike: three quarters of the values are gone by then.
        maps = F.relu_(self.pool(convolve(self.conv1, self.bn1, maps)))
        for stage in range(self._stages):
            maps = self.get_submodule(f"layer{stage + 1}")(maps)
        views: Tensor = self.head(maps.mean((2, 3)))
        return views.view(*pixels.shape[:2], -1)

    def load_weights(self, path: str) -> None:
        """Overwrite the backbone's weights by a .safetensors file with torchvision's names; `fc` in it is ignored.

        FileError if a tensor is missing, unknown or of another shape. Pickles (.pth) are never read: convert one once.
        """
        file = Path(path)
        if file.suffix != ".safetensors":
            raise FileError(path, f"weights are read from .safetensors files only; convert once with: {_CONVERT}")
        try:
            tensors = load_file(file)
        except (OSError, SafetensorError) as error:
            raise FileError(path, f"cannot be read as safetensors: {error}") from error
        given = {name: value for name, value in tensors.items() if not name.startswith("fc.")}
        own = {name: value for name, value in self.state_dict().items() if not name.startswith("head.")}
        # Files of older torchvision releases lack the counters, which nothing depends on.
        needed = {name for name in own if not name.endswith("num_batches_tracked")}
        wrong = sorted((needed - given.keys()) | (given.keys() - own.keys()))
        wrong += [name for name in sorted(own.keys() & given.keys()) if own[name].shape != given[name].shape]
        if wrong:
            shown = ", ".join(wrong[:3]) + (f" and {len(wrong) - 3} more" if len(wrong) > 3 else "")
            raise FileError(path, f"does not hold the weights of this ResNet18: {shown} missing, unknown or misshapen")
        self.load_state_dict(given, strict=False)
