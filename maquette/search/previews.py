"""What a person looks at before opening a file: pictures from all around, and a model light enough for a browser.

Both read a file that may be anything: `read_preview` has them made in a sandbox.
"""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from maquette.errors import FileError
from maquette.geometry import (
    CLOUD_SUFFIXES,
    MESH_SUFFIXES,
    Cloud,
    Mesh,
    normalise,
    read_shape,
    simplify,
)
from maquette.geometry.cameras import ring_cameras
from maquette.geometry.formats import MESH_WRITERS
from maquette.geometry.render import render
from maquette.geometry.splat import splat
from maquette.ingest import Limits, Refused, Sandbox, bring_in, check_file, check_shape
from maquette.modalities import ImageModality

__all__ = [
    "GEOMETRY_ENDINGS",
    "IMAGE_ENDINGS",
    "TURNTABLE_FRAMES",
    "Preview",
    "modality_of",
    "preview_in_folder",
    "read_preview",
    "turntable",
    "viewer_model",
]

Preview = Literal["turntable", "viewer_model"]

GEOMETRY_ENDINGS = frozenset(MESH_SUFFIXES | CLOUD_SUFFIXES)
"""Endings of files with geometry, lower case with the dot."""

IMAGE_ENDINGS = frozenset(ImageModality.suffixes)
"""Endings of pictures."""

TURNTABLE_FRAMES = 12
_FRAME_PIXELS = 192
_PLY_HEAD_BYTES = 65_536


def modality_of(path: Path) -> str:
    """Return the modality that a file's ending stands for; a .ply is a mesh if its head announces faces.

    The caller has checked the ending.
    """
    ending = path.suffix.lower()
    if ending in IMAGE_ENDINGS:
        return "image"
    if ending == ".ply":
        with path.open("rb") as file:
            head = file.read(_PLY_HEAD_BYTES).partition(b"end_header")[0]
        counts = [line.split()[2:3] for line in head.splitlines() if line.split()[:2] == [b"element", b"face"]]
        return "mesh" if counts and counts[0] not in ([], [b"0"]) else "pointcloud"
    return "mesh" if ending in MESH_SUFFIXES else "pointcloud"


def read_preview(kind: Preview, path: Path, *, sandbox: Sandbox | None) -> bytes:
    """Return a preview of a file, made in the sandbox (without one in this process); FileError if it is refused."""
    if sandbox is None:
        return turntable(path) if kind == "turntable" else viewer_model(path)
    name = f"0{path.suffix.lower()}"
    limits = sandbox.limits
    try:
        _, arrays = sandbox.run(
            f"{__name__}:preview_in_folder",
            {"kind": kind, "name": name, "limits": limits.as_json()},
            stage=lambda folder: _bring(path, folder / name, limits),
        )
    except Refused as fault:
        raise FileError(path, fault.reason) from None
    made = arrays.get("preview")
    if made is None or made.dtype != np.uint8:
        raise FileError(path, "the process that read it gave no sound preview")
    return made.tobytes()


def preview_in_folder(request: dict[str, Any], folder: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Make the preview that `read_preview` asks a confined reader for."""
    path = folder / str(request["name"])
    limits = Limits.from_json(request["limits"])
    check_file(path, limits)
    check_shape(path, read_shape(path), limits)
    made = turntable(path) if request["kind"] == "turntable" else viewer_model(path)
    return {}, {"preview": np.frombuffer(made, dtype=np.uint8)}


def turntable(path: Path) -> bytes:
    """Return a PNG with twelve pictures of a file's geometry side by side, once around it."""
    shape = _normal(path)
    cameras = ring_cameras(TURNTABLE_FRAMES)
    if isinstance(shape, Mesh):
        frames = render(shape, cameras, resolution=_FRAME_PIXELS)
    else:
        frames = splat(shape, cameras, resolution=_FRAME_PIXELS)
    return _png(frames)


def viewer_model(path: Path, *, faces: int = 50_000, points: int = 100_000) -> bytes:
    """Return a file's geometry as GLB: normalised (center 0, radius 1), y up, with at most so many faces or points."""
    shape = _normal(path)
    if isinstance(shape, Cloud):
        # Evenly from the whole list: scans are written in sweeps, and no part of one may vanish.
        return _points_glb(shape.points[:: max(1, -(-len(shape.points) // points))])
    light = simplify(shape, faces=faces)
    return MESH_WRITERS[".glb"](light.vertices, light.faces, light.colors)


def _bring(path: Path, target: Path, limits: Limits) -> None:
    bring_in(path, target, most_bytes=limits.upload_bytes)


def _normal(path: Path) -> Mesh | Cloud:
    shape = read_shape(path)
    if isinstance(shape, Mesh):
        return normalise(shape)
    return normalise(shape)


def _png(frames: UInt8[np.ndarray, "V H W 3"]) -> bytes:
    png = io.BytesIO()
    Image.fromarray(np.concatenate(list(frames), axis=1)).save(png, format="PNG")
    return png.getvalue()


def _points_glb(points: Float[np.ndarray, "N 3"]) -> bytes:
    turned = np.stack([points[:, 0], points[:, 2], 0.0 - points[:, 1]], axis=1).astype("<f4")
    binary = turned.tobytes()
    tree = {
        "accessors": [
            {
                "bufferView": 0,
                "componentType": 5126,
                "count": len(turned),
                "type": "VEC3",
                "max": turned.max(axis=0).tolist(),
                "min": turned.min(axis=0).tolist(),
            }
        ],
        "asset": {"generator": "maquette", "version": "2.0"},
        "bufferViews": [{"buffer": 0, "byteLength": len(binary), "byteOffset": 0, "target": 34962}],
        "buffers": [{"byteLength": len(binary)}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "mode": 0}]}],
        "nodes": [{"mesh": 0}],
        "scene": 0,
        "scenes": [{"nodes": [0]}],
    }
    text = json.dumps(tree, sort_keys=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    body = b"".join(
        struct.pack("<I4s", len(chunk), kind) + chunk for kind, chunk in ((b"JSON", text), (b"BIN\0", binary))
    )
    return struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body
