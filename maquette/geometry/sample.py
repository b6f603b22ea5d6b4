"""Points on a surface, and well-spread choices among points."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from maquette.errors import InputError
from maquette.geometry.mesh import Mesh

__all__ = ["face_areas", "farthest_points", "sample_surface"]


def face_areas(mesh: Mesh) -> Float[np.ndarray, "F"]:
    """The area of every face, in the mesh's unit squared."""
    corners = mesh.vertices[mesh.faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    areas: Float[np.ndarray, "F"] = 0.5 * np.linalg.norm(normals, axis=1)
    return areas


def sample_surface(mesh: Mesh, count: int, *, rng: np.random.Generator) -> Float[np.ndarray, "N 3"]:
    """`count` points spread evenly over the surface: a face is drawn by its area, then a place on it.

    Barycentric coordinates (1-√u, √u(1-v), √u·v) with u, v uniform are uniform on a triangle (Osada et al., Shape
    Distributions, TOG 2002). Raises InputError if count is below 1 or the surface has no area.
    """
    if count < 1:
        raise InputError(f"cannot sample {count} points: expected at least 1")
    until = np.cumsum(face_areas(mesh))
    if len(until) == 0 or not 0 < until[-1] < np.inf:
        raise InputError(f"cannot sample a surface of {len(until)} faces without a finite area above 0")
    # Side "right" never lands on a face of no area; the product can round up to the total, which is past the last.
    drawn = np.searchsorted(until, rng.random(count) * until[-1], side="right")
    faces = mesh.faces[np.minimum(drawn, np.searchsorted(until, until[-1]))]
    root, share = np.sqrt(rng.random(count)), rng.random(count)
    weights = np.stack([1 - root, root * (1 - share), root * share], axis=1)
    points: Float[np.ndarray, "N 3"] = np.einsum("nk,nkd->nd", weights, mesh.vertices[faces])
    return points


def farthest_points(points: Float[np.ndarray, "N 3"], count: int, *, start: int = 0) -> Int[np.ndarray, "K"]:
    """The numbers of `count` different points, each the farthest from those before it, beginning with `start`.

    Ties go to the lowest number, also among points in one place. Raises InputError if there are fewer points.
    """
    if not 1 <= count <= len(points) or not 0 <= start < len(points):
        raise InputError(f"cannot choose {count} of {len(points)} points from number {start} on")
    chosen = np.empty(count, dtype=np.int64)
    axes = np.ascontiguousarray(points.T, dtype=np.float64)
    distances = np.full(len(points), np.inf)
    current = start
    for step in range(count):
        chosen[step] = current
        offsets = axes - axes[:, current, None]
        np.minimum(distances, np.einsum("dn,dn->n", offsets, offsets), out=distances)
        # Below any distance, so that a point is never chosen twice.
        distances[current] = -1.0
        current = int(np.argmax(distances))
    return chosen
