"""Meshes and point clouds: the two shapes everything else is made from; reading, normalising and writing them.

Reading never runs anything, never opens a second file, and never passes over damage: a file is a sound shape with
notes on what was assumed, or a `FileError` with one line on what is wrong and where. Formats are in `formats/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
from jaxtyping import Float, Int, UInt8

from maquette.errors import FileError, InputError
from maquette.geometry.clean import check_points, clean
from maquette.geometry.formats import CLOUD_WRITERS, MESH_WRITERS, PARSERS, Fault, Parsed

__all__ = [
    "CLOUD_SUFFIXES",
    "MESH_SUFFIXES",
    "Cloud",
    "Mesh",
    "Notes",
    "Up",
    "normalise",
    "read_cloud",
    "read_mesh",
    "read_shape",
    "write_cloud",
    "write_mesh",
]

MESH_SUFFIXES = frozenset({".3mf", ".glb", ".gltf", ".obj", ".off", ".ply", ".stl"})
"""Endings of files that may hold a mesh, lower case with the dot."""

CLOUD_SUFFIXES = frozenset({".npy", ".ply", ".xyz"})
"""Endings of files that may hold a point cloud; a .ply may hold either."""

_Y_UP = frozenset({".glb", ".gltf"})
_MAX_BYTES = 2**30

Up = Literal["auto", "y", "z"]
"""Which axis of a file points up; `auto`: y for GLB and glTF, whose standard says so, z for all others."""

Notes = Mapping[str, str | int | float | bool]
"""What was assumed or done on the way to a shape, as flat JSON values."""


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles over shared vertices: float64 places, int64 corner numbers, one RGB a face if the file had colors."""

    vertices: Float[np.ndarray, "P 3"]
    faces: Int[np.ndarray, "F 3"]
    colors: UInt8[np.ndarray, "F 3"] | None = None
    notes: Notes = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert self.vertices.ndim == 2 and self.vertices.shape[1] == 3, f"vertices of shape {self.vertices.shape}"
        assert self.faces.ndim == 2 and self.faces.shape[1] == 3, f"faces of shape {self.faces.shape}"
        assert self.colors is None or self.colors.shape == self.faces.shape, "one color a face"


@dataclass(frozen=True, eq=False)
class Cloud:
    """Points of a scan, float64, without connection or order."""

    points: Float[np.ndarray, "N 3"]
    notes: Notes = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert self.points.ndim == 2 and self.points.shape[1] == 3, f"points of shape {self.points.shape}"


_Shape = TypeVar("_Shape", Mesh, Cloud)


def read_shape(path: str | PathLike[str], *, up: Up = "auto") -> Mesh | Cloud:
    """The mesh or the point cloud in a file, with z up, by the file's ending and content.

    Equal vertices are made one, faces without area and unused vertices are dropped. The notes hold `format`, `up` (the
    axis taken as up), `up_assumed` (nobody said so), and for meshes `dropped_faces`, `merged_vertices` and
    `unused_vertices`; where it applies `encoding`, `unit`, `merged_parts`, and as `ignored_...` what was not read:
    `materials`, `columns`, `bytes`, `primitives`.
    Raises FileError for whatever cannot be a sound shape.
    """
    return _read(path, up, expected=PARSERS)


def _read(path: str | PathLike[str], up: Up, *, expected: Iterable[str]) -> Mesh | Cloud:
    """As `read_shape`; `expected` are the endings that an error offers."""
    file = Path(path)
    suffix = file.suffix.lower()
    if suffix not in PARSERS:
        raise FileError(file, f"unknown ending {suffix!r}: expected one of {', '.join(sorted(expected))}")
    data = _bytes(file)
    try:
        # Damaged numbers are found by the checks; NumPy need not warn of them as well.
        with np.errstate(all="ignore"):
            parsed = PARSERS[suffix](data)
            if parsed.faces is None:
                check_points(parsed.vertices, "points")
            else:
                parsed = clean(parsed)
    except Fault as fault:
        raise FileError(file, str(fault)) from None
    except MemoryError as error:
        raise FileError(file, "needs more memory than this process may take: simplify it or split it") from error
    except Exception as error:  # a parser must never take its caller down, whatever the bytes
        lines = f"{type(error).__name__}: {error}".splitlines()
        raise FileError(file, f"damaged {suffix[1:].upper()} file ({lines[0][:200]})") from error
    axis = ("y" if suffix in _Y_UP else "z") if up == "auto" else up
    notes = {"format": suffix[1:], "up": axis, "up_assumed": up == "auto", **parsed.notes}
    return _shape(parsed, notes, turn=axis == "y")


