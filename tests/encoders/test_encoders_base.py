from __future__ import annotations

import pytest
import torch

from maquette.encoders.base import ENCODERS, Head, ViewEncoder, WeightsReader, check_sizes
from maquette.errors import ConfigError, UnknownNameError


def test_head_by_hand() -> None:
    head = Head(2, 1).eval()
    assert head.norm.running_mean is not None and head.norm.running_var is not None
    with torch.no_grad():
        head.linear.weight.copy_(torch.tensor([[1.0, -2.0]]))
        head.norm.running_mean.fill_(1.0)
        head.norm.running_var.fill_(4.0 - head.norm.eps)
    # (1·5 − 2·0 − 1) / 2 = 2; (1·0 − 2·1 − 1) / 2 < 0
    assert head(torch.tensor([[5.0, 0.0], [0.0, 1.0]])).flatten().tolist() == pytest.approx([2.0, 0.0])


def test_head_has_no_bias_that_batchnorm_would_undo() -> None:
    assert set(dict(Head(3, 2).named_parameters())) == {"linear.weight", "norm.weight", "norm.bias"}


def test_names_and_unknown_name() -> None:
    assert {"dgcnn", "meshnet", "mlp", "mnist_cnn", "pointnet", "resnet18"} <= set(ENCODERS.names())
    with pytest.raises(UnknownNameError, match="dgcnn"):
        ENCODERS.build("dgcn")


def test_unknown_option_names_the_encoder() -> None:
    with pytest.raises(ConfigError, match=r"dgcnn.*heads"):
        ENCODERS.build("dgcnn", heads=3)


@pytest.mark.parametrize("value", [0, -1, True, 1.5, (), (3, 0)])
def test_sizes_are_checked(value: object) -> None:
    with pytest.raises(ConfigError, match=r"thing: width is"):
        check_sizes("thing", depth=2, width=value)


def test_protocols_tell_encoders_apart() -> None:
    resnet = ENCODERS.build("resnet18", width=4, blocks=[1])
    assert isinstance(resnet, ViewEncoder) and isinstance(resnet, WeightsReader)
    assert not isinstance(ENCODERS.build("mlp"), ViewEncoder)
