"""What a mesh's surface is like for the light: normals that are smooth over curves, and how open each spot is.

Files often hold every triangle apart, or turned inside out; so corners meet by position, and no orientation is trusted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from embreex.rtcore_scene import EmbreeScene
from jaxtyping import Float, Int

__all__ = ["Surface", "surface_of"]

_CREASE_COSINE = math.cos(math.radians(40.0))
_MOST_FACES_AROUND_A_CORNER = 64
"""Beyond, a corner keeps its face's normal: such fans are lids (flat) and tips of cones (a tip has no normal)."""

_OCCLUSION_REACH = 0.7
"""How far, in radii of the object, a wall still darkens a spot."""
_FEW_FACES = 1500
"""Up to here openness is probed near each corner; beyond, faces are small, and one probe a face does."""
_FEW_FACES_RAYS = 48
_MANY_FACES_RAYS = 16


@dataclass(frozen=True)
class Surface:
    """Per face corner: the smooth unit normal, and the openness (0..1) in front of it and behind it."""

    face_normals: Float[np.ndarray, "F 3"]
    corner_normals: Float[np.ndarray, "F 3 3"]
    openness: Float[np.ndarray, "F 3 2"] | None


def surface_of(corners: Float[np.ndarray, "F 3 3"], *, scene: EmbreeScene, probe_openness: bool = True) -> Surface:
    """Normals and openness of triangles, given corner by corner; `scene` holds the same triangles.

    Faces at one corner share a normal where they differ by less than 40 degrees, so curves look smooth and edges stay.
    """
    normals, areas = _face_normals(corners)
    values = np.zeros((len(corners), 3, 5), dtype=np.float32)
    values[..., :3] = normals[:, None] * areas[:, None, None]
    if probe_openness:
        values[..., 3:] = _probe(corners, normals, scene) * areas[:, None, None]
    else:
        values[..., 3:] = areas[:, None, None]
    sums = _sum_around_corners(values.reshape(-1, 5), np.repeat(normals, 3, axis=0), _meeting_points(corners))
    lengths = np.linalg.norm(sums[:, :3], axis=1, keepdims=True)
    corner_normals = np.divide(sums[:, :3], lengths, out=np.repeat(normals, 3, axis=0), where=lengths > 1e-12)
    weights = sums[:, 5:]
    openness = np.divide(sums[:, 3:5], weights, out=np.ones((len(sums), 2), dtype=np.float32), where=weights > 1e-12)
    return Surface(
        face_normals=normals,
        corner_normals=corner_normals.reshape(-1, 3, 3),
        openness=openness.reshape(-1, 3, 2) if probe_openness else None,
    )


def _face_normals(corners: Float[np.ndarray, "F 3 3"]) -> tuple[Float[np.ndarray, "F 3"], Float[np.ndarray, "F"]]:
    """Unit normals (straight up for faces without area) and areas."""
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    doubled = np.linalg.norm(cross, axis=1)
    normals = np.zeros_like(cross)
    normals[:, 2] = 1.0
    np.divide(cross, doubled[:, None], out=normals, where=doubled[:, None] > 1e-12)
    return normals, doubled / 2.0


def _meeting_points(corners: Float[np.ndarray, "F 3 3"]) -> Int[np.ndarray, "N"]:
    """For each corner in order, the number of the place where it lies; equal numbers are equal places."""
    flat = corners.reshape(-1, 3).astype(np.float64)
    low = flat.min(axis=0)
    extent = max(float((flat.max(axis=0) - low).max()), 1e-12)
    steps = np.round((flat - low) * (2**20 / extent)).astype(np.int64)
    key = (steps[:, 0] << 42) | (steps[:, 1] << 21) | steps[:, 2]
    return np.unique(key, return_inverse=True)[1].reshape(-1)


def _sum_around_corners(
    values: Float[np.ndarray, "N 5"], normals: Float[np.ndarray, "N 3"], places: Int[np.ndarray, "N"]
) -> Float[np.ndarray, "N 6"]:
    """For each corner the sum of its own values and of those at its place whose face bends less than a crease.

    Columns: normal · area (3), openness before and behind · area (2), area. A face that is turned the other way counts
    with its normal reversed and its two sides exchanged.
    """
    sums = np.concatenate([values, np.linalg.norm(values[:, :3], axis=1, keepdims=True)], axis=1)
    own = sums.copy()
    flipped = own[:, [0, 1, 2, 4, 3, 5]] * np.array([-1, -1, -1, 1, 1, 1], dtype=np.float32)
    order = np.argsort(places, kind="stable")
    counts = np.bincount(places)
    firsts = np.cumsum(counts) - counts
    first, count = firsts[places[order]], counts[places[order]]
    rank = np.arange(len(order)) - first
    small = np.flatnonzero((count > 1) & (count <= _MOST_FACES_AROUND_A_CORNER))
    for step in range(1, int(count[small].max(initial=0))):
        small = small[count[small] > step]
        here = order[small]
        there = order[first[small] + (rank[small] + step) % count[small]]
        cosine = np.einsum("nk,nk->n", normals[here], normals[there])
        same, turned = cosine > _CREASE_COSINE, cosine < -_CREASE_COSINE
        # Each corner appears once a step, so plain indexed addition is safe.
        sums[here[same]] += own[there[same]]
        sums[here[turned]] += flipped[there[turned]]
    return sums


def _probe(
    corners: Float[np.ndarray, "F 3 3"], normals: Float[np.ndarray, "F 3"], scene: EmbreeScene
) -> Float[np.ndarray, "F 3 2"]:
    """The cosine-weighted share of directions, before and behind each spot, with nothing within reach."""
    if len(corners) <= _FEW_FACES:
        spots = (0.9 * corners + 0.1 * corners.mean(axis=1, keepdims=True)).reshape(-1, 3)
        facing = np.repeat(normals, 3, axis=0)
    else:
        spots, facing = corners.mean(axis=1), normals
    directions = _spread_directions(_FEW_FACES_RAYS if len(spots) > len(corners) else _MANY_FACES_RAYS)
    cosine = facing @ directions.T
    before = cosine > 0.0
    lift = np.float32(1e-3) * facing
    origins = np.where(before[..., None], (spots + lift)[:, None], (spots - lift)[:, None]).reshape(-1, 3)
    # One set of directions for all spots: neighbours agree, so there is no grain.
    rays = np.broadcast_to(directions, (len(spots), *directions.shape)).reshape(-1, 3)
    hit = scene.run(origins, rays, dists=_OCCLUSION_REACH, query="OCCLUDED").reshape(cosine.shape) >= 0
    weight = np.abs(cosine)
    blocked = np.where(hit, weight, np.float32(0.0))
    shares = []
    for side in (before, ~before):
        total = np.einsum("nk,nk->n", weight, side)
        shares.append(1.0 - np.einsum("nk,nk->n", blocked, side) / np.maximum(total, 1e-6))
    openness = np.stack(shares, axis=1).astype(np.float32)
    if len(openness) == len(corners):
        openness = np.repeat(openness, 3, axis=0)
    return openness.reshape(-1, 3, 2)


def _spread_directions(count: int) -> Float[np.ndarray, "K 3"]:
    """Unit directions evenly over the sphere (Fibonacci spiral)."""
    k = np.arange(count)
    height = 1.0 - (2.0 * k + 1.0) / count
    angle = k * math.pi * (3.0 - math.sqrt(5.0))
    radius = np.sqrt(1.0 - height**2)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), height], axis=1).astype(np.float32)
