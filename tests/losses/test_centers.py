from __future__ import annotations

from math import sqrt

import pytest
import torch

from maquette.losses.centers import center_cosines, center_logits, squared_center_distances
from tests.losses.loss_cases import VECTORS, Case, on_ragged_batches


def test_by_hand() -> None:
    reps = torch.tensor([[[3.0, 4.0], [float("inf"), 1.0]], [[0.0, 0.0], [0.0, 2.0]]])
    present = torch.tensor([[True, False], [True, True]])
    centers = torch.tensor([[2.0, 0.0], [0.0, 1.0]])
    labels = torch.tensor([0, 1])
    assert squared_center_distances(reps, present, labels, centers=centers).tolist() == [[17.0, 0.0], [1.0, 1.0]]
    own, mean = center_cosines(reps, present, labels, centers=centers)
    torch.testing.assert_close(own, torch.tensor([[0.6, 0.0], [0.0, 1.0]]))
    torch.testing.assert_close(mean, torch.tensor([[0.7, 0.0], [0.0, 0.5]]))
    logits = center_logits(reps, present, centers=centers, temperature=0.5)
    torch.testing.assert_close(logits, 2 * torch.tensor([[[0.6, 0.8], [0.0, 0.0]], [[0.0, 0.0], [0.0, 1.0]]]))


@on_ragged_batches
def test_as_a_naive_loop(ragged: Case) -> None:
    distances = squared_center_distances(ragged.reps, ragged.present, ragged.labels, centers=ragged.centers)
    own, mean = center_cosines(ragged.reps, ragged.present, ragged.labels, centers=ragged.centers)
    logits = center_logits(ragged.reps, ragged.present, centers=ragged.centers, temperature=0.22)
    for i in range(len(ragged.reps)):
        for m in range(ragged.reps.shape[1]):
            rep, label = ragged.reps[i, m].tolist(), int(ragged.labels[i])
            cosines, squares = [], []
            for center in ragged.centers.tolist():
                dot = sum(a * b for a, b in zip(rep, center, strict=True))
                cosines.append(dot / sqrt(sum(a * a for a in rep)) / sqrt(sum(b * b for b in center)))
                squares.append(sum((a - b) ** 2 for a, b in zip(rep, center, strict=True)))
            here = bool(ragged.present[i, m])
            assert distances[i, m].item() == pytest.approx(squares[label] * here, abs=1e-12)
            assert own[i, m].item() == pytest.approx(cosines[label] * here, abs=1e-12)
            assert mean[i, m].item() == pytest.approx(sum(cosines) / 5 * here, abs=1e-12)
            assert logits[i, m].tolist() == pytest.approx([cosine / 0.22 * here for cosine in cosines], abs=1e-12)


@on_ragged_batches
def test_each_modality_may_have_its_own_label(ragged: Case) -> None:
    """As with one label an object, of one modality at a time."""
    labels = torch.stack([(ragged.labels + m) % 5 for m in range(ragged.reps.shape[1])], dim=1)
    distances = squared_center_distances(ragged.reps, ragged.present, labels, centers=ragged.centers)
    own, _ = center_cosines(ragged.reps, ragged.present, labels, centers=ragged.centers)
    for m in range(ragged.reps.shape[1]):
        part = (ragged.reps[:, [m]], ragged.present[:, [m]], labels[:, m])
        torch.testing.assert_close(distances[:, [m]], squared_center_distances(*part, centers=ragged.centers))
        torch.testing.assert_close(own[:, [m]], center_cosines(*part, centers=ragged.centers)[0])


def test_numbers_of_the_papers() -> None:
    """s and s̄ of RONO, listed modality by modality."""
    own, mean = center_cosines(VECTORS.reps, VECTORS.present, VECTORS.labels, centers=VECTORS.centers)
    assert own.T.flatten().tolist() == pytest.approx([0.447214, 0.707107, 0, 0.894427, 0, 0.316228], abs=1e-6)
    assert mean.T.flatten().tolist() == pytest.approx(
        [0.529059, 0.557678, 0.498802, 0.529059, 0.529059, 0.498802], abs=1e-6
    )
    distances = squared_center_distances(VECTORS.reps, VECTORS.present, VECTORS.labels, centers=VECTORS.centers)
    assert distances.mean().item() == pytest.approx(5.5, abs=1e-12)


@on_ragged_batches
def test_gradient(ragged: Case) -> None:
    reps, centers = ragged.reps.clone().requires_grad_(), ragged.centers.clone().requires_grad_()

    def everything(reps: torch.Tensor, centers: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return (
            squared_center_distances(reps, ragged.present, ragged.labels, centers=centers),
            *center_cosines(reps, ragged.present, ragged.labels, centers=centers),
            center_logits(reps, ragged.present, centers=centers, temperature=0.5),
        )

    assert torch.autograd.gradcheck(everything, (reps, centers))
