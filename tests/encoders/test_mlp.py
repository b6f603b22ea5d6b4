from __future__ import annotations

import pytest
import torch

from maquette.encoders import MLP
from maquette.errors import ConfigError


def test_equals_its_formula() -> None:
    encoder = MLP(dimensions=3, inputs=4, hidden=[5], dropout=0.4).double().eval()
    features = torch.randn(6, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    state, unit = encoder.state_dict(), (1 + 1e-5) ** 0.5
    hidden = (features @ state["hidden.0.linear.weight"].T / unit).clamp_min(0)
    expected = (hidden @ state["head.linear.weight"].T / unit).clamp_min(0)
    torch.testing.assert_close(encoder(features), expected, rtol=0, atol=1e-12)


def test_without_hidden_layers_it_is_the_head() -> None:
    assert [tuple(p.shape) for p in MLP(dimensions=3, inputs=4).parameters()] == [(3, 4), (3,), (3,)]


def test_dropout_only_in_training() -> None:
    encoder = MLP(dimensions=3, inputs=4, hidden=[50], dropout=0.9).eval()
    features = torch.ones(8, 4)
    assert torch.equal(encoder(features), encoder(features))
    assert (
        encoder.train().hidden(features.random_(generator=torch.Generator().manual_seed(0))) == 0
    ).float().mean() > 0.8


def test_wrong_sizes() -> None:
    with pytest.raises(ConfigError, match=r"dropout is -0\.1"):
        MLP(dropout=-0.1)
    with pytest.raises(ConfigError, match="hidden"):
        MLP(hidden=[0])
