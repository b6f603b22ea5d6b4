from __future__ import annotations

from typing import Any

import pytest
import torch

from maquette.errors import ConfigError
from maquette.methods import METHODS
from maquette.methods.cmcl import CMCL, center_change, cross_modal_center_loss, mean_square_error
from maquette.types import Representations
from tests.methods.method_cases import PROGRESS, VECTORS, Case, on_ragged_batches


def build(name: str = "cmcl", /, modalities: int = 2, **changes: Any) -> CMCL:
    names = ("image", "pointcloud", "mesh")[:modalities]
    method = METHODS.build(name, classes=4, dimensions=3, modalities=names, **changes)
    assert isinstance(method, CMCL)
    return method.double()


def test_center_loss_by_hand() -> None:
    reps = torch.tensor([[[1.0, 0.0], [0.0, 2.0]], [[3.0, 3.0], [9.0, 9.0]]])
    present = torch.tensor([[True, True], [True, False]])
    centers = torch.tensor([[0.0, 0.0], [1.0, 3.0]])
    labels = torch.tensor([0, 1])
    assert cross_modal_center_loss(reps, present, labels, centers=centers) == (1 + 4 + 4) / 3
    assert cross_modal_center_loss(reps, present, labels, centers=centers, reduction="sum") == (1 + 4 + 4) / 2


def test_mean_square_error_by_hand() -> None:
    """Three modalities; the second object lacks the last, so that only the first pair is a mean over two objects."""
    reps = torch.tensor([[[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]], [[3.0, 3.0], [3.0, 0.0], [50.0, 50.0]]])
    present = torch.tensor([[True, True, True], [True, True, False]])
    assert mean_square_error(reps, present) == (5 + 9) / 4 + 1 / 2 + 4 / 2
    assert mean_square_error(reps, present, reduction="sum") == 2 * (5 + 9 + 1 + 4)


def test_center_change_by_hand() -> None:
    """Two objects of class 0, three representations (2, 4, 6) in all; none of class 1."""
    change = center_change(
        torch.tensor([[1.0], [5.0]]),
        sums=torch.tensor([[12.0], [0.0]]),
        entries=torch.tensor([3.0, 0.0]),
        objects=torch.tensor([2.0, 0.0]),
    )
    assert change.tolist() == [[(3 * 1 - 12) / 3], [0.0]]


@on_ragged_batches
def test_as_naive_loops(ragged: Case) -> None:
    reps, present, labels, centers = ragged
    objects, modalities, dimensions = reps.shape
    center_sum, entries = 0.0, 0
    for i in range(objects):
        for m in range(modalities):
            if present[i, m]:
                center_sum += (reps[i, m] - centers[labels[i]]).square().sum().item()
                entries += 1
    mean = cross_modal_center_loss(reps, present, labels, centers=centers).item()
    assert mean == pytest.approx(center_sum / max(entries, 1), abs=1e-12)
    total = cross_modal_center_loss(reps, present, labels, centers=centers, reduction="sum").item()
    assert total == pytest.approx(center_sum / 2, abs=1e-12)
    mse_mean = mse_sum = 0.0
    for m in range(modalities):
        for n in range(modalities):
            both = [i for i in range(objects) if m != n and present[i, m] and present[i, n]]
            squares = sum((reps[i, m] - reps[i, n]).square().sum().item() for i in both)
            mse_sum += squares
            mse_mean += squares / (2 * max(len(both), 1) * dimensions)
    assert mean_square_error(reps, present).item() == pytest.approx(mse_mean, abs=1e-12)
    assert mean_square_error(reps, present, reduction="sum").item() == pytest.approx(mse_sum, abs=1e-12)


def test_numbers_of_the_paper() -> None:
    reps, present, labels, centers = VECTORS
    assert cross_modal_center_loss(reps, present, labels, centers=centers).item() == pytest.approx(5.5, abs=1e-5)
    total = cross_modal_center_loss(reps, present, labels, centers=centers, reduction="sum")
    assert total.item() == pytest.approx(16.5, abs=1e-5)
    assert mean_square_error(reps, present).item() == pytest.approx(2.111111, abs=1e-5)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@on_ragged_batches
def test_gradient(ragged: Case, reduction: Any) -> None:
    def loss(reps: torch.Tensor, centers: torch.Tensor) -> torch.Tensor:
        center = cross_modal_center_loss(reps, ragged.present, ragged.labels, centers=centers, reduction=reduction)
        return center + mean_square_error(reps, ragged.present, reduction=reduction)

    inputs = (ragged.reps.clone().requires_grad_(), ragged.centers.clone().requires_grad_())
    assert torch.autograd.gradcheck(loss, inputs)


def test_the_objective_is_the_weighted_sum() -> None:
    method = build(weight_center=2.0, weight_cross_entropy=3.0, weight_mse=5.0)
    with torch.no_grad():
        method.centers.copy_(VECTORS.centers)
    terms = method(VECTORS.representations, VECTORS.labels, torch.arange(3), PROGRESS)
    assert list(terms) == ["center", "cross_entropy", "mse"]
    assert terms["center"].item() == pytest.approx(2 * 5.5)
    assert terms["mse"].item() == pytest.approx(5 * 2.111111, rel=1e-6)
    only = build(weight_center=0.0, weight_mse=0.0)
    assert list(only(VECTORS.representations, VECTORS.labels, torch.arange(3), PROGRESS)) == ["cross_entropy"]


