from __future__ import annotations

from math import exp, log

import pytest
import torch

from maquette.methods.supervised_contrastive import SupervisedContrastive, supervised_contrast
from tests.methods.method_cases import PROGRESS, VECTORS, Case, on_ragged_batches


def test_by_hand() -> None:
    """Rows at 0° and 90° share a label, one at 180° is alone: it is compared to, and asks nothing."""
    reps = torch.tensor([[[2.0, 0.0]], [[0.0, 1.0]], [[-3.0, 0.0]]])
    loss = supervised_contrast(reps, torch.ones(3, 1, dtype=torch.bool), torch.tensor([4, 4, 1]), temperature=1.0)
    first, second = -log(1 / (1 + exp(-1))), -log(1 / (1 + 1))
    assert loss.item() == pytest.approx((first + second) / 2, rel=1e-6)


@on_ragged_batches
def test_as_a_naive_loop(ragged: Case) -> None:
    entries = [(i, m) for i in range(len(ragged.reps)) for m in range(ragged.reps.shape[1]) if ragged.present[i, m]]
    losses = []
    for i, m in entries:
        others = [(j, n) for j, n in entries if (j, n) != (i, m)]
        kernel = {
            (j, n): exp(torch.cosine_similarity(ragged.reps[i, m], ragged.reps[j, n], dim=0).item() / 0.1)
            for j, n in others
        }
        positives = [(j, n) for j, n in others if ragged.labels[i] == ragged.labels[j]]
        if positives:
            losses.append(-sum(log(kernel[p] / sum(kernel.values())) for p in positives) / len(positives))
    expected = sum(losses) / max(len(losses), 1)
    loss = supervised_contrast(ragged.reps, ragged.present, ragged.labels, temperature=0.1)
    assert loss.item() == pytest.approx(expected, abs=1e-10)


def test_numbers_of_the_papers() -> None:
    """If every object has a label of its own, only its modalities attract each other: half of RONO's gap."""
    loss = supervised_contrast(VECTORS.reps, VECTORS.present, torch.tensor([0, 1, 2]), temperature=0.22)
    assert loss.item() == pytest.approx(3.819893 / 2, abs=1e-5)


@on_ragged_batches
def test_gradient(ragged: Case) -> None:
    def loss(reps: torch.Tensor) -> torch.Tensor:
        return supervised_contrast(reps, ragged.present, ragged.labels, temperature=0.5)

    assert torch.autograd.gradcheck(loss, (ragged.reps.clone().requires_grad_(),))


def test_the_method_has_nothing_to_learn_but_the_representations() -> None:
    method = SupervisedContrastive(classes=4, dimensions=3, modalities=("image", "pointcloud"), temperature=0.22)
    assert method.param_groups(0.1) == []
    assert method.predict(VECTORS.representations) is None
    terms = method(VECTORS.representations, VECTORS.labels, torch.arange(3), PROGRESS)
    expected = supervised_contrast(VECTORS.reps, VECTORS.present, VECTORS.labels, temperature=0.22)
    torch.testing.assert_close(terms, {"supervised_contrast": expected})
