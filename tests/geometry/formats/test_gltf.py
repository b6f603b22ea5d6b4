from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh

from maquette.geometry.formats import gltf, gltf_write
from maquette.geometry.mesh import Mesh, read_mesh

Put = Callable[[str, bytes], Path]
Tree = dict[str, Any]


def glb(tree: Tree, binary: bytes) -> bytes:
    text = json.dumps(tree).encode()
    text += b" " * (-len(text) % 4)
    body = len(text).to_bytes(4, "little") + b"JSON" + text + len(binary).to_bytes(4, "little") + b"BIN\0" + binary
    return b"glTF" + (2).to_bytes(4, "little") + (12 + len(body)).to_bytes(4, "little") + body


POINTS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]], dtype="<f4")
CORNERS = np.array([0, 1, 2, 2, 1, 3], dtype="<u2")
BINARY = POINTS.tobytes() + CORNERS.tobytes()


def square(**changes: Any) -> Tree:
    """A unit square of two triangles; keyword arguments replace what stands at the top of the tree."""
    tree: Tree = {
        "asset": {"version": "2.0"},
        "buffers": [{"byteLength": len(BINARY)}],
        "bufferViews": [
            {"buffer": 0, "byteLength": 48},
            {"buffer": 0, "byteOffset": 48, "byteLength": 12},
        ],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 4, "type": "VEC3"},
            {"bufferView": 1, "componentType": 5123, "count": 6, "type": "SCALAR"},
        ],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "nodes": [{"mesh": 0}],
        "scene": 0,
        "scenes": [{"nodes": [0]}],
    }
    return {**tree, **changes}


def test_y_up_becomes_z_up_unless_told_otherwise(put: Put) -> None:
    path = put("a.glb", glb(square(), BINARY))
    mesh = read_mesh(path)
    assert mesh.vertices.tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 1], [1, 0, 1]]
    assert mesh.faces.tolist() == [[0, 1, 2], [2, 1, 3]]
    assert (mesh.notes["up"], mesh.notes["up_assumed"]) == ("y", True)
    assert read_mesh(path, up="z").vertices.tolist() == POINTS.tolist()


def test_text_with_its_buffer_inside(put: Put) -> None:
    uri = "data:application/octet-stream;base64," + base64.b64encode(BINARY).decode()
    tree = square(buffers=[{"byteLength": len(BINARY), "uri": uri}])
    mesh = read_mesh(put("a.gltf", json.dumps(tree).encode()), up="z")
    assert mesh.vertices.tolist() == POINTS.tolist()


def test_nodes_place_and_turn_and_the_unused_are_left_out(put: Put) -> None:
    half = 0.5**0.5
    nodes = [
        {"children": [1, 2], "translation": [10, 0, 0]},
        {"mesh": 0, "rotation": [0, 0, half, half], "scale": [2, 2, 2]},
        {"mesh": 0, "matrix": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 7, 1]},
        {"mesh": 0},
    ]
    mesh = read_mesh(put("a.glb", glb(square(nodes=nodes), BINARY)), up="z")
    # A quarter turn takes x to y and y to -x; then the parent's shift.
    expected = [[10, 0, 0], [10, 2, 0], [8, 0, 0], [8, 2, 0], [10, 0, 7], [11, 0, 7], [10, 1, 7], [11, 1, 7]]
    np.testing.assert_allclose(mesh.vertices, expected, atol=1e-12)
    assert mesh.notes["merged_parts"] == 2


def test_strips_fans_and_no_indices(put: Put) -> None:
    def faces(mode: int) -> list[list[int]]:
        tree = square(meshes=[{"primitives": [{"attributes": {"POSITION": 0}, "mode": mode}]}])
        found: list[list[int]] = read_mesh(put("a.glb", glb(tree, BINARY)), up="z").faces.tolist()
        return found

    assert faces(5) == [[0, 1, 2], [1, 3, 2]]
    assert faces(6) == [[0, 1, 2], [0, 2, 3]]


