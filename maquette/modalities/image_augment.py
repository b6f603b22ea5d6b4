"""Random alterations of a batch of pictures, all pictures at once."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8

__all__ = ["choose_views", "crop_and_flip", "jitter_as_photos", "write_by_other_hands"]

_MARGIN_SHARE = 1.0 / 14.0
"""Of the picture's width: a 224-pixel crop moves by 16 in a 256-pixel picture, as is the custom."""
_SCALE = (0.8, 1.2)
_TILT_DEGREES = 8.0
_CONTRAST = (0.7, 1.3)
_BRIGHTNESS = 0.15
_COLOR_GAIN = 0.1
_HAND_TURN_RADIANS = 0.2
_HAND_STRETCH = (0.85, 1.15)
_HAND_SLANT = 0.2
_HAND_MOVE_SHARE = 0.05


def choose_views(
    pixels: UInt8[np.ndarray, "B V H W 3"], count: int, rng: np.random.Generator
) -> UInt8[np.ndarray, "B T H W 3"]:
    """`count` distinct views of each object, in random order."""
    batch, views = pixels.shape[:2]
    chosen = np.argsort(rng.random((batch, views)), axis=1)[:, :count]
    return pixels[np.arange(batch)[:, None], chosen]


def crop_and_flip(pixels: UInt8[np.ndarray, "N H W 3"], rng: np.random.Generator) -> UInt8[np.ndarray, "N H W 3"]:
    """Each picture moved by up to a fourteenth of its width either way (edges repeat), half of them mirrored."""
    import torch  # here: whoever only reads files needs no PyTorch

    count, height, width = pixels.shape[:3]
    margin = max(round(width * _MARGIN_SHARE), 1)
    tops, lefts = rng.integers(0, 2 * margin + 1, (2, count))
    mirrored = rng.random(count) < 0.5
    wide = np.pad(pixels, ((0, 0), (margin, margin), (margin, margin), (0, 0)), mode="edge")
    moved = np.empty_like(pixels)
    for picture, top, left, out in zip(wide, tops.tolist(), lefts.tolist(), moved, strict=True):
        np.copyto(out, picture[top : top + height, left : left + width])
    # By torch, which mirrors pictures of three bytes a pixel ten times as fast as numpy copies them backwards.
    moved[mirrored] = torch.from_numpy(moved[mirrored]).flip(2).numpy()
    return moved


def jitter_as_photos(pixels: UInt8[np.ndarray, "N H W 3"], rng: np.random.Generator) -> UInt8[np.ndarray, "N H W 3"]:
    """What tells one photo of an object from the next: size, tilt, contrast, brightness and cast of color."""
    import torch  # here: whoever only reads files needs no PyTorch
    import torch.nn.functional as F

    count = len(pixels)
    if count == 0:
        # A batch in which no object has a picture; torch's grids refuse to be empty.
        return pixels
    scale = rng.uniform(*_SCALE, count)
    angle = np.radians(rng.uniform(-_TILT_DEGREES, _TILT_DEGREES, count))
    turn = np.stack([np.cos(angle), -np.sin(angle), np.zeros(count), np.sin(angle), np.cos(angle), np.zeros(count)], 1)
    theta = torch.from_numpy((turn / scale[:, None]).reshape(count, 2, 3).astype(np.float32))
    contrast = rng.uniform(*_CONTRAST, (count, 1)) * rng.uniform(1.0 - _COLOR_GAIN, 1.0 + _COLOR_GAIN, (count, 3))
    brightness = 255.0 * rng.uniform(-_BRIGHTNESS, _BRIGHTNESS, (count, 1)) + np.zeros((count, 3))
    # x ↦ (x − 128) · contrast + 128 + brightness
    gain = torch.from_numpy(contrast.astype(np.float32))[:, :, None, None]
    shift = torch.from_numpy((128.0 * (1.0 - contrast) + brightness).astype(np.float32))[:, :, None, None]
    pictures = torch.from_numpy(pixels).permute(0, 3, 1, 2).float()
    grid = F.affine_grid(theta, list(pictures.shape), align_corners=False)
    warped = F.grid_sample(pictures, grid, mode="bilinear", padding_mode="border", align_corners=False)
    altered = warped.mul_(gain).add_(shift).round_().clamp_(0.0, 255.0).to(torch.uint8)
    return altered.permute(0, 2, 3, 1).contiguous().numpy()


def write_by_other_hands(
    pixels: UInt8[np.ndarray, "N H W 3"], rng: np.random.Generator
) -> UInt8[np.ndarray, "N H W 3"]:
    """Digits as others would write them: turned by up to 0.2 rad, stretched, slanted, moved by a 20th of the width.

    What comes in from outside the picture is black.
    """
    import torch  # here: whoever only reads files needs no PyTorch
    import torch.nn.functional as F

    count = len(pixels)
    if count == 0:
        return pixels
    turn = rng.uniform(-_HAND_TURN_RADIANS, _HAND_TURN_RADIANS, count)
    across, down = rng.uniform(*_HAND_STRETCH, (2, count))
    slant = rng.uniform(-_HAND_SLANT, _HAND_SLANT, count)
    # Places in the old picture from places in the new one, both from -1 to 1: rotation · slant · stretch, and a shift.
    theta = np.zeros((count, 2, 3), dtype=np.float32)
    cosine, sine = np.cos(turn), np.sin(turn)
    theta[:, 0, 0], theta[:, 0, 1] = cosine * across, (cosine * slant - sine) * down
    theta[:, 1, 0], theta[:, 1, 1] = sine * across, (sine * slant + cosine) * down
    theta[:, :, 2] = 2 * _HAND_MOVE_SHARE * rng.uniform(-1.0, 1.0, (count, 2))
    pictures = torch.from_numpy(pixels).permute(0, 3, 1, 2).float()
    grid = F.affine_grid(torch.from_numpy(theta), list(pictures.shape), align_corners=False)
    warped = F.grid_sample(pictures, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return warped.round_().clamp_(0.0, 255.0).to(torch.uint8).permute(0, 2, 3, 1).contiguous().numpy()
