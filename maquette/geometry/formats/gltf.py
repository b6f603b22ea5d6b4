"""glTF 2.0, binary (.glb) and self-contained text (.gltf): the scene's triangles, placed.

Nothing outside the file is ever opened: a buffer or image that refers anywhere but to a `data:` URI is refused, and
images are not decoded. How numbers lie in the buffers is in `gltf_buffers`; writing is in `gltf_write`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from maquette.geometry.formats import text
from maquette.geometry.formats.gltf_buffers import Buffers, entry, number_list, whole
from maquette.geometry.formats.parsed import MAX_FLAT_FACES, MAX_PLACEMENTS, Fault, Parsed, corner_colors

__all__ = ["parse_glb", "parse_gltf", "srgb_from_linear"]

_Json = dict[str, Any]
_MAX_DEPTH = 64
_MOVES = frozenset({"matrix", "rotation", "scale", "translation"})
# Geometry packed by these cannot be read without them; every other extension changes only looks.
_PACKED = frozenset({"KHR_draco_mesh_compression", "EXT_meshopt_compression", "EXT_mesh_gpu_instancing"})


def parse_glb(data: bytes) -> Parsed:
    """The triangles of a GLB file's scene."""
    if data[:4] != b"glTF":
        raise Fault(f"not a GLB file: begins with {text.beginning(data)}, expected 'glTF'")
    if len(data) < 20:
        raise Fault(f"truncated: {len(data)} bytes, expected at least 20 for the headers of a GLB")
    version, length = int.from_bytes(data[4:8], "little"), int.from_bytes(data[8:12], "little")
    if version != 2:
        raise Fault(f"GLB version {version}, expected 2")
    if length > len(data):
        raise Fault(f"truncated: the header promises {length} bytes, the file has {len(data)}")
    chunks: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= length:
        size, kind = int.from_bytes(data[at : at + 4], "little"), data[at + 4 : at + 8]
        if at + 8 + size > length:
            raise Fault(f"the chunk at byte {at} promises {size} bytes, but {length - at - 8} are left")
        chunks.setdefault(kind, data[at + 8 : at + 8 + size])
        at += 8 + size
    if b"JSON" not in chunks:
        raise Fault("no JSON chunk in the GLB")
    return _scene(_tree(chunks[b"JSON"]), chunks.get(b"BIN\0"))


def parse_gltf(data: bytes) -> Parsed:
    """The triangles of a glTF file's scene; its buffers must be inside the file."""
    return _scene(_tree(data), None)


def _tree(data: bytes) -> _Json:
    try:
        tree = json.loads(data)
    except RecursionError:
        raise Fault("the JSON is nested too deeply") from None
    except ValueError as error:
        raise Fault(f"damaged JSON: {str(error).splitlines()[0]}") from None
    if not isinstance(tree, dict) or "asset" not in tree:
        raise Fault("the JSON is no glTF: expected an object with 'asset'")
    packed = _PACKED.intersection(tree.get("extensionsRequired") or ())
    if packed:
        raise Fault(f"needs the extension {min(packed)}, which is not read: export the file without it")
    for kind in ("buffers", "images"):
        for number, item in enumerate(tree.get(kind) or ()):
            uri = item.get("uri") if isinstance(item, dict) else None
            if uri is not None and not str(uri).startswith("data:"):
                raise Fault(f"{kind}[{number}] refers to {str(uri)[:40]!r}: only data: URIs are read, embed it")
    return tree


def _scene(tree: _Json, binary: bytes | None) -> Parsed:
    buffers = Buffers(tree, binary)
    placed = list(_placed(tree))
    _check_budget(tree, [mesh for mesh, _ in placed])
    vertices: list[Float[np.ndarray, "P 3"]] = []
    faces: list[Int[np.ndarray, "F 3"]] = []
    colors: list[Float[np.ndarray, "P 3"] | None] = []
    skipped = offset = 0
    for mesh, matrix in placed:
        for primitive in entry(tree, "meshes", mesh).get("primitives") or ():
            if primitive.get("mode", 4) not in (4, 5, 6):
                skipped += 1
                continue
            points = buffers.read(whole(primitive.get("attributes", {}), "POSITION"), width=3)
            vertices.append(points @ matrix[:3, :3].T + matrix[:3, 3])
            faces.append(_triangles(buffers, primitive, len(points)) + offset)
            colors.append(_colors(tree, buffers, primitive, len(points)))
            offset += len(points)
    if not faces:
        raise Fault(f"no triangles in the scene ({skipped} primitives of points or lines)")
    notes: dict[str, str | int | float | bool] = {}
    if len(faces) > 1:
        notes["merged_parts"] = len(faces)
    if skipped:
        notes["ignored_primitives"] = skipped
    all_faces = np.concatenate(faces)
    painted = None
    if any(color is not None for color in colors):
        white = (np.ones((len(points), 3)) for points in vertices)
        linear = np.concatenate([one if one is not None else blank for one, blank in zip(colors, white, strict=True)])
        painted = corner_colors(all_faces, srgb_from_linear(linear) * 255.0)
    return Parsed(np.concatenate(vertices), all_faces, painted, notes)