def test_colors_of_vertices_and_materials_are_light_not_curve(put: Put) -> None:
    tree = square(materials=[{"pbrMetallicRoughness": {"baseColorFactor": [1, 0.2158605, 0, 1]}}])
    tree["meshes"][0]["primitives"][0]["material"] = 0
    mesh = read_mesh(put("a.glb", glb(tree, BINARY)))
    # A light of 0.216 is half way up the sRGB curve.
    assert mesh.colors is not None and mesh.colors.tolist() == [[255, 128, 0]] * 2
    tree["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"] = {"index": 0}
    assert read_mesh(put("b.glb", glb(tree, BINARY))).colors is None


def test_sparse_and_strided_and_quantised_positions(put: Put) -> None:
    rows = np.zeros(4, dtype=[("p", "<i2", 3), ("pad", "<i2")])
    rows["p"] = POINTS * 100
    binary = rows.tobytes() + CORNERS.tobytes() + np.array([3], "<u2").tobytes() + np.array([9, 9, 9], "<i2").tobytes()
    tree = square(buffers=[{"byteLength": len(binary)}], extensionsRequired=["KHR_mesh_quantization"])
    tree["bufferViews"] = [
        {"buffer": 0, "byteLength": 32, "byteStride": 8},
        {"buffer": 0, "byteOffset": 32, "byteLength": 12},
        {"buffer": 0, "byteOffset": 44, "byteLength": 8},
    ]
    values = {"bufferView": 2, "byteOffset": 2}
    sparse = {"count": 1, "indices": {"bufferView": 2, "componentType": 5123}, "values": values}
    tree["accessors"][0] |= {"componentType": 5122, "sparse": sparse}
    mesh = read_mesh(put("a.glb", glb(tree, binary)), up="z")
    assert mesh.vertices.tolist() == [[0, 0, 0], [100, 0, 0], [0, 100, 0], [9, 9, 9]]


def test_agrees_with_another_writer(put: Put, prism: Mesh) -> None:
    scene = trimesh.Scene()
    box = trimesh.Trimesh(prism.vertices, prism.faces, process=False)
    turn = np.eye(4)
    turn[:3] = np.array([[0.6, -0.8, 0, 1], [0, 0, 1, 2], [-0.8, -0.6, 0, 3]])
    scene.add_geometry(box, node_name="a")
    scene.add_geometry(box, node_name="b", transform=turn)
    made = scene.export(file_type="glb")  # type: ignore[no-untyped-call] # trimesh leaves it untyped
    mesh = read_mesh(put("a.glb", made), up="z")
    expected = np.concatenate([prism.vertices, trimesh.transform_points(prism.vertices, turn)])
    np.testing.assert_allclose(mesh.vertices, expected, atol=1e-6)


def test_curve_and_light_are_inverse() -> None:
    steps = np.arange(256.0)[:, None].repeat(3, axis=1) / 255
    np.testing.assert_allclose(gltf.srgb_from_linear(gltf_write.linear_from_srgb(steps)), steps, atol=1e-7)


def _doubling() -> list[Tree]:
    return [{"children": [k + 1, k + 1]} for k in range(40)] + [{"mesh": 0}]


def _many(count: int) -> Tree:
    tree = square(nodes=[{"mesh": 0} for _ in range(9000)], scenes=[{"nodes": list(range(9000))}])
    tree["accessors"][1] = {"componentType": 5123, "count": count, "type": "SCALAR"}
    return tree


