from __future__ import annotations

from math import exp, log

import pytest
import torch

from maquette.losses.contrastive import instance_contrast, row_contrast, soft_supervised_contrast
from maquette.methods.supervised_contrastive import supervised_contrast
from tests.losses.loss_cases import VECTORS, Case, on_ragged_batches


def test_by_hand() -> None:
    """Rows at 0°, 0°, 90°, 180°; the first two belong together; temperature 1."""
    rows = torch.tensor([[1.0, 0.0], [5.0, 0.0], [0.0, 2.0], [-1.0, 0.0]])
    together = torch.zeros(4, 4, dtype=torch.bool)
    together[0, 1] = together[1, 0] = True
    expected = log((exp(1) + exp(0) + exp(-1)) / exp(1))
    torch.testing.assert_close(
        row_contrast(rows, together, temperature=1.0, at_most=1), torch.tensor([expected, expected, 0, 0])
    )
    # The same rows as two objects, the second of which has only its first modality, and a third of one row.
    reps = torch.stack([rows[:2], rows[2:3].expand(2, 2), rows[3:].expand(2, 2)])
    present = torch.tensor([[True, True], [True, False], [False, True]])
    assert instance_contrast(reps, present, temperature=1.0).item() == pytest.approx(expected, rel=1e-6)


@on_ragged_batches
def test_as_a_naive_loop(ragged: Case) -> None:
    objects, modalities, _ = ragged.reps.shape
    entries = [(i, m) for i in range(objects) for m in range(modalities) if ragged.present[i, m]]
    losses = []
    for i, m in entries:
        near = far = 0.0
        for j, n in entries:
            if (i, m) == (j, n):
                continue
            cosine = torch.cosine_similarity(ragged.reps[i, m], ragged.reps[j, n], dim=0).item()
            far += exp(cosine / 0.3)
            near += exp(cosine / 0.3) if i == j else 0.0
        if near:
            losses.append(-log(near / far))
    expected = sum(losses) / len(losses) if losses else 0.0
    assert instance_contrast(ragged.reps, ragged.present, temperature=0.3).item() == pytest.approx(expected, abs=1e-12)


@on_ragged_batches
def test_objects_that_are_alike_are_not_pushed_apart(ragged: Case) -> None:
    objects, modalities, _ = ragged.reps.shape
    shares = torch.rand(objects, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64).softmax(dim=1)
    alike = shares @ shares.T
    entries = [(i, m) for i in range(objects) for m in range(modalities) if ragged.present[i, m]]
    losses = []
    for i, m in entries:
        near = far = 0.0
        for j, n in entries:
            cosine = torch.cosine_similarity(ragged.reps[i, m], ragged.reps[j, n], dim=0).item()
            if i == j and m != n:
                near += exp(cosine / 0.3)
            elif i != j:
                far += (1 - alike[i, j].item()) * exp(cosine / 0.3)
        if near:
            losses.append(-log(near / (near + far)))
    expected = sum(losses) / len(losses) if losses else 0.0
    loss = instance_contrast(ragged.reps, ragged.present, temperature=0.3, targets=shares)
    assert loss.item() == pytest.approx(expected, abs=1e-12)
    # All of one class: nobody is pushed.
    same = torch.ones(objects, 1, dtype=torch.float64)
    assert instance_contrast(ragged.reps, ragged.present, temperature=0.3, targets=same).item() < 1e-2
    nothing = torch.zeros_like(same)
    plain = instance_contrast(ragged.reps, ragged.present, temperature=0.3)
    torch.testing.assert_close(instance_contrast(ragged.reps, ragged.present, temperature=0.3, targets=nothing), plain)


@pytest.mark.parametrize(("temperature", "expected"), [(0.22, 3.819893), (0.3, 3.460321), (1.0, 3.149995)])
def test_numbers_of_the_papers(temperature: float, expected: float) -> None:
    """RONO's multimodal gap is twice the mean."""
    loss = 2 * instance_contrast(VECTORS.reps, VECTORS.present, temperature=temperature)
    assert loss.item() == pytest.approx(expected, abs=1e-5)


@on_ragged_batches
def test_length_does_not_matter(ragged: Case) -> None:
    longer = ragged.reps * torch.arange(1, len(ragged.reps) + 1).view(-1, 1, 1)
    torch.testing.assert_close(
        instance_contrast(longer, ragged.present, temperature=0.5),
        instance_contrast(ragged.reps, ragged.present, temperature=0.5),
    )


@on_ragged_batches
def test_gradient(ragged: Case) -> None:
    reps = ragged.reps.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda values: instance_contrast(values, ragged.present, temperature=0.5), (reps,))
    torch.autograd.backward(instance_contrast(reps, ragged.present, temperature=1e-3))
    assert reps.grad is not None
    assert torch.isfinite(reps.grad).all(), "a cold temperature stays finite"


@on_ragged_batches
def test_soft_supervised_contrast_as_a_naive_loop(ragged: Case) -> None:
    objects, modalities, _ = ragged.reps.shape
    targets = torch.rand(objects, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64).softmax(dim=1)
    entries = [(i, m) for i in range(objects) for m in range(modalities) if ragged.present[i, m]]
    losses = []
    for i, m in entries:
        others = [(j, n) for j, n in entries if (j, n) != (i, m)]
        kernel = [
            exp(torch.cosine_similarity(ragged.reps[i, m], ragged.reps[j, n], dim=0).item() / 0.3) for j, n in others
        ]
        weights = [float(targets[i] @ targets[j]) for j, _ in others]
        if others:
            parts = (w * log(k / sum(kernel)) for w, k in zip(weights, kernel, strict=True))
            losses.append(-sum(parts) / sum(weights))
    expected = sum(losses) / max(len(losses), 1)
    loss = soft_supervised_contrast(ragged.reps, ragged.present, targets, temperature=0.3)
    assert loss.item() == pytest.approx(expected, abs=1e-10)


@on_ragged_batches
def test_soft_supervised_contrast_of_sure_targets_is_the_supervised_one(ragged: Case) -> None:
    sure = torch.nn.functional.one_hot(ragged.labels, 5).double()
    wanted = supervised_contrast(ragged.reps, ragged.present, ragged.labels, temperature=0.1)
    found = soft_supervised_contrast(ragged.reps, ragged.present, sure, temperature=0.1)
    torch.testing.assert_close(found, wanted)


@on_ragged_batches
def test_gradient_of_the_soft_supervised_contrast(ragged: Case) -> None:
    targets = torch.rand(len(ragged.reps), 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    # What is absent has no say, whatever stands there.
    holes = ragged.reps.masked_fill(~ragged.present.unsqueeze(2), torch.nan).requires_grad_()
    loss = soft_supervised_contrast(holes, ragged.present, targets, temperature=1e-3)
    torch.autograd.backward(loss)
    assert holes.grad is not None
    assert torch.isfinite(holes.grad).all(), "a cold temperature stays finite"
    reps = ragged.reps.clone().requires_grad_()
    assert torch.autograd.gradcheck(
        lambda values: soft_supervised_contrast(values, ragged.present, targets, temperature=0.5), (reps,)
    )