def _placed(tree: _Json) -> Iterator[tuple[int, Float[np.ndarray, "4 4"]]]:
    """Every mesh of the scene with its placement; a scene that never ends is a Fault."""
    nodes = tree.get("nodes") or []
    if not nodes:
        yield from ((number, np.eye(4)) for number in range(len(tree.get("meshes") or ())))
        return
    if tree.get("scenes"):
        roots = number_list(entry(tree, "scenes", tree.get("scene", 0)), "nodes")
    else:
        children = {child for node in nodes for child in number_list(node, "children")}
        roots = [number for number in range(len(nodes)) if number not in children]
    stack = [(number, np.eye(4), 1) for number in reversed(roots)]
    visits = 0
    while stack:
        number, above, depth = stack.pop()
        visits += 1
        if depth > _MAX_DEPTH or visits > MAX_PLACEMENTS:
            raise Fault(f"nodes[{number}]: a cycle, or more than {_MAX_DEPTH} levels or {MAX_PLACEMENTS} nodes")
        node = entry(tree, "nodes", number)
        matrix = above @ _matrix(node, number) if _MOVES & node.keys() else above
        if "mesh" in node:
            yield whole(node, "mesh"), matrix
        stack.extend((child, matrix, depth + 1) for child in reversed(number_list(node, "children")))


def _matrix(node: _Json, number: int) -> Float[np.ndarray, "4 4"]:
    def vector(key: str, default: list[float]) -> Float[np.ndarray, "W"]:
        values = np.array(node.get(key, default), dtype=np.float64)
        if values.shape != (len(default),) or not np.isfinite(values).all():
            raise Fault(f"nodes[{number}].{key}: expected {len(default)} finite numbers")
        return values

    if "matrix" in node:
        return vector("matrix", [0.0] * 16).reshape(4, 4).T
    x, y, z, w = vector("rotation", [0.0, 0.0, 0.0, 1.0])
    rotation = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    matrix = np.eye(4)
    matrix[:3, :3] = rotation * vector("scale", [1.0, 1.0, 1.0])
    matrix[:3, 3] = vector("translation", [0.0, 0.0, 0.0])
    return matrix


def _check_budget(tree: _Json, meshes: list[int]) -> None:
    """Counts the faces and vertices of all instances before any is written out."""
    faces = vertices = 0
    for mesh in meshes:
        for primitive in entry(tree, "meshes", mesh).get("primitives") or ():
            points = whole(entry(tree, "accessors", primitive.get("attributes", {}).get("POSITION")), "count")
            corners = points
            if "indices" in primitive:
                corners = whole(entry(tree, "accessors", primitive["indices"]), "count")
            faces += corners // 3 if primitive.get("mode", 4) == 4 else corners
            vertices += points
    if faces > MAX_FLAT_FACES or vertices > 3 * MAX_FLAT_FACES:
        raise Fault(
            f"{faces} faces of {vertices} vertices in {len(meshes)} placed meshes, "
            f"expected at most {MAX_FLAT_FACES} faces"
        )


def _triangles(buffers: Buffers, primitive: _Json, vertex_count: int) -> Int[np.ndarray, "F 3"]:
    if "indices" in primitive:
        corners = buffers.read(whole(primitive, "indices"), width=1)[:, 0].astype(np.int64)
        outside = np.flatnonzero((corners < 0) | (corners >= vertex_count))
        if outside.size:
            raise Fault(
                f"face {outside[0] // 3} of a primitive refers to vertex {corners[outside[0]]}: "
                f"expected 0 to {vertex_count - 1}"
            )
    else:
        corners = np.arange(vertex_count)
    mode = primitive.get("mode", 4)
    if mode == 4:
        if len(corners) % 3:
            raise Fault(f"{len(corners)} corners in a primitive of triangles: expected a multiple of 3")
        return corners.reshape(-1, 3)
    step = np.arange(max(len(corners) - 2, 0))
    if mode == 6:
        return np.stack([corners[np.zeros_like(step)], corners[step + 1], corners[step + 2]], axis=1)
    # A strip turns every second triangle round.
    odd = step % 2
    return np.stack([corners[step], corners[step + 1 + odd], corners[step + 2 - odd]], axis=1)


def _colors(tree: _Json, buffers: Buffers, primitive: _Json, vertex_count: int) -> Float[np.ndarray, "P 3"] | None:
    """Linear RGB a vertex, from the vertices times the material; None where the file gives neither."""
    factor = None
    if "material" in primitive:
        surface = entry(tree, "materials", primitive["material"]).get("pbrMetallicRoughness") or {}
        # Under a texture the factor says nothing about the color that is seen.
        if "baseColorFactor" in surface and "baseColorTexture" not in surface:
            factor = np.array(surface["baseColorFactor"], dtype=np.float64)[:3]
    accessor = primitive.get("attributes", {}).get("COLOR_0")
    if accessor is None:
        return None if factor is None else np.tile(factor, (vertex_count, 1))
    colors = buffers.read(accessor, width=3, unit=True)
    if len(colors) != vertex_count:
        raise Fault(f"{len(colors)} colors for {vertex_count} vertices in a primitive")
    return colors if factor is None else colors * factor


def srgb_from_linear(linear: Float[np.ndarray, "P 3"]) -> Float[np.ndarray, "P 3"]:
    """The sRGB transfer curve, 0 to 1: glTF stores light, image files and screens store its curve."""
    clipped = np.clip(np.nan_to_num(linear), 0.0, 1.0)
    curve: Float[np.ndarray, "P 3"] = np.where(
        clipped <= 0.0031308, clipped * 12.92, 1.055 * clipped ** (1 / 2.4) - 0.055
    )
    return curve
