"""File formats of shapes, one a file: `parse(bytes) -> Parsed`, and `write(...) -> bytes`, the same on every run.

The parsers are our own because a search service must know exactly what it did not read: general libraries pass over
truncated files, wrap negative vertex numbers round, or lose faces and colors without a word. Each parser holds what a
file promises against its size before it makes room for it, and says in one line what is wrong and where (`Fault`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float, Int, UInt8

from maquette.geometry.formats import gltf, gltf_write, obj, off, ply, points, stl, threemf
from maquette.geometry.formats.parsed import Fault, Parsed

__all__ = ["CLOUD_WRITERS", "MESH_WRITERS", "PARSERS", "Fault", "Parsed"]

PARSERS: Mapping[str, Callable[[bytes], Parsed]] = {
    ".3mf": threemf.parse,
    ".glb": gltf.parse_glb,
    ".gltf": gltf.parse_gltf,
    ".npy": points.parse_npy,
    ".obj": obj.parse,
    ".off": off.parse,
    ".ply": ply.parse,
    ".stl": stl.parse,
    ".xyz": points.parse_xyz,
}
"""The parser of each file ending."""

MESH_WRITERS: Mapping[
    str,
    Callable[
        [Float[np.ndarray, "P 3"], Int[np.ndarray, "F 3"], UInt8[np.ndarray, "F 3"] | None],
        bytes,
    ],
] = {
    ".3mf": threemf.write,
    ".glb": gltf_write.write,
    ".obj": obj.write,
    ".off": off.write,
    ".ply": ply.write,
    ".stl": stl.write,
}
"""The writer of meshes of each file ending: vertices (z up), faces, colors of the faces."""

CLOUD_WRITERS: Mapping[str, Callable[[Float[np.ndarray, "N 3"]], bytes]] = {
    ".npy": points.write_npy,
    ".ply": ply.write_points,
    ".xyz": points.write_xyz,
}
"""The writer of point clouds of each file ending."""
