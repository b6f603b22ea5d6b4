"""The numbers of the design's test vectors, and batches with holes to compare with naive loops."""

from __future__ import annotations

from typing import NamedTuple

import pytest
import torch
from torch import Tensor


class Case(NamedTuple):
    reps: Tensor
    present: Tensor
    labels: Tensor
    centers: Tensor


def _vectors() -> Case:
    """Three objects, two modalities, four centers."""
    image = torch.tensor([[1, 2, 0], [0, 1, 1], [3, 0, 1]], dtype=torch.float64)
    cloud = torch.tensor([[2, 1, 0], [1, 0, 2], [0, 1, 3]], dtype=torch.float64)
    centers = torch.tensor([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]], dtype=torch.float64)
    present = torch.ones(3, 2, dtype=torch.bool)
    return Case(torch.stack([image, cloud], dim=1), present, torch.tensor([0, 1, 1]), centers)


def _ragged(objects: int, modalities: int) -> Case:
    """A random batch in which about a third of the entries is absent."""
    generator = torch.Generator().manual_seed(objects * 10 + modalities)
    reps = torch.randn(objects, modalities, 4, generator=generator, dtype=torch.float64)
    present = torch.rand(objects, modalities, generator=generator) < 0.67
    labels = torch.randint(0, 5, (objects,), generator=generator)
    return Case(reps, present, labels, torch.randn(5, 4, generator=generator, dtype=torch.float64))


VECTORS = _vectors()
on_ragged_batches = pytest.mark.parametrize(
    "ragged",
    [_ragged(1, 1), _ragged(1, 3), _ragged(6, 1), _ragged(5, 2), _ragged(7, 3)],
    ids=["B1M1", "B1M3", "B6M1", "B5M2", "B7M3"],
)
