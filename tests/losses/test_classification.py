from __future__ import annotations

from math import exp, log
from typing import Any

import pytest
import torch

from maquette.losses.classification import absolute_error, cross_entropy, label_log_probabilities
from tests.losses.loss_cases import VECTORS, Case, on_ragged_batches


def test_by_hand() -> None:
    """One object has logits (log 3, 0): p = 3/4, 1/4; the other lacks the second modality and has p = 1/2, 1/2."""
    logits = torch.tensor([[[log(3), 0.0], [0.0, log(3)]], [[1.0, 1.0], [float("nan"), 5.0]]])
    present = torch.tensor([[True, True], [True, False]])
    labels = torch.tensor([0, 1])
    expected = torch.tensor([[0.75, 0.25], [0.5, 0.5]]).log()
    torch.testing.assert_close(label_log_probabilities(logits, present, labels), expected)
    first, second = (-log(0.75) - log(0.5)) / 2, -log(0.25)
    assert cross_entropy(logits, present, labels).item() == pytest.approx(first + second, rel=1e-6)
    assert absolute_error(logits, present, labels).item() == pytest.approx((0.25 + 0.5) / 2 + 0.75, rel=1e-6)


@on_ragged_batches
def test_as_a_naive_loop(ragged: Case) -> None:
    logits = ragged.reps @ ragged.centers.T
    entropy = error = 0.0
    for m in range(logits.shape[1]):
        rows = [i for i in range(len(logits)) if ragged.present[i, m]]
        for i in rows:
            exponentials = [exp(value) for value in logits[i, m].tolist()]
            probability = exponentials[int(ragged.labels[i])] / sum(exponentials)
            entropy -= log(probability) / len(rows)
            error += (1 - probability) / len(rows)
    assert cross_entropy(logits, ragged.present, ragged.labels).item() == pytest.approx(entropy, abs=1e-12)
    assert absolute_error(logits, ragged.present, ragged.labels).item() == pytest.approx(error, abs=1e-12)


@on_ragged_batches
def test_each_modality_may_have_its_own_label(ragged: Case) -> None:
    """As with one label an object, of one modality at a time."""
    logits = ragged.reps @ ragged.centers.T
    labels = torch.stack([(ragged.labels + m) % 5 for m in range(logits.shape[1])], dim=1)
    for loss in (cross_entropy, absolute_error):
        apart = sum(loss(logits[:, [m]], ragged.present[:, [m]], labels[:, m]).item() for m in range(logits.shape[1]))
        assert loss(logits, ragged.present, labels).item() == pytest.approx(apart, abs=1e-12)
    same = ragged.labels.unsqueeze(1).expand(-1, logits.shape[1])
    assert torch.equal(
        label_log_probabilities(logits, ragged.present, same),
        label_log_probabilities(logits, ragged.present, ragged.labels),
    )


def test_numbers_of_the_papers() -> None:
    logits = VECTORS.reps @ VECTORS.centers.T
    assert cross_entropy(logits, VECTORS.present, VECTORS.labels).item() == pytest.approx(5.556930, abs=1e-5)
    assert 5 * absolute_error(logits, VECTORS.present, VECTORS.labels).item() == pytest.approx(8.999794, abs=1e-5)


@pytest.mark.parametrize("loss", [cross_entropy, absolute_error])
@on_ragged_batches
def test_gradient(loss: Any, ragged: Case) -> None:
    logits = (ragged.reps @ ragged.centers.T).requires_grad_()
    assert torch.autograd.gradcheck(lambda values: loss(values, ragged.present, ragged.labels), (logits,))
