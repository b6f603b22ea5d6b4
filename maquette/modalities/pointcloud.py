"""Point clouds: a fixed number of points of an object's surface, from a scan or sampled from a mesh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from maquette.errors import ConfigError, FileError, InputError
from maquette.geometry.mesh import CLOUD_SUFFIXES, MESH_SUFFIXES, Cloud, Mesh, normalise, read_shape
from maquette.geometry.sample import sample_surface
from maquette.modalities.base import MODALITIES, Arrays, Field, Modality, Prepared
from maquette.modalities.shape_augment import clipped_noise, turns_about_up

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["PointCloudModality"]

_SCALE = (2.0 / 3.0, 3.0 / 2.0)
_SHIFT = 0.2
_HAND_STRETCH = (0.85, 1.15)
_HAND_SHIFT = 0.1
_HAND_SLANT = 0.2


@dataclass(frozen=True)
class _Alteration:
    """What an augmentation does after it has drawn points: stretch and move, slant, turn about the up axis, jitter."""

    turn: bool
    jitter: float
    stretch: tuple[float, float] = (1.0, 1.0)
    shift: float = 0.0
    slant: float = 0.0


_AUGMENTATIONS = {
    "code": _Alteration(turn=True, jitter=0.01, stretch=_SCALE, shift=_SHIFT),
    "paper": _Alteration(turn=True, jitter=0.02, stretch=_SCALE, shift=_SHIFT),
    "turn": _Alteration(turn=True, jitter=0.01),
    "draw": _Alteration(turn=False, jitter=0.01),
    "handwriting": _Alteration(turn=False, jitter=0.01, stretch=_HAND_STRETCH, shift=_HAND_SHIFT, slant=_HAND_SLANT),
    "none": None,
}


@MODALITIES.register("pointcloud")
class PointCloudModality(Modality):
    """`points_prepared` points an object in random order, of which a network takes `points`.

    Augmentation `code` is that of CMCL's released code, `paper` has the jitter that the paper gives (σ 0.02 where the
    code has 0.01). Ours: `turn` leaves out stretching and moving, for objects whose proportions tell what they are;
    `draw` also leaves out turning, for objects whose direction does (digits); `handwriting` stretches, moves and slants
    as another hand would; `none` does nothing.
    """

    name: ClassVar[str] = "pointcloud"
    suffixes: ClassVar[frozenset[str]] = MESH_SUFFIXES | CLOUD_SUFFIXES

    def __init__(
        self,
        *,
        points_prepared: int = 2048,
        points: int = 1024,
        augmentation: str = "code",
    ) -> None:
        if not 1 <= points <= points_prepared:
            raise ConfigError(f"points {points}: expected 1 to points_prepared, which is {points_prepared}")
        if augmentation not in _AUGMENTATIONS:
            raise ConfigError(f"point cloud augmentation {augmentation!r}: expected one of {', '.join(_AUGMENTATIONS)}")
        self.points_prepared = points_prepared
        self.points = points
        self.augmentation = augmentation

    def settings(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            "points_prepared": self.points_prepared,
            "points": self.points,
            "augmentation": self.augmentation,
        }

    def fields(self) -> dict[str, Field]:
        """`points`: x, y, z with z up; in random order, so that any part of them is a fair sample."""
        return {"points": Field((self.points_prepared, 3), "float32")}

    def read(self, paths: Sequence[Path], rng: np.random.Generator) -> Prepared:
        """Points of one scan, or sampled from one mesh; normalised to the unit sphere."""
        if len(paths) != 1:
            raise InputError(f"{len(paths)} point cloud files for an object: expected exactly one")
        shape = read_shape(paths[0])
        try:
            if isinstance(shape, Mesh):
                return self.derive(normalise(shape), rng)
            return self.derive(normalise(shape), rng)
        except FileError:
            raise
        except InputError as error:
            raise FileError(paths[0], str(error)) from error

    def derive(self, shape: Mesh | Cloud, rng: np.random.Generator) -> Prepared:
        """Points drawn by area from a mesh; of a cloud's points a random part, or all and some of them again."""
        notes = dict(shape.notes)
        if isinstance(shape, Mesh):
            points = sample_surface(shape, self.points_prepared, rng=rng)
            notes["points_sampled"] = self.points_prepared
        else:
            points = shape.points[self._pick(len(shape.points), rng)]
            notes["points_in_file"] = len(shape.points)
            if len(shape.points) < self.points_prepared:
                notes["points_repeated"] = self.points_prepared - len(shape.points)
        return Prepared({"points": points.astype(np.float32)}, notes)

    def augment(self, arrays: Arrays, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """N points drawn with replacement, and what the augmentation says: stretch, move, slant, turn, jitter."""
        alteration = _AUGMENTATIONS[self.augmentation]
        if alteration is None:
            return dict(arrays)
        points = np.asarray(arrays["points"], dtype=np.float32)
        batch, prepared = points.shape[:2]
        # No shuffle afterwards as in the released code: points drawn with replacement already come in random order.
        drawn = rng.integers(0, prepared, (batch, self.points)) + prepared * np.arange(batch)[:, None]
        altered = np.take(points.reshape(-1, 3), drawn, axis=0)
        if alteration.shift:
            altered *= rng.uniform(*alteration.stretch, (batch, 1, 3)).astype(np.float32)
            altered += rng.uniform(-alteration.shift, alteration.shift, (batch, 1, 3)).astype(np.float32)
        if alteration.slant:
            slant = rng.uniform(-alteration.slant, alteration.slant, (batch, 1)).astype(np.float32)
            altered[..., 0] += slant * altered[..., 2]
        if alteration.turn:
            # Differs: the released code turns the (x, z) plane, for its data has y up; here z is up, so (x, y).
            altered = np.matmul(altered, turns_about_up(batch, rng))
        # The code cuts at two deviations; the paper gives no limit, so the same rule serves its larger jitter.
        altered += clipped_noise(altered.shape, rng, sigma=alteration.jitter, limit=2.0 * alteration.jitter)
        return {"points": altered}

    def collate(self, arrays: Arrays) -> dict[str, Tensor]:
        """`points` (B, 3, N): the first N, which without augmentation are always the same."""
        import torch  # here: whoever only reads files needs no PyTorch

        return {"points": torch.tensor(arrays["points"][:, : self.points]).transpose(1, 2).contiguous()}

    def _pick(self, available: int, rng: np.random.Generator) -> np.ndarray:
        wanted = self.points_prepared
        if available >= wanted:
            return rng.permutation(available)[:wanted]
        return rng.permutation(np.concatenate([np.arange(available), rng.integers(0, available, wanted - available)]))
