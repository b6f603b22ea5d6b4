"""The networks written straight from the papers, which the package's own must equal."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch import Tensor, nn


@pytest.fixture(autouse=True)
def same_initial_weights() -> Iterator[None]:
    """Layers draw from PyTorch's global generator: give every test the same state of it, and restore it."""
    with torch.random.fork_rng(devices=[]):
        torch.set_rng_state(torch.Generator().manual_seed(0).get_state())
        yield


@pytest.fixture(scope="session")
def textbook() -> Callable[[str], ModuleType]:
    def load(name: str) -> ModuleType:
        path = Path(__file__).parents[2] / "benchmarks" / "textbook" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(f"textbook_{name}", path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture
def unlike_fresh() -> Callable[[nn.Module], nn.Module]:
    """Gives every BatchNorm scales of both signs and statistics that are not 0 and 1."""

    def scramble(module: nn.Module) -> nn.Module:
        generator = torch.Generator().manual_seed(5)
        for part in module.modules():
            if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
                assert part.running_mean is not None and part.running_var is not None
                with torch.no_grad():
                    part.weight.normal_(generator=generator)
                    part.bias.normal_(generator=generator)
                    part.running_mean.normal_(generator=generator)
                    part.running_var.uniform_(0.5, 2.0, generator=generator)
        return module

    return scramble


@pytest.fixture
def assert_same_network() -> Callable[[nn.Module, nn.Module, dict[str, Tensor]], None]:
    """Outputs, all gradients and all running statistics agree to 1e-12 of their size, training and not."""

    def check(ours: nn.Module, theirs: nn.Module, inputs: dict[str, Tensor]) -> None:
        ours, theirs = ours.double(), theirs.double()
        theirs.load_state_dict(ours.state_dict())
        leaf = next(iter(inputs))
        for training in (True, False):
            results = []
            for network in (ours, theirs):
                network.train(training).zero_grad()
                mine = {**inputs, leaf: inputs[leaf].clone().requires_grad_()}
                output = network(**mine)
                weights = torch.linspace(-1, 1, output.numel(), dtype=torch.float64).view_as(output)
                (output * weights).sum().backward()
                gradients = {name: value.grad for name, value in network.named_parameters()}
                buffers = dict(network.named_buffers())
                results.append({"output": output.detach(), "input": mine[leaf].grad, **gradients, **buffers})
            assert results[0].keys() == results[1].keys()
            for name, expected in results[1].items():
                error = float((results[0][name] - expected).abs().max())
                assert error <= 1e-12 * max(1.0, float(expected.abs().max())), (training, name, error)

    return check
