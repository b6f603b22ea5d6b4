"""Meshes with fewer faces that keep their shape: quadric edge collapse (Garland and Heckbert, SIGGRAPH 1997)."""

from __future__ import annotations

from dataclasses import replace

import fast_simplification
import numpy as np
from jaxtyping import Float, Int, UInt8

from maquette.errors import InputError
from maquette.geometry.clean import compact, has_area, weld
from maquette.geometry.mesh import Mesh
from maquette.geometry.sample import face_areas

__all__ = ["simplify"]

# How eagerly the library collapses edges; what one leaves above the budget the next takes down.
_EAGERNESS = (7.0, 9.0, 11.0)


def simplify(mesh: Mesh, *, faces: int) -> Mesh:
    """The mesh with at most `faces` faces and at least one, close to the original; unchanged if it has no more.

    The notes gain `faces_before`. Loose pieces cannot be collapsed into each other: where the library stops above the
    budget, the faces with the largest area are kept and `faces_cut` counts the others. A new face takes the color of
    the old face whose center is nearest. Not thread-safe, as the library is not. Raises InputError if the budget is
    below 1 or the mesh has no face with an area.
    """
    if faces < 1:
        raise InputError(f"cannot simplify to {faces} faces: expected at least 1")
    if len(mesh.faces) <= faces:
        return mesh
    vertices, triangles = weld(mesh.vertices, mesh.faces)
    keep = has_area(vertices, triangles)
    if not keep.any():
        raise InputError(f"cannot simplify {len(triangles)} faces without an area")
    whole = compact(vertices, triangles[keep])
    vertices, triangles = whole
    for eagerness in _EAGERNESS:
        if len(triangles) <= faces:
            break
        vertices, triangles = _collapse(vertices, triangles, faces, eagerness)
    notes = {**mesh.notes, "faces_before": len(mesh.faces)}
    if len(triangles) > faces:
        areas = face_areas(Mesh(vertices, triangles))
        largest = np.sort(np.argsort(-areas, kind="stable")[:faces])
        notes["faces_cut"] = len(triangles) - faces
        vertices, triangles = compact(vertices, triangles[largest])
    colors = None if mesh.colors is None else _nearest_colors(mesh, vertices, triangles)
    return replace(mesh, vertices=vertices, faces=triangles, colors=colors, notes=notes)


def _collapse(
    vertices: Float[np.ndarray, "P 3"], triangles: Int[np.ndarray, "F 3"], faces: int, eagerness: float
) -> tuple[Float[np.ndarray, "Q 3"], Int[np.ndarray, "G 3"]]:
    """One pass of the library; what it was given if it leaves nothing of use."""
    # In the unit box: the library's thresholds are absolute.
    low = vertices.min(axis=0)
    extent = float((vertices.max(axis=0) - low).max())
    points, found = fast_simplification.simplify(
        np.ascontiguousarray((vertices - low) / extent),
        np.ascontiguousarray(triangles, dtype=np.int32),
        target_count=faces,
        agg=eagerness,
    )
    points, found = points * extent + low, found.astype(np.int64)
    if not np.isfinite(points).all():
        return vertices, triangles
    found = found[has_area(points, found)]
    return compact(points, found) if len(found) else (vertices, triangles)


def _nearest_colors(
    mesh: Mesh, vertices: Float[np.ndarray, "P 3"], triangles: Int[np.ndarray, "F 3"]
) -> UInt8[np.ndarray, "F 3"]:
    from scipy.spatial import cKDTree  # here: importing it takes half a second, and most programs never need it

    assert mesh.colors is not None
    tree = cKDTree(mesh.vertices[mesh.faces].mean(axis=1))
    _, nearest = tree.query(vertices[triangles].mean(axis=1))
    found: UInt8[np.ndarray, "F 3"] = mesh.colors[nearest]
    return found
