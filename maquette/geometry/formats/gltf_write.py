"""Writing a mesh as GLB: one mesh, one primitive, y up as the format wants it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Shaped, UInt8

__all__ = ["linear_from_srgb", "write"]


def write(
    vertices: Float[np.ndarray, "P 3"], faces: Int[np.ndarray, "F 3"], colors: UInt8[np.ndarray, "F 3"] | None
) -> bytes:
    """A GLB file of a mesh with z up, turned to y up; coordinates are rounded to float32.

    The format keeps colors at vertices: a vertex between faces of different colors is written once for each.
    """
    arrays: dict[str, Shaped[np.ndarray, "..."]] = {}
    if colors is not None:
        corners = np.concatenate([faces.reshape(-1, 1), np.repeat(colors, 3, axis=0).astype(np.int64)], axis=1)
        split, numbers = np.unique(corners, axis=0, return_inverse=True)
        faces = numbers.reshape(-1, 3)
        vertices = vertices[split[:, 0]]
        arrays["COLOR_0"] = linear_from_srgb(split[:, 1:] / 255.0).astype("<f4")
    turned = np.stack([vertices[:, 0], vertices[:, 2], 0.0 - vertices[:, 1]], axis=1).astype("<f4")
    arrays = {"POSITION": turned, **arrays, "indices": faces.reshape(-1).astype("<u4")}
    accessors: list[dict[str, Any]] = []
    views: list[dict[str, Any]] = []
    binary = b""
    for name, array in arrays.items():
        index = name == "indices"
        views.append({"buffer": 0, "byteLength": array.nbytes, "byteOffset": len(binary), "target": 34962 + index})
        accessors.append(
            {
                "bufferView": len(views) - 1,
                "componentType": 5125 if index else 5126,
                "count": len(array),
                "type": "SCALAR" if index else "VEC3",
            }
        )
        binary += array.tobytes()
    accessors[0] |= {"max": turned.max(axis=0).tolist(), "min": turned.min(axis=0).tolist()}
    attributes = {name: number for number, name in enumerate(arrays) if name != "indices"}
    tree = {
        "accessors": accessors,
        "asset": {"generator": "maquette", "version": "2.0"},
        "bufferViews": views,
        "buffers": [{"byteLength": len(binary)}],
        "meshes": [{"primitives": [{"attributes": attributes, "indices": len(arrays) - 1, "mode": 4}]}],
        "nodes": [{"mesh": 0}],
        "scene": 0,
        "scenes": [{"nodes": [0]}],
    }
    text = json.dumps(tree, sort_keys=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    body = _chunk(b"JSON", text) + _chunk(b"BIN\0", binary)
    return b"glTF" + (2).to_bytes(4, "little") + (12 + len(body)).to_bytes(4, "little") + body


def _chunk(kind: bytes, content: bytes) -> bytes:
    assert len(content) % 4 == 0, "chunks of a GLB are padded to four bytes"
    return len(content).to_bytes(4, "little") + kind + content


def linear_from_srgb(srgb: Float[np.ndarray, "R 3"]) -> Float[np.ndarray, "R 3"]:
    """Light from the sRGB curve, 0 to 1: what glTF stores."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
