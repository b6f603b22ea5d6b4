"""Sound files of every format that is read, small and all different, to be attacked, mutated, and accepted."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image

from maquette.geometry.formats import CLOUD_WRITERS, MESH_WRITERS

__all__ = ["MODALITY", "VALID", "box", "gltf_json", "make_glb"]


def box(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and faces of a box whose sides depend on the number."""
    sides = 0.5 + np.random.default_rng(number).random(3) * 4
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], dtype=np.float64) * sides
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    return corners, np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))], dtype=np.int64)


def _written(suffix: str) -> Callable[[int], bytes]:
    return lambda number: MESH_WRITERS[suffix](*box(number), None)


def _cloud(suffix: str) -> Callable[[int], bytes]:
    return lambda number: CLOUD_WRITERS[suffix](np.random.default_rng(number).normal(size=(60, 3)) * (3, 2, 1))


def _ascii_stl(number: int) -> bytes:
    vertices, faces = box(number)
    lines = ["solid box"]
    for face in faces:
        lines += ["facet normal 0 0 1", "outer loop"]
        lines += ["vertex " + " ".join(map(repr, vertices[corner].tolist())) for corner in face]
        lines += ["endloop", "endfacet"]
    return "\n".join([*lines, "endsolid box", ""]).encode()


def _ascii_ply(number: int) -> bytes:
    vertices, faces = box(number)
    head = (
        f"ply\nformat ascii 1.0\nelement vertex {len(vertices)}\nproperty float x\nproperty float y\nproperty float z\n"
        f"element face {len(faces)}\nproperty list uchar int vertex_indices\nend_header\n"
    )
    rows = [" ".join(map(repr, vertex)) for vertex in vertices.tolist()]
    rows += ["3 " + " ".join(map(str, face)) for face in faces.tolist()]
    return (head + "\n".join(rows) + "\n").encode()


def gltf_json(number: int = 0) -> dict[str, object]:
    """A glTF tree with its buffer as a data: URI, ready to be spoilt."""
    glb = _written(".glb")(number)
    size = int.from_bytes(glb[12:16], "little")
    tree: dict[str, object] = json.loads(glb[20 : 20 + size])
    binary = glb[28 + size :]
    uri = "data:application/octet-stream;base64," + base64.b64encode(binary).decode()
    tree["buffers"] = [{"byteLength": len(binary), "uri": uri}]
    return tree


def make_glb(tree: Mapping[str, object], binary: bytes = b"") -> bytes:
    """A GLB of any JSON and any binary chunk."""
    text = json.dumps(tree).encode()
    text += b" " * (-len(text) % 4)
    chunks = len(text).to_bytes(4, "little") + b"JSON" + text
    if binary:
        chunks += len(binary).to_bytes(4, "little") + b"BIN\0" + binary
    return b"glTF" + (2).to_bytes(4, "little") + (12 + len(chunks)).to_bytes(4, "little") + chunks


def _picture(kind: str) -> Callable[[int], bytes]:
    def made(number: int) -> bytes:
        rng = np.random.default_rng(number)
        pixels = np.full((24 + number % 9, 32, 3), 255, dtype=np.uint8)
        pixels[5:18, 6:25] = rng.integers(0, 200, 3)
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, format=kind)
        return stream.getvalue()

    return made


VALID: Mapping[str, tuple[str, Callable[[int], bytes]]] = {
    "OFF": (".off", _written(".off")),
    "OBJ": (".obj", _written(".obj")),
    "STL ascii": (".stl", _ascii_stl),
    "STL binary": (".stl", _written(".stl")),
    "PLY ascii": (".ply", _ascii_ply),
    "PLY binary": (".ply", _written(".ply")),
    "GLB": (".glb", _written(".glb")),
    "glTF": (".gltf", lambda number: json.dumps(gltf_json(number)).encode()),
    "3MF": (".3mf", _written(".3mf")),
    "NPY": (".npy", _cloud(".npy")),
    "XYZ": (".xyz", _cloud(".xyz")),
    "PNG": (".png", _picture("PNG")),
    "JPEG": (".jpg", _picture("JPEG")),
    "WebP": (".webp", _picture("WEBP")),
}
"""Format: its ending, and a maker of sound files by number."""

MODALITY = dict.fromkeys((".off", ".obj", ".stl", ".ply", ".glb", ".gltf", ".3mf"), "mesh")
MODALITY |= {".npy": "pointcloud", ".xyz": "pointcloud", ".png": "image", ".jpg": "image", ".webp": "image"}
