"""Frozen features: one vector an object, made by some other network, of which only the output is at hand.

RONO and DAC train on such vectors in place of point clouds. In a configuration they stand in for a modality under that
modality's own name: `[modalities.pointcloud]` with `kind = "features"`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from maquette.errors import ConfigError, FileError, InputError
from maquette.geometry.mesh import Cloud, Mesh
from maquette.modalities.base import MODALITIES, Arrays, Field, Modality, Prepared

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["FeaturesModality"]


@MODALITIES.register("features")
class FeaturesModality(Modality):
    """Vectors of `size` numbers, taken as they are: nothing is scaled, and nothing is altered in training."""

    name: ClassVar[str] = "features"
    suffixes: ClassVar[frozenset[str]] = frozenset({".npy"})

    def __init__(self, *, size: int = 512) -> None:
        if size < 1:
            raise ConfigError(f"features of size {size}: expected at least 1")
        self.size = size

    def settings(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"size": self.size}

    def fields(self) -> dict[str, Field]:
        """`features`: the vector."""
        return {"features": Field((self.size,), "float32")}

    def read(self, paths: Sequence[Path], rng: np.random.Generator) -> Prepared:
        """The vector in one `.npy` file, which may have axes of length 1 around it."""
        if len(paths) != 1:
            raise InputError(f"{len(paths)} feature files for an object: expected exactly one")
        try:
            values = np.load(paths[0], allow_pickle=False)
        except FileNotFoundError as error:
            raise FileError(paths[0], "does not exist") from error
        except (OSError, ValueError, EOFError) as error:
            raise FileError(paths[0], "is no .npy array") from error
        if values.dtype.kind not in "iuf" or values.size != self.size or max(values.shape, default=1) != self.size:
            raise FileError(
                paths[0], f"holds {values.dtype} of shape {values.shape}, expected a vector of {self.size} numbers"
            )
        if not np.isfinite(values).all():
            raise FileError(paths[0], "holds values that are not finite")
        return Prepared({"features": values.reshape(self.size).astype(np.float32)})

    def derive(self, shape: Mesh | Cloud, rng: np.random.Generator) -> None:
        """Nothing: the network that made the features is not here."""
        return

    def augment(self, arrays: Arrays, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """The batch as it is."""
        return dict(arrays)

    def collate(self, arrays: Arrays) -> dict[str, Tensor]:
        """`features` (B, D)."""
        import torch  # here: whoever only reads files needs no PyTorch

        return {"features": torch.tensor(arrays["features"], dtype=torch.float32)}
