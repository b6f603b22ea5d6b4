from __future__ import annotations

import torch

from maquette.losses.presence import filled, modality_pairs, present_mean, rows_of, sum_of_modality_means

REPS = torch.tensor([[[1.0, 2.0], [float("nan"), 7.0]], [[3.0, 4.0], [5.0, 6.0]], [[9.0, 9.0], [8.0, 8.0]]])
PRESENT = torch.tensor([[True, False], [True, True], [False, False]])


def test_rows_are_the_present_entries_object_by_object() -> None:
    rows = rows_of(REPS, PRESENT, torch.tensor([7, 8, 9]))
    assert rows.values.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert rows.labels.tolist() == [7, 8, 8]
    assert rows.objects.tolist() == [0, 1, 1]


def test_filled_stops_garbage_in_value_and_gradient() -> None:
    reps = REPS.clone().requires_grad_()
    values = filled(reps, PRESENT)
    assert values.tolist() == [[[1, 2], [0, 0]], [[3, 4], [5, 6]], [[0, 0], [0, 0]]]
    torch.autograd.backward(values.square().sum())
    assert reps.grad is not None
    assert reps.grad.tolist() == [[[2, 4], [0, 0]], [[6, 8], [10, 12]], [[0, 0], [0, 0]]]
    assert torch.isnan(REPS[0, 1, 0]), "the argument is left as it was"


def test_means_by_hand() -> None:
    values = torch.tensor([[1.0, float("nan")], [5.0, 10.0], [99.0, 99.0]])
    assert present_mean(values, PRESENT) == 16 / 3
    assert sum_of_modality_means(values, PRESENT) == (1 + 5) / 2 + 10


def test_nothing_present_gives_zero() -> None:
    nobody = torch.zeros_like(PRESENT)
    assert present_mean(torch.ones(3, 2), nobody) == 0
    assert sum_of_modality_means(torch.ones(3, 2), nobody) == 0
    assert rows_of(REPS, nobody, torch.tensor([0, 1, 2])).values.shape == (0, 2)


def test_pairs_of_modalities() -> None:
    assert modality_pairs(1) == []
    assert modality_pairs(2) == [(0, 1)]
    assert len(modality_pairs(5)) == 10
