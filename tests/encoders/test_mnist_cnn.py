from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from maquette.encoders import MnistCNN
from maquette.errors import InputError


def test_sizes_of_the_paper() -> None:
    shapes = [tuple(value.shape) for value in MnistCNN(dimensions=256).parameters() if value.ndim > 1]
    assert shapes == [(96, 1, 3, 3), (64, 96, 3, 3), (1024, 3136), (512, 1024), (256, 512)]


def test_equals_its_formula() -> None:
    encoder = MnistCNN(dimensions=5, channels=(2, 3), hidden=(7,), side=8).double()
    pixels = torch.randn(2, 1, 1, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    weights = list(encoder.parameters())
    maps = pixels[:, 0]
    for weight, bias in (weights[0:2], weights[2:4]):
        maps = F.max_pool2d(F.relu(F.conv2d(maps, weight, bias, padding=1)), 2)
    rows = F.relu(F.linear(maps.flatten(1), weights[4], weights[5]))
    torch.testing.assert_close(encoder(pixels), F.linear(rows, weights[6], weights[7]), rtol=0, atol=1e-12)


def test_views_are_averaged_and_colors_too() -> None:
    encoder = MnistCNN(dimensions=5, channels=(2,), hidden=(7,))
    grey = torch.randn(2, 3, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    views = encoder.forward_views(grey)
    torch.testing.assert_close(encoder(grey), (views[:, 0] + views[:, 1] + views[:, 2]) / 3)
    torch.testing.assert_close(encoder.forward_views(grey.expand(-1, -1, 3, -1, -1)), views)


def test_other_sizes_of_images_raise() -> None:
    with pytest.raises(InputError, match="images are 28 x 30: expected 28 x 28"):
        MnistCNN()(torch.zeros(1, 1, 1, 28, 30))
