"""What all encoders share: the registry they are found in, and the head that leads into the common space.

An encoder is an `nn.Module` whose constructor takes `dimensions` and JSON values by keyword, and whose
`forward(**inputs)` turns what its modality's `collate` returns into one representation an object.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from maquette.errors import ConfigError
from maquette.registry import Registry

__all__ = ["ENCODERS", "Head", "ViewEncoder", "WeightsReader", "check_sizes"]

ENCODERS: Registry[nn.Module] = Registry("encoder")


@runtime_checkable
class ViewEncoder(Protocol):
    """An encoder of several views an object, whose `forward` is the mean of `forward_views` over the views."""

    def forward_views(self, pixels: Tensor) -> Tensor:
        """One representation a view, (B, V, D)."""


@runtime_checkable
class WeightsReader(Protocol):
    """An encoder that can start from published weights."""

    def load_weights(self, path: str) -> None:
        """Overwrite the backbone's weights by those of a file; FileError if they do not fit."""


class Head(nn.Module):
    """Linear without bias, BatchNorm, ReLU: from a backbone's vector into the common space.

    As in the released code of Jing et al., Cross-modal Center Loss for 3D Cross-modal Retrieval, CVPR 2021,
    https://github.com/LongLong-Jing/Cross-Modal-Center-Loss. A bias would be undone by the BatchNorm that follows.
    """

    def __init__(self, inputs: int, dimensions: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, dimensions, bias=False)
        self.norm = nn.BatchNorm1d(dimensions)

    def forward(self, vectors: Float[Tensor, "B C"]) -> Float[Tensor, "B D"]:
        """Representations, none negative."""
        return F.relu(self.norm(self.linear(vectors)))


def check_sizes(encoder: str, **sizes: object) -> None:
    """Raise a ConfigError that names the first size that is not a whole number of at least 1."""
    for name, value in sizes.items():
        entries = value if isinstance(value, tuple) else (value,)
        if not entries or any(isinstance(entry, bool) or not isinstance(entry, int) or entry < 1 for entry in entries):
            raise ConfigError(f"{encoder}: {name} is {value!r}: expected whole numbers of at least 1")
