from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from maquette.encoders import PointNet
from maquette.errors import ConfigError


def test_equals_a_loop_over_points() -> None:
    encoder = PointNet(dimensions=6, channels=(5, 9), hidden=(7,), dropout=0.3).double().eval()
    points = torch.randn(2, 3, 11, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    def layer(prefix: str, row: torch.Tensor) -> torch.Tensor:
        state = encoder.state_dict()
        return F.relu((state[f"{prefix}.linear.weight"] @ row) / (1 + 1e-5) ** 0.5)

    for b in range(2):
        shape = torch.stack([layer("shared.1", layer("shared.0", points[b, :, n])) for n in range(11)]).amax(0)
        expected = layer("head", layer("hidden.0", shape))
        torch.testing.assert_close(encoder(points)[b], expected, rtol=0, atol=1e-12)


def test_order_and_repetition_of_points_do_not_matter() -> None:
    encoder = PointNet(dimensions=6).eval()
    points = torch.randn(2, 3, 11, generator=torch.Generator().manual_seed(0))
    order = torch.tensor([*range(10, -1, -1), 3, 3])
    torch.testing.assert_close(encoder(points[:, :, order]), encoder(points))


def test_sizes_of_the_paper_by_default() -> None:
    sizes = [tuple(value.shape) for value in PointNet().parameters() if value.ndim == 2]
    assert sizes == [(64, 3), (64, 64), (64, 64), (128, 64), (1024, 128), (512, 1024), (256, 512), (512, 256)]


def test_wrong_sizes() -> None:
    with pytest.raises(ConfigError, match="dropout is 1"):
        PointNet(dropout=1.0)
    with pytest.raises(ConfigError, match="channels"):
        PointNet(channels=())
