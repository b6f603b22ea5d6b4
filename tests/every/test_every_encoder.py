"""What every registered encoder must keep; an encoder without an entry in CASES fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from maquette.encoders import ENCODERS, ViewEncoder
from maquette.errors import ConfigError

DIMENSIONS = 12


def _pixels(size: int, generator: torch.Generator) -> dict[str, Tensor]:
    return {"pixels": torch.randn(size, 2, 3, 28, 28, generator=generator)}


def _points(size: int, generator: torch.Generator) -> dict[str, Tensor]:
    return {"points": torch.randn(size, 3, 32, generator=generator)}


def _faces(size: int, generator: torch.Generator) -> dict[str, Tensor]:
    return {
        "centers": torch.randn(size, 3, 20, generator=generator),
        "corners": torch.randn(size, 9, 20, generator=generator),
        "normals": F.normalize(torch.randn(size, 3, 20, generator=generator), dim=1),
        "neighbours": torch.randint(0, 20, (size, 20, 3), generator=generator),
    }


def _features(size: int, generator: torch.Generator) -> dict[str, Tensor]:
    return {"features": torch.randn(size, 9, generator=generator)}


CASES: dict[str, tuple[dict[str, Any], Callable[[int, torch.Generator], dict[str, Tensor]]]] = {
    "dgcnn": ({"k": 4, "channels": [8, 8, 16], "emb_dims": 16}, _points),
    "meshnet": ({"width": 4}, _faces),
    "mlp": ({"inputs": 9, "hidden": [11], "dropout": 0.1}, _features),
    "mnist_cnn": ({"channels": [4, 6], "hidden": [10]}, _pixels),
    "pointnet": ({"channels": [8, 16], "hidden": [12]}, _points),
    "resnet18": ({"width": 4, "blocks": [1, 1], "stem": "small"}, _pixels),
}
EVERY = pytest.mark.parametrize("name", ENCODERS.names())


@pytest.fixture(autouse=True)
def same_initial_weights() -> Iterator[None]:
    """Layers draw from PyTorch's global generator: give every test the same state of it, and restore it."""
    with torch.random.fork_rng(devices=[]):
        torch.set_rng_state(torch.Generator().manual_seed(0).get_state())
        yield


def _build(name: str) -> nn.Module:
    assert name in CASES, f"give the encoder {name!r} an entry in CASES"
    # Through JSON, as a configuration and an exported model carry the arguments.
    return ENCODERS.build(name, dimensions=DIMENSIONS, **json.loads(json.dumps(CASES[name][0])))


def _inputs(name: str, size: int = 5) -> dict[str, Tensor]:
    return CASES[name][1](size, torch.Generator().manual_seed(0))


@EVERY
def test_one_representation_an_object_and_not_all_alike(name: str) -> None:
    output = _build(name)(**_inputs(name))
    assert output.shape == (5, DIMENSIONS) and output.isfinite().all()
    assert output.detach().std(0).max() > 1e-3


@EVERY
def test_gradient_reaches_every_parameter(name: str) -> None:
    encoder = _build(name).train()
    output = encoder(**_inputs(name))
    (output * torch.randn(output.shape, generator=torch.Generator().manual_seed(1))).sum().backward()
    silent = [n for n, p in encoder.named_parameters() if p.grad is None or not p.grad.any()]
    assert not silent


@EVERY
def test_order_of_the_batch_and_company_do_not_matter(name: str) -> None:
    encoder, inputs = _build(name).double().eval(), _inputs(name)
    inputs = {key: value.double() if value.is_floating_point() else value for key, value in inputs.items()}
    order = torch.tensor([3, 0, 4, 1, 2])
    whole = encoder(**inputs)
    torch.testing.assert_close(encoder(**{k: v[order] for k, v in inputs.items()}), whole[order], rtol=0, atol=1e-10)
    torch.testing.assert_close(encoder(**{k: v[2:3] for k, v in inputs.items()}), whole[2:3], rtol=0, atol=1e-10)


@EVERY
@pytest.mark.parametrize("training", [True, False])
def test_twice_the_same_is_the_same(name: str, training: bool) -> None:
    encoder, inputs = _build(name).train(training), _inputs(name)
    if training:
        for part in encoder.modules():
            if isinstance(part, nn.Dropout):
                part.eval()
    assert torch.equal(encoder(**inputs), encoder(**inputs))


@EVERY
def test_state_carries_everything(name: str) -> None:
    first, second = _build(name), _build(name).eval()
    first(**_inputs(name))  # moves running statistics
    second.load_state_dict({key: value.clone() for key, value in first.state_dict().items()})
    assert torch.equal(first.eval()(**_inputs(name)), second(**_inputs(name)))


@EVERY
def test_inputs_are_left_as_they_are(name: str) -> None:
    inputs = _inputs(name)
    before = {key: value.clone() for key, value in inputs.items()}
    _build(name)(**inputs).sum().backward()
    assert all(torch.equal(inputs[key], before[key]) for key in before)


@EVERY
def test_mixed_precision_trains_and_stays_near(name: str) -> None:
    encoder, inputs = _build(name).train(), _inputs(name)
    for part in encoder.modules():
        if isinstance(part, nn.Dropout):
            part.eval()
    exact = encoder(**inputs).detach()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rounded = encoder(**inputs)
    rounded.float().sum().backward()
    assert (rounded - exact).abs().mean() < 0.1 * exact.abs().mean()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in encoder.parameters())


@pytest.mark.parametrize("name", [name for name in ENCODERS.names() if isinstance(_build(name), ViewEncoder)])
def test_views_average_to_the_representation(name: str) -> None:
    encoder = _build(name).eval()
    assert isinstance(encoder, ViewEncoder)
    inputs = _inputs(name)
    views = encoder.forward_views(**inputs)
    assert views.shape == (5, 2, DIMENSIONS)
    torch.testing.assert_close(views.mean(1), encoder(**inputs))


@EVERY
def test_wrong_dimensions_are_named(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name}: dimensions is 0"):
        ENCODERS.build(name, dimensions=0, **CASES[name][0])
