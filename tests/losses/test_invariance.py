from __future__ import annotations

import pytest
import torch

from maquette.losses.invariance import modality_distance
from tests.losses.loss_cases import VECTORS, Case, on_ragged_batches


def test_by_hand() -> None:
    """Distances 5 and 13 between the first two, 5 to the third where only one object has it (its second is at 0)."""
    reps = torch.tensor([[[3.0, 4.0], [0.0, 0.0], [3.0, 4.0]], [[5.0, 12.0], [0.0, 0.0], [float("nan"), 9.0]]])
    present = torch.tensor([[True, True, True], [True, True, False]])
    assert modality_distance(reps, present) == (5 + 13) / 2 + 0 + 5


@on_ragged_batches
def test_as_a_naive_loop(ragged: Case) -> None:
    expected = 0.0
    for m in range(ragged.reps.shape[1]):
        for n in range(m):
            both = [i for i in range(len(ragged.reps)) if ragged.present[i, m] and ragged.present[i, n]]
            distances = [(ragged.reps[i, m] - ragged.reps[i, n]).norm().item() for i in both]
            expected += sum(distances) / max(len(both), 1)
    assert modality_distance(ragged.reps, ragged.present).item() == pytest.approx(expected, abs=1e-12)


def test_numbers_of_the_paper() -> None:
    assert modality_distance(VECTORS.reps, VECTORS.present).item() == pytest.approx(2.295974, abs=1e-5)


@on_ragged_batches
def test_gradient(ragged: Case) -> None:
    reps = ragged.reps.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda values: modality_distance(values, ragged.present), (reps,))


def test_modalities_that_agree_already_have_a_finite_gradient() -> None:
    reps = torch.ones(2, 2, 3, requires_grad=True)
    (gradient,) = torch.autograd.grad(modality_distance(reps, torch.ones(2, 2, dtype=torch.bool)), reps)
    assert (gradient == 0).all()
