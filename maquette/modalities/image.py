"""Images: one or several views of an object, from photos or rendered from its geometry."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from maquette.errors import ConfigError, InputError
from maquette.geometry.cameras import ring_cameras
from maquette.geometry.mesh import Cloud, Mesh
from maquette.geometry.render import render
from maquette.geometry.splat import splat
from maquette.modalities.base import MODALITIES, Arrays, Field, Modality, Prepared
from maquette.modalities.image_augment import (
    choose_views,
    crop_and_flip,
    jitter_as_photos,
    write_by_other_hands,
)
from maquette.modalities.photo import PHOTO_SUFFIXES, read_photo

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["ImageModality", "evenly_spaced"]

# The statistics that ImageNet-trained networks expect.
_MEAN = (0.485, 0.456, 0.406)
_STD = (0.229, 0.224, 0.225)

_AUGMENTATIONS = ("code", "photo", "handwriting", "none")


def evenly_spaced(available: int, count: int) -> np.ndarray:
    """`count` numbers below `available`, evenly spaced from 0; with fewer available than asked for they come round."""
    if available < count:
        return np.arange(count) % available
    return np.arange(count) * available // count


@MODALITIES.register("image")
class ImageModality(Modality):
    """`views` square pictures an object, `resolution` pixels wide; a training batch takes `train_views` of them.

    Augmentation `code` is the paper's released code (crop, mirror); `photo` adds size, tilt and color, for queries that
    are photos; `handwriting` turns, stretches and slants, for digits; `none` takes random views unaltered.
    """

    name: ClassVar[str] = "image"
    suffixes: ClassVar[frozenset[str]] = PHOTO_SUFFIXES

    def __init__(
        self,
        *,
        views: int = 4,
        resolution: int = 112,
        train_views: int = 2,
        augmentation: str = "code",
    ) -> None:
        if resolution < 8:
            raise ConfigError(f"image resolution {resolution}: expected at least 8 pixels")
        if not 1 <= train_views <= views:
            raise ConfigError(f"train_views {train_views}: expected 1 to views, which is {views}")
        if augmentation not in _AUGMENTATIONS:
            raise ConfigError(f"image augmentation {augmentation!r}: expected one of {', '.join(_AUGMENTATIONS)}")
        self.views = views
        self.resolution = resolution
        self.train_views = train_views
        self.augmentation = augmentation

    def settings(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            "views": self.views,
            "resolution": self.resolution,
            "train_views": self.train_views,
            "augmentation": self.augmentation,
        }

    def fields(self) -> dict[str, Field]:
        """`pixels`: V pictures, rows from the top, RGB."""
        return {"pixels": Field((self.views, self.resolution, self.resolution, 3), "uint8")}

    def read(self, paths: Sequence[Path], rng: np.random.Generator) -> Prepared:
        """Views from image files: more than V, and V evenly spaced ones are taken; fewer, and they repeat in turn."""
        if not paths:
            raise InputError("0 image files for an object: expected at least one")
        chosen = evenly_spaced(len(paths), self.views)
        pictures = {number: read_photo(paths[number], resolution=self.resolution) for number in sorted({*chosen})}
        notes: dict[str, str | int | float | bool] = {"files": len(paths)}
        if len(paths) < self.views:
            notes["views_repeated"] = self.views - len(paths)
        if len(paths) > self.views:
            notes["views_left_out"] = len(paths) - self.views
        return Prepared({"pixels": np.stack([pictures[number] for number in chosen])}, notes)

    def derive(self, shape: Mesh | Cloud, rng: np.random.Generator) -> Prepared:
        """V views from a ring of cameras, by ray casting (mesh) or of discs (point cloud); `rng` is not used."""
        cameras = ring_cameras(self.views)
        if isinstance(shape, Mesh):
            pixels, renderer = render(shape, cameras, resolution=self.resolution), "embreex"
        else:
            pixels, renderer = splat(shape, cameras, resolution=self.resolution), "splat"
        return Prepared({"pixels": pixels}, {"rendered_by": renderer})

    def augment(self, arrays: Arrays, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """`train_views` distinct views of each object, in random order, altered independently of each other."""
        pixels = choose_views(arrays["pixels"], self.train_views, rng)
        flat = pixels.reshape(-1, *pixels.shape[2:])
        if self.augmentation == "photo":
            flat = jitter_as_photos(flat, rng)
        if self.augmentation == "handwriting":
            flat = write_by_other_hands(flat, rng)
        elif self.augmentation != "none":
            # Differs: the released code crops 224 of a larger render and halves it; here the render already has the
            # network's resolution, and the crop moves over its own border.
            flat = crop_and_flip(flat, rng)
        return {"pixels": flat.reshape(pixels.shape)}

    def collate(self, arrays: Arrays) -> dict[str, Tensor]:
        """`pixels` (B, V, 3, H, W), normalised by ImageNet's mean and deviation; in memory, channels are last."""
        import torch  # here: whoever only reads files needs no PyTorch

        pixels = torch.tensor(arrays["pixels"])
        # A row of pixels at a time, all its channels: three numbers are too few for vector instructions.
        rows = pixels.flatten(-2).float()
        scale = torch.tensor([1.0 / (255.0 * std) for std in _STD]).repeat(pixels.shape[-2])
        shift = torch.tensor([-mean / std for mean, std in zip(_MEAN, _STD, strict=True)]).repeat(pixels.shape[-2])
        return {"pixels": rows.mul_(scale).add_(shift).view(pixels.shape).movedim(-1, 2)}
