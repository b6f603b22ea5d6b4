"""A perceptron on frozen features, for collections of which only another network's output is to be had.

RONO's point branches are of this kind: `inputs=2048, hidden=[512], dropout=0.4` on 3D MNIST and `inputs=512` on
ModelNet. (Biases before a BatchNorm, which the released code has in places, change nothing and are left out.)
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn

from maquette.encoders.base import ENCODERS, Head, check_sizes
from maquette.encoders.pointwise import Pointwise
from maquette.errors import ConfigError

__all__ = ["MLP"]


@ENCODERS.register("mlp")
class MLP(nn.Module):
    """Linear, BatchNorm, ReLU, dropout for every entry of `hidden`, then the head; `inputs` is the features' size."""

    def __init__(
        self, *, dimensions: int = 512, inputs: int = 512, hidden: Sequence[int] = (), dropout: float = 0.0
    ) -> None:
        super().__init__()
        check_sizes("mlp", dimensions=dimensions, inputs=inputs, **({"hidden": tuple(hidden)} if hidden else {}))
        if not 0 <= dropout < 1:
            raise ConfigError(f"mlp: dropout is {dropout}: expected 0 to below 1")
        sizes = (inputs, *hidden)
        layers: list[nn.Module] = []
        for before, after in pairwise(sizes):
            layers += [Pointwise(before, after), nn.Dropout(dropout)]
        self.hidden = nn.Sequential(*layers)
        self.head = Head(sizes[-1], dimensions)

    def forward(self, features: Float[Tensor, "B inputs"]) -> Float[Tensor, "B D"]:
        """Representations of feature vectors."""
        representations: Tensor = self.head(self.hidden(features))
        return representations
