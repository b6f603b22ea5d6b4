from __future__ import annotations

from math import exp, log

import pytest
import torch

from maquette.losses.likelihood import pair_likelihood
from tests.losses.loss_cases import VECTORS, Case, on_ragged_batches


def test_by_hand() -> None:
    """Two objects of different classes at right angles: twice Γ = ½, S = 1 and twice Γ = 0, S = 0."""
    reps = torch.tensor([[[3.0, 0.0]], [[0.0, 2.0]]])
    loss = pair_likelihood(reps, torch.ones(2, 1, dtype=torch.bool), torch.tensor([0, 1]))
    assert loss.item() == pytest.approx((2 * (log(1 + exp(0.5)) - 0.5) + 2 * log(2)) / 4, rel=1e-6)


@on_ragged_batches
def test_as_a_naive_loop(ragged: Case) -> None:
    objects, modalities, _ = ragged.reps.shape
    expected = 0.0
    for m in range(modalities):
        for n in range(m, modalities):
            values = []
            for i in range(objects):
                for j in range(objects):
                    if ragged.present[i, m] and ragged.present[j, n]:
                        gamma = torch.cosine_similarity(ragged.reps[i, m], ragged.reps[j, n], dim=0).item() / 2
                        values.append(log(1 + exp(gamma)) - gamma * bool(ragged.labels[i] == ragged.labels[j]))
            expected += sum(values) / max(len(values), 1)
    assert pair_likelihood(ragged.reps, ragged.present, ragged.labels).item() == pytest.approx(expected, abs=1e-12)


def test_numbers_of_the_paper() -> None:
    loss = pair_likelihood(VECTORS.reps, VECTORS.present, VECTORS.labels)
    assert loss.item() == pytest.approx(1.937975, abs=1e-5)


@on_ragged_batches
def test_gradient(ragged: Case) -> None:
    reps = ragged.reps.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda values: pair_likelihood(values, ragged.present, ragged.labels), (reps,))
