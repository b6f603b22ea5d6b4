from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from maquette.encoders.pointwise import Pointwise, fold


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
