from __future__ import annotations

from math import exp, log

import pytest
import torch

from maquette.losses.classification import cross_entropy
from maquette.losses.predictions import entropy_penalty, prior_penalty, soft_cross_entropy
from tests.losses.loss_cases import Case, on_ragged_batches

NAN = float("nan")


def test_by_hand() -> None:
    """Predictions (3/4, 1/4) and (1/4, 3/4) in the first modality, (1/2, 1/2) in the second, which one object lacks."""
    logits = torch.tensor([[[3.0, 1.0], [2.0, 2.0]], [[1.0, 3.0], [NAN, 1.0]]]).log()
    present = torch.tensor([[True, True], [True, False]])
    targets = torch.tensor([[1.0, 0.0], [0.5, 0.5]])
    first = (-log(0.75) - 0.5 * log(0.25) - 0.5 * log(0.75)) / 2
    assert soft_cross_entropy(logits, present, targets).item() == pytest.approx(first + log(2), rel=1e-6)
    assert prior_penalty(logits, present).item() == pytest.approx(0.0, abs=1e-6)
    assert prior_penalty(logits[:1], present[:1]).item() == pytest.approx(
        -log(2) - (log(0.75) + log(0.25)) / 2, rel=1e-5
    )
    sure = 0.75 * log(0.75) + 0.25 * log(0.25)
    assert entropy_penalty(logits, present).item() == pytest.approx(sure - log(2), rel=1e-6)


@on_ragged_batches
def test_as_a_naive_loop(ragged: Case) -> None:
    logits = ragged.reps @ ragged.centers.T
    objects, modalities, classes = logits.shape
    targets = torch.nn.functional.one_hot(ragged.labels, classes).double() * 0.6 + 0.4 / classes
    soft = prior = entropy = 0.0
    for m in range(modalities):
        rows = [i for i in range(objects) if ragged.present[i, m]]
        total = [0.0] * classes
        for i in rows:
            exponentials = [exp(value) for value in logits[i, m].tolist()]
            for k in range(classes):
                probability = exponentials[k] / sum(exponentials)
                soft -= targets[i, k].item() * log(probability) / len(rows)
                entropy += probability * log(probability) / len(rows)
                total[k] += probability / len(rows)
        prior += sum(log(1 / classes / mean) / classes for mean in total) if rows else 0.0
    assert soft_cross_entropy(logits, ragged.present, targets).item() == pytest.approx(soft, abs=1e-12)
    assert prior_penalty(logits, ragged.present).item() == pytest.approx(prior, abs=1e-12)
    assert entropy_penalty(logits, ragged.present).item() == pytest.approx(entropy, abs=1e-12)


@on_ragged_batches
def test_hard_targets_give_plain_cross_entropy(ragged: Case) -> None:
    logits = ragged.reps @ ragged.centers.T
    hard = torch.nn.functional.one_hot(ragged.labels, 5).double()
    torch.testing.assert_close(
        soft_cross_entropy(logits, ragged.present, hard), cross_entropy(logits, ragged.present, ragged.labels)
    )


@on_ragged_batches
def test_gradient(ragged: Case) -> None:
    targets = torch.full((len(ragged.reps), 5), 0.2, dtype=torch.float64)

    def everything(logits: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return (
            soft_cross_entropy(logits, ragged.present, targets),
            prior_penalty(logits, ragged.present),
            entropy_penalty(logits, ragged.present),
        )

    assert torch.autograd.gradcheck(everything, ((ragged.reps @ ragged.centers.T).requires_grad_(),))
