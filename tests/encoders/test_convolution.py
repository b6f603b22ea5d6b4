from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from maquette.encoders.convolution import convolve, in_fast_layout


def _layer() -> tuple[nn.Conv2d, nn.BatchNorm2d, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    convolution, norm = nn.Conv2d(3, 5, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(5)
    assert norm.running_mean is not None and norm.running_var is not None
    with torch.no_grad():
        norm.weight.normal_(generator=generator)
        norm.bias.normal_(generator=generator)
        norm.running_mean.normal_(generator=generator)
        norm.running_var.uniform_(0.5, 2, generator=generator)
    return convolution, norm, torch.randn(2, 3, 9, 8, generator=generator)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
def test_folded_equals_one_after_the_other(dtype: torch.dtype, tolerance: float) -> None:
    convolution, norm, images = _layer()
    convolution, norm = convolution.to(dtype), norm.to(dtype).eval()
    leaf, other = (images.to(dtype).requires_grad_() for _ in range(2))
    found, expected = convolve(convolution, norm, leaf), norm(convolution(other))
    torch.testing.assert_close(found, expected, rtol=0, atol=tolerance)
    found_gradients = torch.autograd.grad(found.square().sum(), [leaf, convolution.weight, norm.weight, norm.bias])
    expected_gradients = torch.autograd.grad(
        expected.square().sum(), [other, convolution.weight, norm.weight, norm.bias]
    )
    for one, two in zip(found_gradients, expected_gradients, strict=True):
        torch.testing.assert_close(one, two, rtol=0, atol=tolerance * max(1.0, float(two.abs().max())))


def test_by_hand() -> None:
    convolution, norm = nn.Conv2d(1, 1, 1, bias=False), nn.BatchNorm2d(1, eps=0.0).eval()
    with torch.no_grad():
        convolution.weight.fill_(3)
        norm.weight.fill_(-2)
        norm.bias.fill_(1)
        assert norm.running_mean is not None and norm.running_var is not None
        norm.running_mean.fill_(5)
        norm.running_var.fill_(4)
        # -2 (3·4 - 5) / 2 + 1
        assert convolve(convolution, norm, torch.full((1, 1, 1, 1), 4.0)).item() == -6


def test_training_takes_the_batch_and_moves_the_statistics() -> None:
    convolution, norm, images = _layer()
    maps = convolution(images)
    assert norm.running_mean is not None
    mean, before = maps.mean((0, 2, 3)), norm.running_mean.clone()
    expected = F.batch_norm(maps, None, None, norm.weight, norm.bias, training=True)
    torch.testing.assert_close(convolve(convolution, norm, images), expected)
    torch.testing.assert_close(norm.running_mean, before + 0.1 * (mean - before))


@pytest.mark.parametrize(("capability", "last"), [("AVX2", False), ("DEFAULT", False), ("AVX512", True)])
def test_layout_follows_the_processor(capability: str, last: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    images = torch.rand(2, 3, 4, 5)
    for given in (images, images.contiguous(memory_format=torch.channels_last)):
        laid = in_fast_layout(given)
        assert laid.is_contiguous(memory_format=torch.channels_last) is last
        assert laid.is_contiguous() is not last
        assert torch.equal(laid, images)
