"""Scans of the workshop's objects: points where rays from outside meet the surface, as a scanner sees it.

A partial scan looks from one side only, so that half of the object and whatever is hidden are missing; a whole one
joins many sides. Neither has points inside the object. Both are noisy and stand at an unknown turn about z.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene
from jaxtyping import Float

from maquette.geometry.mesh import Mesh

__all__ = ["ScanKind", "scan_points"]

ScanKind = Literal["whole", "partial"]

_SIDES = 14
_NOISE = (0.002, 0.01)
"""Standard deviation of a measured distance, drawn once a scan, in radii of the object."""
_ELEVATION_DEGREES = (0.0, 50.0)
_ROUNDS = 40


def scan_points(mesh: Mesh, count: int, *, kind: ScanKind, rng: np.random.Generator) -> Float[np.ndarray, "N 3"]:
    """`count` noisy points on what is visible of a normalised mesh, turned about z by an angle nobody knows.

    Points are as dense as parallel rays make them: less where the surface leans away. `whole` joins 14 directions all
    around; `partial` has one, from the horizon to 50 degrees above.
    """
    scene = EmbreeScene(robust=True)
    # The scene does not own its meshes' buffers on the Python side; keep the object while rays are cast.
    held = TriangleMesh(scene, np.ascontiguousarray(mesh.vertices[mesh.faces], dtype=np.float32))
    directions = _all_around(rng) if kind == "whole" else _from_one_side(rng)
    noise = rng.uniform(*_NOISE)
    found: list[Float[np.ndarray, "N 3"]] = []
    total = 0
    for _ in range(_ROUNDS):
        for direction in directions:
            hits = _look(scene, mesh, direction, 4 * count // len(directions) + 1, noise=noise, rng=rng)
            found.append(hits)
            total += len(hits)
        if total >= count:
            break
    del held
    points = np.concatenate(found)
    # What is seen edge-on and thin as a wire may give fewer: then points repeat, as in a scan that was filled up.
    chosen = rng.permutation(len(points))[:count] if total >= count else rng.integers(len(points), size=count)
    return _turned(points[chosen], rng.uniform(0.0, 2.0 * np.pi))


def _from_one_side(rng: np.random.Generator) -> Float[np.ndarray, "K 3"]:
    """One direction of sight, from the object's surroundings towards it."""
    azimuth, elevation = rng.uniform(0.0, 2.0 * np.pi), np.radians(rng.uniform(*_ELEVATION_DEGREES))
    return -np.array([[np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)]])


def _all_around(rng: np.random.Generator) -> Float[np.ndarray, "K 3"]:
    """Directions of sight spread evenly over the sphere (Fibonacci spiral), from a random start."""
    k = np.arange(_SIDES)
    height = 1.0 - (2.0 * k + 1.0) / _SIDES
    angle = rng.uniform(0.0, 2.0 * np.pi) + k * np.pi * (3.0 - np.sqrt(5.0))
    radius = np.sqrt(1.0 - height**2)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), height], axis=1)


def _look(
    scene: EmbreeScene,
    mesh: Mesh,
    direction: Float[np.ndarray, "3"],
    rays: int,
    *,
    noise: float,
    rng: np.random.Generator,
) -> Float[np.ndarray, "N 3"]:
    """Where parallel rays along a direction meet the mesh; noise is along the ray, as a range sensor's."""
    across = np.array([-direction[1], direction[0], 0.0])
    across /= np.linalg.norm(across)
    upward = np.cross(direction, across)
    shadow = mesh.vertices @ np.stack([across, upward], axis=1)
    places = rng.uniform(shadow.min(axis=0), shadow.max(axis=0), size=(rays, 2))
    origins = places @ np.stack([across, upward]) - 2.0 * direction
    way = np.broadcast_to(direction, origins.shape).astype(np.float32)
    distances = scene.run(origins.astype(np.float32), way, query="DISTANCE")
    met = distances < 4.0
    measured = distances[met] + rng.normal(0.0, noise, size=int(met.sum()))
    hits: Float[np.ndarray, "N 3"] = origins[met] + measured[:, None] * direction
    return hits


def _turned(points: Float[np.ndarray, "N 3"], angle: float) -> Float[np.ndarray, "N 3"]:
    """Points turned about z by an angle in radians."""
    cosine, sine = np.cos(angle), np.sin(angle)
    turned: Float[np.ndarray, "N 3"] = points @ np.array([[cosine, sine, 0.0], [-sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    return turned
