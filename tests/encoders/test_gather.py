from __future__ import annotations

import pytest
import torch
from torch import Tensor

from maquette.encoders import gather
from maquette.encoders.gather import in_degrees, neighbour_max, neighbour_sum, transposed_sum

ROWS, SLOTS, CHANNELS = 17, 4, 6


@pytest.fixture
def values() -> Tensor:
    return torch.randn(ROWS, CHANNELS, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def neighbours() -> Tensor:
    # With repeats within a row, and rows that nobody lists.
    return torch.randint(0, ROWS - 3, (ROWS, SLOTS), generator=torch.Generator().manual_seed(1))


def test_sums_and_maxima_by_loop(values: Tensor, neighbours: Tensor) -> None:
    for i in range(ROWS):
        theirs = values[neighbours[i]]
        assert torch.equal(neighbour_max(values, neighbours)[i], theirs.max(0).values)
        torch.testing.assert_close(neighbour_sum(values, neighbours)[i], theirs.sum(0), rtol=0, atol=1e-14)
        listing = [a for a in range(ROWS) for j in neighbours[a].tolist() if j == i]
        torch.testing.assert_close(transposed_sum(values, neighbours)[i], values[listing].sum(0), rtol=0, atol=1e-14)
        assert int(in_degrees(neighbours)[i]) == len(listing)


def test_gradients(values: Tensor, neighbours: Tensor) -> None:
    values.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: neighbour_max(x, neighbours), (values,))
    assert torch.autograd.gradcheck(lambda x: neighbour_sum(x, neighbours), (values,))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_packing_rows_into_low_bits_is_exact(dtype: torch.dtype, values: Tensor, neighbours: Tensor) -> None:
    scales = torch.tensor([1e-30, 1e-3, 1.0, 1e3, 1e30, 0.0], dtype=torch.float64)
    rounded = (values * scales).to(dtype)
    largest, rows = gather._packed_max(rounded, neighbours)
    expected, _ = gather._max_by_slots(rounded, neighbours, with_rows=True)
    assert largest.dtype == dtype
    assert torch.equal(largest, expected)
    assert torch.equal(rounded.gather(0, rows), largest)
    assert (rows.unsqueeze(2) == neighbours.unsqueeze(1)).any(2).all()


def test_maximum_is_the_same_with_and_without_gradient(values: Tensor, neighbours: Tensor) -> None:
    single = values.float()
    with_gradient = neighbour_max(single.clone().requires_grad_(), neighbours)
    assert torch.equal(with_gradient.detach(), neighbour_max(single, neighbours))
    slots, _ = gather._max_by_slots(single, neighbours, with_rows=False)
    assert torch.equal(slots, neighbour_max(single, neighbours))


def test_gradient_goes_to_one_of_equal_maxima() -> None:
    ones = torch.ones(3, 1, requires_grad=True)
    torch.autograd.backward(neighbour_max(ones, torch.tensor([[0, 1], [0, 1], [0, 1]])).sum())
    assert ones.grad is not None
    assert sorted(ones.grad.flatten().tolist()) == [0.0, 0.0, 3.0]
