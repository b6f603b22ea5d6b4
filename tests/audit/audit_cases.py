"""Objects of four classes in two modalities, well apart, some lacking one; a few given labels are wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

NAMES = ("ball", "cone", "plate", "rod")


@dataclass(frozen=True, eq=False)
class Case:
    representations: dict[str, Float[np.ndarray, "N D"]]
    present: dict[str, Bool[np.ndarray, "N"]]
    true: Int[np.ndarray, "N"]
    given: Int[np.ndarray, "N"]


def made_case(*, wrong: int = 16, each: int = 40, spread: float = 0.25, seed: int = 0) -> Case:
    """`each` objects a class around an axis of its own; the first `wrong` of a random order carry the next class."""
    rng = np.random.default_rng(seed)
    true = np.repeat(np.arange(4), each)
    names = ("image", "pointcloud")
    reps = {name: (np.eye(8)[true] + rng.normal(0, spread, (len(true), 8))).astype(np.float32) for name in names}
    present = {name: np.ones(len(true), bool) for name in names}
    present["image"][::7] = False
    reps["image"][::7] = 0.0
    given = true.copy()
    chosen = rng.permutation(len(true))[:wrong]
    given[chosen] = (given[chosen] + rng.integers(1, 4, wrong)) % 4
    return Case(reps, present, true, given)
