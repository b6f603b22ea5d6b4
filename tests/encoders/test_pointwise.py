from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from maquette.encoders.pointwise import Pointwise, fold, object_max


def test_fold_by_hand() -> None:
    norm = nn.BatchNorm1d(1)
    with torch.no_grad():
        norm.weight.fill_(6.0)
        norm.bias.fill_(1.0)
        assert norm.running_mean is not None and norm.running_var is not None
        norm.running_mean.fill_(2.0)
        norm.running_var.fill_(9.0 - norm.eps)
    scale, shift = fold(norm)
    assert scale.tolist() == pytest.approx([2.0])
    assert shift.tolist() == pytest.approx([-3.0])


@pytest.mark.parametrize("slope", [0.0, 0.2])
@pytest.mark.parametrize("training", [True, False])
def test_equals_its_three_parts(training: bool, slope: float, unlike_fresh: Callable[[nn.Module], nn.Module]) -> None:
    layer = unlike_fresh(Pointwise(5, 7, slope=slope).double().train(training))
    assert isinstance(layer, Pointwise)
    rows = torch.randn(11, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    twin = nn.BatchNorm1d(7).double().train(training)
    twin.load_state_dict(layer.norm.state_dict())
    expected = F.leaky_relu(twin(rows @ layer.linear.weight.T), slope)
    torch.testing.assert_close(layer(rows), expected, rtol=0, atol=1e-12)
    for name, value in twin.state_dict().items():
        torch.testing.assert_close(layer.norm.state_dict()[name], value)


@pytest.mark.parametrize("training", [True, False])
def test_arguments_stand_side_by_side(training: bool, unlike_fresh: Callable[[nn.Module], nn.Module]) -> None:
    layer = unlike_fresh(Pointwise(9, 7).double().train(training))
    together = torch.randn(11, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    expected = layer(together)
    found = layer(*torch.split(together, [2, 4, 3], dim=1))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
    wanted = [together, *layer.parameters()]
    weights = torch.linspace(-1, 1, 77, dtype=torch.float64).view(11, 7)
    one, other = (torch.autograd.grad((values * weights).sum(), wanted) for values in (found, expected))
    for gradient, reference in zip(one, other, strict=True):
        torch.testing.assert_close(gradient, reference, rtol=0, atol=1e-12)


def test_object_max_by_hand() -> None:
    values = torch.tensor([[[1.0, 5], [3, 5], [2, 4]], [[0, -1], [-2, -3], [0, -2]]])
    assert object_max(values).tolist() == [[3, 5], [0, -1]]
    asked = values.requires_grad_()
    found = object_max(asked)
    assert found.tolist() == [[3, 5], [0, -1]]
    (gradient,) = torch.autograd.grad(found.sum(), asked)
    # One of equally large values gets the whole gradient.
    assert sorted(gradient.flatten().tolist()) == [0] * 8 + [1] * 4
