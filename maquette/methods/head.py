"""The classifier that all modalities share, and what it believes about an object."""

from __future__ import annotations

from jaxtyping import Bool, Float
from torch import Tensor, nn

from maquette.losses import filled

__all__ = ["SharedHead", "mean_probabilities"]


class SharedHead(nn.Module):
    """Linear(D, D//2), ReLU, Linear(D//2, C): one classifier for every modality, as in CMCL and RONO."""

    def __init__(self, *, classes: int, dimensions: int) -> None:
        super().__init__()
        hidden = max(dimensions // 2, 1)
        self.layers = nn.Sequential(nn.Linear(dimensions, hidden), nn.ReLU(), nn.Linear(hidden, classes))

    def forward(self, reps: Float[Tensor, "B M D"], present: Bool[Tensor, "B M"]) -> Float[Tensor, "B M C"]:
        """Logits of every representation; those of absent modalities belong to a zero vector and must not count."""
        logits: Tensor = self.layers(filled(reps, present))
        return logits


def mean_probabilities(logits: Float[Tensor, "B M C"], present: Bool[Tensor, "B M"]) -> Float[Tensor, "B C"]:
    """Class probabilities of each object: softmax per modality, averaged over those present; zeros if it has none."""
    probabilities = filled(filled(logits, present).softmax(dim=-1), present)
    return probabilities.sum(dim=1) / present.sum(dim=1, keepdim=True).clamp(min=1)
