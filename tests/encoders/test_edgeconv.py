from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest
import torch
from torch import Tensor, nn

from maquette.encoders.edgeconv import EdgeConv

Textbook = Callable[[str], ModuleType]
Scramble = Callable[[nn.Module], nn.Module]


def test_by_hand() -> None:
    layer = EdgeConv(1, 1, slope=0.2)
    with torch.no_grad():
        layer.linear.weight.copy_(torch.tensor([[1.0, 0.0]]))
    # Edges of node 0: 0 and 1; of node 1: −1 and 0. Mean 0, variance 1/2.
    output = layer(torch.tensor([[0.0], [1.0]]), torch.tensor([[0, 1], [0, 1]]))
    assert output.flatten().tolist() == pytest.approx([2**0.5, 0.0], abs=1e-4)
    assert layer.norm.running_mean is not None and layer.norm.running_var is not None
    assert layer.norm.running_mean.item() == pytest.approx(0.0, abs=1e-7)
    # 0.9 · 1 + 0.1 · (1/2 · 4/3), the unbiased variance of four edges
    assert layer.norm.running_var.item() == pytest.approx(0.9 + 0.1 * 2 / 3)
    assert layer.norm.num_batches_tracked is not None and layer.norm.num_batches_tracked.item() == 1


def test_negative_scale_takes_the_smallest_edge_by_hand() -> None:
    layer = EdgeConv(1, 1, slope=0.2).eval()
    with torch.no_grad():
        layer.linear.weight.copy_(torch.tensor([[1.0, 0.0]]))
        layer.norm.weight.fill_(-1.0)
    output = layer(torch.tensor([[0.0], [1.0]]), torch.tensor([[0, 1], [0, 1]]))
    # Node 0: max(−0, −1 · 0.2); node 1: max(1, 0)
    assert output.flatten().tolist() == pytest.approx([0.0, 1.0], abs=1e-4)


@pytest.mark.parametrize("inputs", [3, 8])
def test_equals_the_textbook_layer(inputs: int, textbook: Textbook, unlike_fresh: Scramble) -> None:
    ours = unlike_fresh(EdgeConv(inputs, 16).double())
    theirs = textbook("dgcnn").TextbookEdgeConv(inputs, 16).double()
    theirs.load_state_dict(ours.state_dict())
    generator = torch.Generator().manual_seed(inputs)
    # Far from the origin, where a variance by E[e²] − E[e]² would cancel.
    features = 30 + torch.randn(3, inputs, 25, dtype=torch.float64, generator=generator)
    neighbours = torch.randint(0, 25, (3, 25, 4), generator=generator)
    rows = (neighbours + 25 * torch.arange(3).view(3, 1, 1)).view(75, 4)
    weights = torch.randn(75, 16, dtype=torch.float64, generator=generator)
    for training in (True, False):
        ours.train(training).zero_grad()
        theirs.train(training).zero_grad()
        a, b = features.clone().requires_grad_(), features.clone().requires_grad_()
        mine = ours(a.transpose(1, 2).reshape(75, inputs), rows)
        plain = theirs(b, neighbours).transpose(1, 2).reshape(75, 16)
        (mine * weights).sum().backward()
        (plain * weights).sum().backward()
        pairs = [(mine.detach(), plain.detach()), (a.grad, b.grad)]
        pairs += [(p.grad, q.grad) for p, q in zip(ours.parameters(), theirs.parameters(), strict=True)]
        pairs += list(zip(ours.buffers(), theirs.buffers(), strict=True))
        for left, right in pairs:
            assert left is not None and right is not None
            assert float((left - right).abs().max()) <= 1e-12 * max(1.0, float(right.abs().max()))


def test_moments_pass_a_numerical_gradient_check() -> None:
    layer = EdgeConv(2, 3).double()
    rows = torch.tensor([[0, 1], [1, 2], [2, 0], [3, 0], [4, 4]])
    nodes = torch.randn(5, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(3), requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: layer(x, rows), (nodes,))


def test_single_precision_is_close_to_double(unlike_fresh: Scramble) -> None:
    layer = unlike_fresh(EdgeConv(16, 32))
    generator = torch.Generator().manual_seed(4)
    nodes, rows = torch.randn(64, 16, generator=generator), torch.randint(0, 64, (64, 5), generator=generator)
    single = layer(nodes, rows)
    torch.testing.assert_close(single, layer.double()(nodes.double(), rows).float(), rtol=1e-4, atol=1e-5)


def test_autocast_runs_and_stays_near(unlike_fresh: Scramble) -> None:
    layer = unlike_fresh(EdgeConv(16, 32))
    generator = torch.Generator().manual_seed(4)
    nodes, rows = torch.randn(64, 16, generator=generator), torch.randint(0, 64, (64, 5), generator=generator)
    exact = layer(nodes, rows)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rounded = layer(nodes.requires_grad_(), rows)
    rounded.float().sum().backward()
    torch.testing.assert_close(rounded.float(), exact, rtol=0.1, atol=0.1)
    assert nodes.grad is not None and nodes.grad.isfinite().all()


def test_arguments_are_left_as_they_are(unlike_fresh: Scramble) -> None:
    layer = unlike_fresh(EdgeConv(2, 3).double())
    nodes: Tensor = torch.randn(5, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    rows, before = torch.tensor([[0, 1]] * 5), nodes.clone()
    layer(nodes, rows)
    assert torch.equal(nodes, before)