_WHOLE = glb(square(), BINARY)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"solid this is an STL", "not a GLB file: begins with 'solid this is an STL', expected 'glTF'"),
        (b"glTF\2\0\0\0", "truncated: 8 bytes, expected at least 20"),
        (b"glTF\1\0\0\0" + bytes(20), "GLB version 1, expected 2"),
        (_WHOLE[:-10], f"truncated: the header promises {len(_WHOLE)} bytes, the file has {len(_WHOLE) - 10}"),
        (_WHOLE[:12] + b"\xff\xff\xff\x7f" + _WHOLE[16:], "the chunk at byte 12 promises 2147483647 bytes, but"),
        (_WHOLE.replace(b"JSON", b"NOSJ"), "no JSON chunk"),
        (_WHOLE.replace(b'"asset"', b"'asset'"), "damaged JSON: Expecting property name"),
        (glb({"a": 1}, b""), "the JSON is no glTF"),
        (glb(square(buffers=[{"byteLength": 60, "uri": "secret.bin"}]), BINARY), "buffers[0] refers to 'secret.bin'"),
        (glb(square(buffers=[{"byteLength": 60, "uri": "file:///etc/passwd"}]), BINARY), "only data: URIs are read"),
        (glb(square(images=[{"uri": "http://example.org/a.png"}]), BINARY), "images[0] refers to 'http://example.org"),
        (glb(square(buffers=[{"byteLength": 61}]), BINARY), "truncated: buffers[0] promises 61 bytes and holds 60"),
        (glb(square(bufferViews=[{"buffer": 0, "byteLength": 99}]), BINARY), "bufferViews[0] ends at byte 99 of a buf"),
        (
            glb(square(bufferViews=[{"buffer": 3, "byteLength": 9}]), BINARY),
            "buffers[3] does not exist: the file has 1",
        ),
        (glb(square(accessors=[]), BINARY), "accessors[0] does not exist: the file has 0"),
        (glb(square(nodes=[{"children": [0], "mesh": 0}]), BINARY), "nodes[0]: a cycle, or more than 64 levels"),
        (glb(square(nodes=_doubling()), BINARY), "or 10000 nodes"),
        (glb(_many(3000), BINARY), "9000000 faces of 36000 vertices in 9000 placed meshes, expected at most 5000000"),
        (glb(square(nodes=[{"mesh": 5}]), BINARY), "meshes[5] does not exist"),
        (glb(square(nodes=[{"mesh": 0, "scale": [1, 2]}]), BINARY), "nodes[0].scale: expected 3 finite numbers"),
        (glb(square(nodes=[]) | {"meshes": []}, BINARY), "no triangles in the scene (0 primitives"),
        (glb(square(extensionsRequired=["KHR_draco_mesh_compression"]), BINARY), "needs the extension KHR_draco_mesh"),
        (glb(square(), BINARY[:48] + b"\7\0" * 6), "face 0 of a primitive refers to vertex 7: expected 0 to 3"),
        (glb(square(), BINARY[:12] + b"\xff" * 4 + BINARY[16:]), "1 of 4 vertices are not finite"),
    ],
)
def test_hostile(refused: Callable[[str, bytes], str], data: bytes, reason: str) -> None:
    assert reason in refused("a.glb", data)


def test_hostile_text(refused: Callable[[str, bytes], str]) -> None:
    assert "nested too deeply" in refused("a.gltf", b"[" * 200_000)
    assert "damaged JSON" in refused("b.gltf", b"a text file\n")
    tree = square(buffers=[{"byteLength": 60, "uri": "data:;base64,@@@@"}])
    assert "buffers[0]: damaged base64" in refused("c.gltf", json.dumps(tree).encode())
    assert "buffers[0] holds no data" in refused("d.gltf", json.dumps(square()).encode())


def test_accessor_longer_than_its_view(refused: Callable[[str, bytes], str]) -> None:
    tree = square()
    tree["accessors"][0]["count"] = 5
    assert "accessors[0] promises 5 rows (60 bytes), but bufferViews[0] has 48 bytes" in refused(
        "a.glb", glb(tree, BINARY)
    )
    tree["accessors"][0]["count"] = 4_000_000_000
    assert "4000000000 vertices" in refused("b.glb", glb(tree, BINARY))
