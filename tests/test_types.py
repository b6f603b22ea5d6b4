"""Batches and representations are addressed by name; the clock counts from 0."""

from __future__ import annotations

import torch

from maquette.types import Batch, Progress, Representations


def test_representations_by_modality() -> None:
    values = torch.arange(12.0).view(2, 2, 3)
    reps = Representations(values, torch.ones(2, 2, dtype=torch.bool), ("image", "mesh"))
    assert reps["mesh"].tolist() == [[3.0, 4.0, 5.0], [9.0, 10.0, 11.0]]


def test_a_batch_is_as_long_as_its_objects() -> None:
    present = {"mesh": torch.tensor([True, False, True])}
    batch = Batch(torch.arange(3), torch.zeros(3, dtype=torch.long), {"mesh": {"faces": torch.ones(2, 4)}}, present)
    assert len(batch) == 3


def test_progress_counts_batches_over_epochs() -> None:
    assert Progress(epoch=0, epochs=5, step=0, steps=7).batches_done == 0
    assert Progress(epoch=2, epochs=5, step=3, steps=7).batches_done == 17
