"""Are two sets of points the same but for a turn, a shift, a scale and perhaps a reflection? An exact answer.

Unlike a fit by least squares (`align.py`) this one is not led astray by symmetry: two points of one set, and all pairs
of the other that could be them, give every motion there can be; each is checked on all points.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Int
from scipy.spatial import KDTree

__all__ = ["Congruence", "congruence", "unit_points"]

TOLERANCE = 2e-4
"""Of the root mean square radius: what files of single precision, or of six digits, may lose."""

_TRIED = 4000
_OFF_CENTRE = 0.2


@dataclass(frozen=True)
class Congruence:
    """The motion from the first set onto the second: the scale, whether it mirrors, and how far points are apart.

    `distance` is the largest one, as a share of the root mean square radius.
    """

    scale: float
    mirrored: bool
    distance: float


def congruence(a: Float[np.ndarray, "N 3"], b: Float[np.ndarray, "P 3"]) -> Congruence | None:
    """Return the motion that lays the first set on the second, None where there is none (or too few points, below 4).

    One without a reflection is preferred.
    """
    if len(a) != len(b) or len(a) < 4:
        return None
    first, size_a = unit_points(a)
    second, size_b = unit_points(b)
    if not size_a or not size_b or not _have_equal_radii(first, second):
        return None
    tree = KDTree(second)
    mirrored: Congruence | None = None
    probe = np.linspace(0, len(first) - 1, min(64, len(first))).astype(np.int64)
    for is_mirrored, turn in _motions(first, second):
        if is_mirrored and mirrored is not None:
            continue
        if tree.query(first[probe] @ turn.T)[0].max() > TOLERANCE:
            continue
        distance = _largest_distance(first @ turn.T, second, tree)
        if distance <= TOLERANCE:
            found = Congruence(size_b / size_a, is_mirrored, distance)
            if not is_mirrored:
                return found
            mirrored = found
    return mirrored


def unit_points(points: Float[np.ndarray, "N 3"]) -> tuple[Float64[np.ndarray, "N 3"], float]:
    """Return the points about their mean at root mean square radius 1, and that radius (0: all in one place)."""
    wide = points.astype(np.float64)
    wide = wide - wide.mean(axis=0)
    size = float(np.sqrt(np.square(wide).sum(axis=1).mean()))
    return (wide / size, size) if size > 0 else (wide, 0.0)


def _have_equal_radii(a: Float64[np.ndarray, "N 3"], b: Float64[np.ndarray, "N 3"]) -> bool:
    radii = (np.sort(np.linalg.norm(points, axis=1)) for points in (a, b))
    return bool(np.abs(np.subtract(*radii)).max() <= TOLERANCE)


def _motions(
    a: Float64[np.ndarray, "N 3"], b: Float64[np.ndarray, "N 3"]
) -> Iterator[tuple[bool, Float64[np.ndarray, "3 3"]]]:
    """Yield (whether it mirrors, turn) of every motion that lays two chosen points of the first set on the second's."""
    radii_a, radii_b = np.linalg.norm(a, axis=1), np.sort(np.linalg.norm(b, axis=1))
    alike = np.searchsorted(radii_b, radii_a + TOLERANCE) - np.searchsorted(radii_b, radii_a - TOLERANCE)
    far = radii_a >= _OFF_CENTRE
    if not far.any():
        return
    one = _rarest(alike, far)
    across = np.linalg.norm(np.cross(a, a[one]), axis=1) >= _OFF_CENTRE * radii_a * radii_a[one]
    if not (far & across).any():
        return
    two = _rarest(alike, far & across)
    apart = float(np.linalg.norm(a[one] - a[two]))
    frame_a = _frame(a[one], a[two])
    could_be_one = _of_radius(b, float(radii_a[one]))
    could_be_two = _of_radius(b, float(radii_a[two]))
    tried = 0
    for place in could_be_one:
        distances = np.linalg.norm(b[could_be_two] - b[place], axis=1)
        for other in could_be_two[np.abs(distances - apart) <= 2 * TOLERANCE]:
            tried += 1
            if tried > _TRIED:
                return
            frame_b = _frame(b[place], b[other])
            yield False, frame_b @ frame_a.T
            yield True, frame_b @ np.diag([1.0, 1.0, -1.0]) @ frame_a.T


def _rarest(alike: Int[np.ndarray, "N"], among: np.ndarray) -> int:
    return int(np.argmin(np.where(among, alike, np.iinfo(alike.dtype).max)))


def _of_radius(points: Float64[np.ndarray, "N 3"], radius: float) -> Int[np.ndarray, "_"]:
    return np.flatnonzero(np.abs(np.linalg.norm(points, axis=1) - radius) <= TOLERANCE)


def _frame(one: Float64[np.ndarray, "3"], two: Float64[np.ndarray, "3"]) -> Float64[np.ndarray, "3 3"]:
    """Return a right-handed frame as columns: towards one point, in the plane of the other, and across."""
    along = one / np.linalg.norm(one)
    across = np.cross(one, two)
    across = across / np.linalg.norm(across)
    return np.stack([along, np.cross(across, along), across], axis=1)


def _largest_distance(moved: Float64[np.ndarray, "N 3"], b: Float64[np.ndarray, "N 3"], tree: KDTree) -> float:
    """Return how far apart points are at most, to either side."""
    return float(max(tree.query(moved)[0].max(), KDTree(moved).query(b)[0].max()))
