"""Shapes: reading, cleaning, normalising, sampling, simplifying and writing meshes and point clouds."""

from __future__ import annotations

from maquette.geometry.adjacency import face_neighbours
from maquette.geometry.mesh import (
    CLOUD_SUFFIXES,
    MESH_SUFFIXES,
    Cloud,
    Mesh,
    Notes,
    Up,
    normalise,
    read_cloud,
    read_mesh,
    read_shape,
    write_cloud,
    write_mesh,
)
from maquette.geometry.sample import face_areas, farthest_points, sample_surface
from maquette.geometry.simplify import simplify

__all__ = [
    "CLOUD_SUFFIXES",
    "MESH_SUFFIXES",
    "Cloud",
    "Mesh",
    "Notes",
    "Up",
    "face_areas",
    "face_neighbours",
    "farthest_points",
    "normalise",
    "read_cloud",
    "read_mesh",
    "read_shape",
    "sample_surface",
    "simplify",
    "write_cloud",
    "write_mesh",
]
