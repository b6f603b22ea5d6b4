from __future__ import annotations

import pytest
import torch

from maquette.methods.dscmr import DSCMR, label_distance
from tests.methods.method_cases import PROGRESS, VECTORS, Case, on_ragged_batches


def test_by_hand() -> None:
    scores = torch.tensor([[[4.0, 4.0], [float("nan"), 0.0]], [[5.0, 13.0], [0.0, 1.0]]])
    present = torch.tensor([[True, False], [True, True]])
    assert label_distance(scores, present, torch.tensor([0, 1])) == (5 + 13) / 2 + 0


@on_ragged_batches
def test_as_a_naive_loop(ragged: Case) -> None:
    expected = 0.0
    for m in range(ragged.reps.shape[1]):
        rows = [i for i in range(len(ragged.reps)) if ragged.present[i, m]]
        for i in rows:
            difference = ragged.logits[i, m].clone()
            difference[ragged.labels[i]] -= 1
            expected += difference.norm().item() / len(rows)
    assert label_distance(ragged.logits, ragged.present, ragged.labels).item() == pytest.approx(expected, abs=1e-12)


def test_numbers_of_the_paper() -> None:
    """J₁ of the numbers alone, then J with a classifier whose weights are the centers."""
    distance = label_distance(VECTORS.logits, VECTORS.present, VECTORS.labels)
    assert distance.item() == pytest.approx(7.742460, abs=1e-5)
    method = DSCMR(classes=4, dimensions=3, modalities=("image", "pointcloud")).double()
    with torch.no_grad():
        method.classifier.weight.copy_(VECTORS.centers)
        method.classifier.bias.zero_()
    terms = method(VECTORS.representations, VECTORS.labels, torch.arange(3), PROGRESS)
    assert list(terms) == ["label_distance", "pair_likelihood", "modality_distance"]
    assert sum(term.item() for term in terms.values()) == pytest.approx(7.973995, abs=1e-5)


@on_ragged_batches
def test_gradient(ragged: Case) -> None:
    logits = ragged.logits.requires_grad_()
    assert torch.autograd.gradcheck(lambda values: label_distance(values, ragged.present, ragged.labels), (logits,))


def test_each_term_can_be_switched_off() -> None:
    method = DSCMR(classes=4, dimensions=3, modalities=("image", "pointcloud"), weight_label=0.0).double()
    terms = method(VECTORS.representations, VECTORS.labels, torch.arange(3), PROGRESS)
    assert list(terms) == ["pair_likelihood", "modality_distance"]