def read_mesh(path: str | PathLike[str], *, up: Up = "auto") -> Mesh:
    """The mesh in a file, as `read_shape` has it; a file of points only is a FileError."""
    shape = _read(path, up, expected=MESH_SUFFIXES)
    if isinstance(shape, Cloud):
        raise FileError(path, f"{len(shape.points)} points and no faces: expected a mesh (read it as a point cloud)")
    return shape


def read_cloud(path: str | PathLike[str], *, up: Up = "auto") -> Cloud:
    """The point cloud in a file, as `read_shape` has it; a file with faces is a FileError."""
    shape = _read(path, up, expected=CLOUD_SUFFIXES)
    if isinstance(shape, Mesh):
        raise FileError(path, f"a mesh of {len(shape.faces)} faces: expected points only (read it as a mesh)")
    return shape


def _bytes(file: Path) -> bytes:
    try:
        size = file.stat().st_size
        if size > _MAX_BYTES:
            raise FileError(file, f"{size} bytes: expected at most {_MAX_BYTES}")
        data = file.read_bytes()
    except OSError as error:
        raise FileError(file, f"cannot be opened: {error.strerror or error}") from None
    if not data:
        raise FileError(file, "the file is empty (0 bytes)")
    return data


def _shape(parsed: Parsed, notes: Notes, *, turn: bool) -> Mesh | Cloud:
    vertices = np.ascontiguousarray(parsed.vertices)
    if turn:
        vertices = np.stack([vertices[:, 0], 0.0 - vertices[:, 2], vertices[:, 1]], axis=1)
    if parsed.faces is None:
        return Cloud(vertices, notes)
    return Mesh(vertices, parsed.faces, parsed.colors, notes)


def normalise(shape: _Shape) -> _Shape:
    """The shape with its bounding-box center at 0 and its farthest vertex at radius 1.

    The notes gain `center_x`, `center_y`, `center_z` and `radius`, in the units before: original = result * radius +
    center. Raises InputError if all points lie in one place, are none, or are not finite.
    """
    points = shape.vertices if isinstance(shape, Mesh) else shape.points
    if len(points) == 0 or not np.isfinite(points).all():
        raise InputError(f"cannot normalise {len(points)} points: expected at least 2, all finite")
    # Halves first: the sum of two large coordinates could overflow.
    low, high = points.min(axis=0), points.max(axis=0)
    center = low / 2 + high / 2
    extent = float((high / 2 - low / 2).max())
    if extent == 0.0:
        raise InputError(f"cannot normalise {len(points)} points that all lie at {points[0].tolist()}")
    # By the extent first: squares of very small or very large numbers would leave the range of floats.
    scaled = (points - center) / extent
    radius = float(np.linalg.norm(scaled, axis=1).max())
    moved = scaled / radius
    names = ("center_x", "center_y", "center_z")
    notes = {**shape.notes, **dict(zip(names, center.tolist(), strict=True)), "radius": radius * extent}
    return replace(shape, **{"vertices" if isinstance(shape, Mesh) else "points": moved, "notes": notes})


def write_mesh(mesh: Mesh, path: str | PathLike[str]) -> None:
    """Writes a mesh by the path's ending (.3mf .glb .obj .off .ply .stl), the same bytes on every run.

    Coordinates keep every digit but in GLB and STL (float32); colors are kept by all but OBJ and STL.
    """
    file = Path(path)
    if file.suffix.lower() not in MESH_WRITERS:
        raise FileError(file, f"cannot write a mesh: expected an ending among {', '.join(sorted(MESH_WRITERS))}")
    file.write_bytes(MESH_WRITERS[file.suffix.lower()](mesh.vertices, mesh.faces, mesh.colors))


def write_cloud(cloud: Cloud, path: str | PathLike[str]) -> None:
    """Writes a point cloud by the path's ending (.npy .ply .xyz), float64, the same bytes on every run."""
    file = Path(path)
    if file.suffix.lower() not in CLOUD_WRITERS:
        raise FileError(
            file, f"cannot write a point cloud: expected an ending among {', '.join(sorted(CLOUD_WRITERS))}"
        )
    file.write_bytes(CLOUD_WRITERS[file.suffix.lower()](cloud.points))
