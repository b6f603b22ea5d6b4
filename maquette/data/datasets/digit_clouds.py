"""From the picture of a digit to a point cloud: its pixels lifted to a slab, sampled, and turned.

This is how the clouds of `mnist3d` are made where only its images are at hand. They are not those published as "3D
MNIST" on Kaggle, which were made from the same images: those are denser (thousands of points), come with normals, have
zero mean and a largest extent of 1, and lie unturned in their file (turned, noisy copies are only in a second file, as
voxels). Ours are turned about the vertical, so that the digit is seen from the side as often as from the front.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, UInt8

from maquette.errors import InputError

__all__ = ["lift_digit"]


def lift_digit(
    image: UInt8[np.ndarray, "H W"],
    count: int,
    *,
    rng: np.random.Generator,
    thickness_pixels: float = 6.0,
    turn_degrees: float = 45.0,
) -> Float[np.ndarray, "N 3"]:
    """`count` points of the slab that the bright pixels stand for, z up, the picture's width from -1 to 1.

    A pixel gets points in proportion to its brightness, evenly over its area; depth (y) is even over the slab. The
    whole is turned about z by an angle that is even over ±`turn_degrees`. A black picture raises an InputError.

    >>> dot = np.zeros((28, 28), np.uint8); dot[0, 0] = 255
    >>> points = lift_digit(dot, 100, rng=np.random.default_rng(0), turn_degrees=0.0)
    >>> bool((points[:, 0] <= -26 / 28).all() and (points[:, 2] >= 26 / 28).all() and abs(points[:, 1]).max() <= 6 / 28)
    True
    """
    total = int(image.sum(dtype=np.int64))
    if total == 0:
        raise InputError("a black picture has no pixel to lift: expected a digit on black")
    height, width = image.shape
    cells = rng.choice(image.size, count, p=image.reshape(-1) / total)
    rows, columns = np.divmod(cells, width)
    across = columns + rng.random(count) - width / 2
    up = height / 2 - rows - rng.random(count)
    depth = thickness_pixels * (rng.random(count) - 0.5)
    angle = np.radians(turn_degrees) * rng.uniform(-1.0, 1.0)
    x = np.cos(angle) * across - np.sin(angle) * depth
    y = np.sin(angle) * across + np.cos(angle) * depth
    points: Float[np.ndarray, "N 3"] = (np.stack([x, y, up], axis=1) * (2 / width)).astype(np.float32)
    return points