@pytest.mark.parametrize("batches", [1, 3])
def test_a_center_step_is_that_of_the_released_code(batches: int) -> None:
    """Per step C_j goes by -lr · 2/(MB) Σ (C_j - v), whatever the term's weight and however the batch is divided."""
    reps, present, labels, centers = VECTORS
    method = build(weight_center=10.0)
    with torch.no_grad():
        method.centers.copy_(centers)
    group = next(group for group in method.param_groups(0.1) if group.name == "centers")
    assert (group.optimizer, group.lr, group.momentum, group.weight_decay) == ("sgd", 1e-3, 0.0, 0.0)
    optimizer = torch.optim.SGD(group.parameters, lr=group.lr)
    for rows in torch.arange(3).chunk(batches):
        part = Representations(reps[rows], present[rows], ("image", "pointcloud"))
        terms = method(part, labels[rows], rows, PROGRESS)
        torch.autograd.backward(sum(terms.values()) / batches)
    method.before_step()
    optimizer.step()
    expected = centers.clone()
    for i in range(3):
        for m in range(2):
            expected[labels[i]] -= 1e-3 * 2 / 6 * (centers[labels[i]] - reps[i, m])
    torch.testing.assert_close(method.centers.data, expected)


@pytest.mark.parametrize("batches", [1, 3])
def test_eq2_counts_all_batches_of_a_step(batches: int) -> None:
    reps, present, labels, centers = VECTORS
    method = build("cmcl_paper", center_rate=0.25)
    with torch.no_grad():
        method.centers.copy_(centers)
    for rows in torch.arange(3).chunk(batches):
        part = Representations(reps[rows], present[rows], ("image", "pointcloud"))
        method(part, labels[rows], rows, PROGRESS)
    method.before_step()
    expected = centers.clone()
    for j in range(4):
        members = [i for i in range(3) if labels[i] == j]
        change = sum((centers[j] - reps[i, m] for i in members for m in range(2)), torch.zeros(3, dtype=torch.float64))
        expected[j] -= 0.25 * change / (1 + len(members))
    torch.testing.assert_close(method.centers.data, expected)
    method.before_step()
    torch.testing.assert_close(method.centers.data, expected)  # The statistics of one step do not leak into the next.
    assert not method.centers.requires_grad
    assert [group.name for group in method.param_groups(0.1)] == ["head"]


def test_eq2_leaves_centers_alone_in_validation() -> None:
    method = build("cmcl_paper").eval()
    before = method.centers.detach().clone()
    method(VECTORS.representations, VECTORS.labels, torch.arange(3), PROGRESS)
    method.before_step()
    assert torch.equal(method.centers, before)


def test_eq2_comes_to_rest_at_the_mean() -> None:
    method = build("cmcl_paper")
    for _ in range(200):
        method(VECTORS.representations, VECTORS.labels, torch.arange(3), PROGRESS)
        method.before_step()
    torch.testing.assert_close(method.centers.data[0], VECTORS.reps[0].mean(dim=0))
    torch.testing.assert_close(method.centers.data[1], VECTORS.reps[1:].mean(dim=(0, 1)))


def test_presets() -> None:
    code, paper = build("cmcl_code", modalities=3), build("cmcl_paper", modalities=3)
    assert (code.weight_center, code.weight_cross_entropy, code.weight_mse) == (10.0, 1.0, 0.1)
    assert (code.reduction, code.center_update, code.center_lr) == ("mean", "sgd", 1e-3)
    assert (paper.reduction, paper.center_update, paper.weight_cross_entropy) == ("sum", "eq2", 1.0)
    # At the paper's batch both presets weigh the same.
    generator = torch.Generator().manual_seed(0)
    reps = torch.randn(96, 3, 512, generator=generator, dtype=torch.float64)
    present = torch.ones(96, 3, dtype=torch.bool)
    labels = torch.randint(0, 4, (96,), generator=generator)
    centers = torch.randn(4, 512, generator=generator, dtype=torch.float64)
    mean = cross_modal_center_loss(reps, present, labels, centers=centers)
    total = cross_modal_center_loss(reps, present, labels, centers=centers, reduction="sum")
    torch.testing.assert_close(code.weight_center * mean, paper.weight_center * total)
    mean, total = mean_square_error(reps, present), mean_square_error(reps, present, reduction="sum")
    torch.testing.assert_close(code.weight_mse * mean, paper.weight_mse * total)


def test_what_cannot_work_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"center_rate is 0\.7"):
        build("cmcl_paper", modalities=3, center_rate=0.7)
    with pytest.raises(ConfigError, match="center_update is 'adam'"):
        METHODS.build("cmcl", classes=2, dimensions=2, modalities=("image",), center_update="adam")
    with pytest.raises(ConfigError, match="reduction is 'none'"):
        METHODS.build("cmcl", classes=2, dimensions=2, modalities=("image",), reduction="none")
