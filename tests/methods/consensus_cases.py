"""Clusters of objects in two modalities, and labels that are wrong at a rate."""

from __future__ import annotations

import torch


def clusters(objects: int = 400, classes: int = 4, *, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Representations around one direction a class, and the classes."""
    generator = torch.Generator().manual_seed(seed)
    truth = torch.arange(objects) % classes
    middles = 3 * torch.eye(classes, 16)[:, None]
    return middles[truth] + 0.9 * torch.randn(objects, 2, 16, generator=generator), truth


def flip(truth: torch.Tensor, rate: float, classes: int = 4, *, seed: int = 1) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    wrong = torch.rand(len(truth), generator=generator) < rate
    other = (truth + torch.randint(1, classes, truth.shape, generator=generator)) % classes
    return torch.where(wrong, other, truth)
