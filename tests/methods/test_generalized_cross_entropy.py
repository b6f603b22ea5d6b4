from __future__ import annotations

from math import exp

import pytest
import torch

from maquette.errors import ConfigError
from maquette.methods.generalized_cross_entropy import GeneralizedCrossEntropy, generalized_cross_entropy
from tests.methods.method_cases import PROGRESS, VECTORS, Case, on_ragged_batches


def test_by_hand() -> None:
    """Probabilities 3/4 and 1/4, q = ½."""
    logits = torch.tensor([[[3.0, 1.0]], [[3.0, 1.0]]]).log()
    loss = generalized_cross_entropy(logits, torch.ones(2, 1, dtype=torch.bool), torch.tensor([0, 1]), exponent=0.5)
    assert loss.item() == pytest.approx(((1 - 0.75**0.5) + (1 - 0.25**0.5)) / 0.5 / 2, rel=1e-6)


@on_ragged_batches
def test_as_a_naive_loop(ragged: Case) -> None:
    expected = 0.0
    for m in range(ragged.reps.shape[1]):
        rows = [i for i in range(len(ragged.reps)) if ragged.present[i, m]]
        for i in rows:
            exponentials = [exp(value) for value in ragged.logits[i, m].tolist()]
            probability = exponentials[int(ragged.labels[i])] / sum(exponentials)
            expected += (1 - probability**0.7) / 0.7 / len(rows)
    loss = generalized_cross_entropy(ragged.logits, ragged.present, ragged.labels, exponent=0.7)
    assert loss.item() == pytest.approx(expected, abs=1e-12)


def test_between_cross_entropy_and_absolute_error() -> None:
    """The published numbers of both ends: CE 5.556930, and a fifth of CRC 8.999794."""
    few = generalized_cross_entropy(VECTORS.logits, VECTORS.present, VECTORS.labels, exponent=1e-8)
    assert few.item() == pytest.approx(5.556930, abs=1e-5)
    one = generalized_cross_entropy(VECTORS.logits, VECTORS.present, VECTORS.labels, exponent=1.0)
    assert one.item() == pytest.approx(8.999794 / 5, abs=1e-5)


@on_ragged_batches
def test_gradient(ragged: Case) -> None:
    def loss(logits: torch.Tensor) -> torch.Tensor:
        return generalized_cross_entropy(logits, ragged.present, ragged.labels, exponent=0.7)

    assert torch.autograd.gradcheck(loss, (ragged.logits.requires_grad_(),))


def test_the_term_is_that_of_the_head() -> None:
    method = GeneralizedCrossEntropy(classes=4, dimensions=3, modalities=("image", "pointcloud")).double()
    terms = method(VECTORS.representations, VECTORS.labels, torch.arange(3), PROGRESS)
    logits = method.head(VECTORS.reps, VECTORS.present)
    expected = generalized_cross_entropy(logits, VECTORS.present, VECTORS.labels, exponent=0.7)
    torch.testing.assert_close(terms, {"generalized_cross_entropy": expected})


@pytest.mark.parametrize("exponent", [0.0, 1.1, float("nan")])
def test_what_cannot_work_is_refused(exponent: float) -> None:
    with pytest.raises(ConfigError, match="exponent is"):
        GeneralizedCrossEntropy(classes=4, dimensions=3, modalities=("image",), exponent=exponent)
