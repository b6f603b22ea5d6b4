"""The loss and the measure against their textbooks: RONO's center loss, and mean average precision over all ranks."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from maquette.bench.speed.part import Contest, Part, Task
from maquette.bench.speed.textbook import load_textbook
from maquette.losses import center_cosines
from maquette.methods.rono import robust_center_loss, vanilla_center_loss
from maquette.metrics import average_precision, rank_blocks

__all__ = ["ARRAY_PARTS"]

_MODALITIES, _DIMENSIONS, _CLASSES = 3, 512, 40
_BLEND, _THRESHOLD, _VANILLA, _ROBUST = 0.5, 0.2, 0.01, 0.5


def _rdc(task: Task) -> Contest:
    """`task.size` representations of three modalities; forward and backward."""
    objects = task.size // _MODALITIES
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(objects, _MODALITIES, _DIMENSIONS, generator=generator)
    centers = torch.randn(_CLASSES, _DIMENSIONS, generator=generator)
    labels = torch.randint(0, _CLASSES, (objects,), generator=generator)
    present = torch.ones(objects, _MODALITIES, dtype=torch.bool)
    book = load_textbook("losses").rdc_loss

    def ours(dtype: torch.dtype = torch.float32) -> list[Tensor]:
        reps, own_centers = (x.to(dtype, copy=True).requires_grad_() for x in (values, centers))
        own, mean = center_cosines(reps, present, labels, centers=own_centers)
        vanilla = vanilla_center_loss(own, mean, present, classes=_CLASSES, scale=_VANILLA)
        robust = robust_center_loss(own, mean, present, threshold=_THRESHOLD, scale=_ROBUST)
        loss = (1 - _BLEND) * vanilla + _BLEND * robust
        return [loss.detach(), *torch.autograd.grad(loss, (reps, own_centers))]

    def textbook(dtype: torch.dtype = torch.float32) -> list[Tensor]:
        reps, own_centers = (x.to(dtype, copy=True).requires_grad_() for x in (values, centers))
        loss = book(
            reps.transpose(0, 1).flatten(0, 1),
            labels.repeat(_MODALITIES),
            own_centers,
            blend=_BLEND,
            threshold=_THRESHOLD,
            scale_vanilla=_VANILLA,
            scale_robust=_ROBUST,
        )
        return [loss.detach(), *torch.autograd.grad(loss, (reps, own_centers))]

    def difference() -> float:
        pairs = zip(ours(torch.float64), textbook(torch.float64), strict=True)
        return max(float((a - b).abs().max()) / max(1.0, float(b.abs().max())) for a, b in pairs)

    return Contest(ours, textbook, difference, items=task.size)


def _map(task: Task) -> Contest:
    """`task.largest` queries against a gallery of `task.size`."""
    rng = np.random.default_rng(0)
    labels = np.arange(task.largest) % _CLASSES
    means = F.normalize(torch.randn(_CLASSES, 128, generator=torch.Generator().manual_seed(0))).numpy()
    vectors = means[labels] + rng.normal(scale=0.15, size=(task.largest, 128))
    gallery, gallery_labels = vectors[: task.size], labels[: task.size]
    book = load_textbook("ranking").average_precisions

    def ours() -> np.ndarray:
        blocks = rank_blocks(vectors, gallery, query_labels=labels, gallery_labels=gallery_labels)
        return np.concatenate([average_precision(block) for block in blocks])

    def textbook() -> np.ndarray:
        found: np.ndarray = book(vectors, gallery, labels, gallery_labels)
        return found

    return Contest(ours, textbook, lambda: float(np.abs(ours() - textbook()).max()), items=task.largest)


ARRAY_PARTS = (
    Part(
        "rdc_loss",
        "RONO's RDC loss with gradients, 512 dimensions, 40 classes, three modalities",
        "representations",
        _rdc,
        sizes=(72, 144, 288),
        quick_sizes=(72, 144, 288),
        at_least=10.0,
        memory=True,
        repeats=9,
    ),
    Part(
        "map",
        "mAP over all ranks, float64, queries as many as the largest gallery",
        "gallery",
        _map,
        sizes=(617, 1234, 2468),
        quick_sizes=(600, 1200),
        at_least=17.0,
        memory=True,
        repeats=3,
    ),
)
