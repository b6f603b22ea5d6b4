"""How well two shapes lie on each other when one is turned, shifted, scaled and perhaps mirrored to fit the other.

Evidence that owes nothing to the encoders: a match by representation whose shapes also coincide is no accident.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import permutations, product
from typing import Any

import numpy as np
from jaxtyping import Float, Float64
from scipy.spatial import KDTree

from maquette.errors import InputError

__all__ = ["F_DISTANCE", "Alignment", "align", "chamfer", "f_score"]

F_DISTANCE = 0.05
"""Points of a unit sphere at most this far apart count as matched in the F-score."""

_COARSE = 128
_REFINED = 4
_STEPS = 30
_MIRROR_GAIN = 0.8
"""A mirror image is taken only where it fits this much better: most shapes are nearly their own mirror images."""


@dataclass(frozen=True)
class Alignment:
    """The first shape on the second: x -> scale (x rotation^T) + shift, in the units of the second.

    `rotation` has determinant -1 where `mirrored`; `scale` is as good as the points stand for the shapes: some percent
    for a thousand drawn from a surface. Distances are of points in a unit sphere: before, both shapes are
    centred, the second scaled to radius 1 and the first to its root mean square radius; after, turned and shifted too.
    """

    rotation: tuple[tuple[float, float, float], ...]
    scale: float
    shift: tuple[float, float, float]
    mirrored: bool
    chamfer_before: float
    chamfer_after: float
    f_score_before: float
    f_score_after: float

    def as_json(self) -> dict[str, Any]:
        """Return the alignment as JSON values."""
        return asdict(self)


def chamfer(a: Float[np.ndarray, "N 3"], b: Float[np.ndarray, "P 3"]) -> float:
    """Return the mean distance of a point to the nearest one of the other shape, averaged over both directions.

    >>> chamfer(np.zeros((1, 3)), np.array([[3.0, 0, 0], [1.0, 0, 0]]))
    1.5
    """
    there, back = _nearest(a, KDTree(b)), _nearest(b, KDTree(a))
    return float((there.mean() + back.mean()) / 2)


def f_score(a: Float[np.ndarray, "N 3"], b: Float[np.ndarray, "P 3"], *, distance: float = F_DISTANCE) -> float:
    """Return the harmonic mean of the shares of points that have one of the other shape within a distance.

    Reference: Knapitsch et al., Tanks and Temples, TOG 2017, eq. 5.

    >>> round(f_score(np.zeros((1, 3)), np.array([[0.0, 0, 0], [1.0, 0, 0]])), 4)
    0.6667
    """
    there = float((_nearest(a, KDTree(b)) <= distance).mean())
    back = float((_nearest(b, KDTree(a)) <= distance).mean())
    return 2 * there * back / (there + back) if there + back else 0.0


def align(a: Float[np.ndarray, "N 3"], b: Float[np.ndarray, "P 3"]) -> Alignment:
    """Return the best fit of the first shape's points on the second's.

    Starts are the 48 ways, mirrored ones included, to lay principal axes on principal axes, and the 48 to lay
    coordinate axes on coordinate axes; those that fit best are refined by iterated closest points (Besl and McKay, A
    Method for Registration of 3-D Shapes, PAMI 1992). Fewer than 4 points, or all in one place: InputError.
    """
    first, centre_a, radius_a = _in_unit_sphere(a)
    second, centre_b, radius_b = _in_unit_sphere(b)
    # By the mean square, which samples of a surface tell far better than their farthest point.
    stretch = float(np.sqrt(np.square(second).sum(axis=1).mean() / np.square(first).sum(axis=1).mean()))
    first, radius_a = first * stretch, radius_a / stretch
    turns = _axis_turns()
    from_a, to_b = _axes(first), _axes(second)
    starts = np.concatenate([np.einsum("ij,sjk,lk->sil", to_b, turns, from_a), turns])
    fits = _fits(first, second, starts)
    best: dict[bool, tuple[float, np.ndarray, np.ndarray]] = {}
    tree = KDTree(second)
    for mirrored in (False, True):
        own = np.flatnonzero((np.linalg.det(starts) < 0) == mirrored)
        for row in own[np.argsort(fits[own], kind="stable")][:_REFINED]:
            turn, shift = _closest_points(first, second, tree, starts[row])
            found = chamfer(first @ turn.T + shift, second)
            if mirrored not in best or found < best[mirrored][0]:
                best[mirrored] = (found, turn, shift)
    is_mirrored = best[True][0] < _MIRROR_GAIN * best[False][0]
    after, turn, shift = best[is_mirrored]
    scale = radius_b / radius_a
    moved = centre_b + radius_b * shift - scale * centre_a @ turn.T
    return Alignment(
        rotation=tuple((float(x), float(y), float(z)) for x, y, z in turn),
        scale=scale,
        shift=(float(moved[0]), float(moved[1]), float(moved[2])),
        mirrored=is_mirrored,
        chamfer_before=chamfer(first, second),
        chamfer_after=after,
        f_score_before=f_score(first, second),
        f_score_after=f_score(first @ turn.T + shift, second),
    )


def _in_unit_sphere(
    points: Float[np.ndarray, "N 3"],
) -> tuple[Float64[np.ndarray, "N 3"], Float64[np.ndarray, "3"], float]:
    """Return the points about their mean with the farthest at distance 1, the mean, and the radius."""
    wide = points.astype(np.float64)
    centre = wide.mean(axis=0) if len(wide) else np.zeros(3)
    radius = float(np.linalg.norm(wide - centre, axis=1).max(initial=0.0))
    if len(wide) < 4 or not 0.0 < radius < np.inf:
        raise InputError(f"{len(wide)} points of radius {radius}: expected at least 4, not all in one place")
    return (wide - centre) / radius, centre, radius


def _axes(points: Float64[np.ndarray, "N 3"]) -> Float64[np.ndarray, "3 3"]:
    """Return the principal axes as columns, longest first, right-handed."""
    _, vectors = np.linalg.eigh(points.T @ points)
    axes = vectors[:, ::-1].copy()
    axes[:, 2] *= np.sign(np.linalg.det(axes))
    return axes


def _axis_turns() -> Float64[np.ndarray, "48 3 3"]:
    """Return the 24 turns and 24 mirrored turns that map coordinate axes to coordinate axes."""
    return np.array(
        [
            np.diag(signs) @ np.eye(3)[list(order)]
            for order in permutations(range(3))
            for signs in product((1.0, -1.0), repeat=3)
        ]
    )


def _fits(
    a: Float64[np.ndarray, "N 3"], b: Float64[np.ndarray, "P 3"], turns: Float64[np.ndarray, "S 3 3"]
) -> Float64[np.ndarray, "S"]:
    """Return the chamfer distance of some of the points, for every turn of the first shape."""
    some_a, some_b = _spread(a), _spread(b)
    there = _nearest(np.einsum("sij,nj->sni", turns, some_a).reshape(-1, 3), KDTree(b))
    back = _nearest(np.einsum("sji,nj->sni", turns, some_b).reshape(-1, 3), KDTree(a))
    fits: Float64[np.ndarray, "S"] = there.reshape(len(turns), -1).mean(1) + back.reshape(len(turns), -1).mean(1)
    return fits


def _spread(points: Float64[np.ndarray, "N 3"]) -> Float64[np.ndarray, "K 3"]:
    return points[np.linspace(0, len(points) - 1, min(_COARSE, len(points))).astype(np.int64)]


def _closest_points(
    a: Float64[np.ndarray, "N 3"], b: Float64[np.ndarray, "P 3"], tree: KDTree, start: Float64[np.ndarray, "3 3"]
) -> tuple[Float64[np.ndarray, "3 3"], Float64[np.ndarray, "3"]]:
    """Return turn and shift of the first shape, from a start, whose handedness is kept."""
    turn, shift, before = start, np.zeros(3), np.inf
    for _ in range(_STEPS):
        distances, rows = tree.query(a @ turn.T + shift)
        error = float(np.square(distances).mean())
        if before - error <= 1e-9:
            break
        before, matched = error, b[rows]
        middle_a, middle_b = a.mean(axis=0), matched.mean(axis=0)
        u, _, vt = np.linalg.svd((matched - middle_b).T @ (a - middle_a))
        flip = np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt)) * np.sign(np.linalg.det(start))])
        turn = u @ flip @ vt
        shift = middle_b - turn @ middle_a
    return turn, shift


def _nearest(points: Float64[np.ndarray, "N 3"] | Float[np.ndarray, "N 3"], tree: KDTree) -> Float64[np.ndarray, "N"]:
    distances: Float64[np.ndarray, "N"] = tree.query(points)[0]
    return distances
