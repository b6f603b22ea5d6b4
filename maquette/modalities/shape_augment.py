"""Random turns and jitter, which the augmentations of point clouds and of meshes share."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

__all__ = ["clipped_noise", "turns_about_up"]


def turns_about_up(count: int, rng: np.random.Generator) -> Float[np.ndarray, "B 3 3"]:
    """Matrices R, float32, that turn rows (x, y, z) R about the z axis by angles uniform in 0 to 2π.

    Differs: the released code of CMCL turns the (x, z) plane, for its data has y up; here z is up.
    """
    angle = rng.uniform(0.0, 2.0 * np.pi, count)
    turns = np.zeros((count, 3, 3), dtype=np.float32)
    turns[:, 0, 0] = turns[:, 1, 1] = np.cos(angle)
    turns[:, 0, 1] = np.sin(angle)
    turns[:, 1, 0] = -turns[:, 0, 1]
    turns[:, 2, 2] = 1.0
    return turns


def clipped_noise(
    shape: tuple[int, ...], rng: np.random.Generator, *, sigma: float, limit: float
) -> Float[np.ndarray, "..."]:
    """Normal noise of deviation `sigma`, float32, cut to ±`limit`."""
    noise = rng.standard_normal(shape, dtype=np.float32)
    noise *= np.float32(sigma)
    clipped: Float[np.ndarray, "..."] = np.clip(noise, np.float32(-limit), np.float32(limit), out=noise)
    return clipped
