from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import trimesh

from maquette.geometry.formats import ply
from maquette.geometry.mesh import Cloud, Mesh, read_cloud, read_mesh, read_shape

Put = Callable[[str, bytes], Path]
_AXES = "property float x\nproperty float y\nproperty float z\n"
_LIST = "property list uchar int vertex_indices\n"


def _ascii(vertices: int, faces: int, body: str, *, extra: str = "", behind: str = "") -> bytes:
    return (
        f"ply\nformat ascii 1.0\ncomment by hand\nelement vertex {vertices}\n{_AXES}{extra}"
        f"element face {faces}\n{_LIST}{behind}end_header\n{body}"
    ).encode()


def _binary(order: str, vertices: list[list[float]], faces: bytes, count: int) -> bytes:
    name = {"<": "binary_little_endian", ">": "binary_big_endian"}[order]
    head = f"ply\nformat {name} 1.0\nelement vertex {len(vertices)}\n{_AXES}element face {count}\n{_LIST}end_header\n"
    return head.encode() + np.array(vertices, dtype=order + "f4").tobytes() + faces


_FIVE: list[list[float]] = [[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [2, 2, 2]]


@pytest.mark.parametrize("order", ["<", ">"])
def test_binary_of_mixed_polygons(put: Put, order: str) -> None:
    # trimesh 5.2 refuses this valid file: "PLY is unexpected length!".
    faces = struct.pack(order + "B4i", 4, 0, 1, 2, 3) + struct.pack(order + "B3i", 3, 0, 1, 4)
    mesh = read_mesh(put("a.ply", _binary(order, _FIVE, faces, 2)))
    assert mesh.vertices.tolist() == _FIVE
    assert mesh.faces.tolist() == [[0, 1, 2], [0, 2, 3], [0, 1, 4]]


def test_ascii_of_mixed_polygons_agrees_with_binary(put: Put) -> None:
    mesh = read_mesh(put("a.ply", _ascii(5, 2, "0 0 0\n1 0 0\n1 1 0\n0 1 0\n2 2 2\n4 0 1 2 3\n3 0 1 4\n")))
    assert mesh.faces.tolist() == [[0, 1, 2], [0, 2, 3], [0, 1, 4]]


def test_colors_of_faces_and_of_vertices(put: Put) -> None:
    rgb = "property uchar red\nproperty uchar green\nproperty uchar blue\n"
    data = _ascii(3, 1, "0 0 0\n1 0 0\n0 1 0\n3 0 1 2 9 8 7\n", behind=rgb)
    mesh = read_mesh(put("a.ply", data))
    assert mesh.colors is not None and mesh.colors.tolist() == [[9, 8, 7]]
    data = _ascii(3, 1, "0 0 0 30 0 0\n1 0 0 0 30 0\n0 1 0 0 0 30\n3 0 1 2\n", extra=rgb)
    mesh = read_mesh(put("b.ply", data))
    assert mesh.colors is not None and mesh.colors.tolist() == [[10, 10, 10]]


def test_elements_that_mean_nothing_here_are_stepped_over(put: Put) -> None:
    head = (
        "ply\nformat binary_little_endian 1.0\nelement camera 2\nproperty list uchar short path\nproperty double f\n"
        f"element vertex 3\n{_AXES}property float quality\nelement face 1\nproperty uchar flags\n{_LIST}"
        "property list uchar float texcoord\nend_header\n"
    )
    camera = struct.pack("<B2hd", 2, 5, 6, 0.5) + struct.pack("<Bd", 0, 1.5)
    vertices = struct.pack("<12f", 0, 0, 0, 9, 1, 0, 0, 9, 0, 1, 0, 9)
    face = struct.pack("<BB3iB6f", 1, 3, 0, 1, 2, 6, *[0.0] * 6)
    mesh = read_mesh(put("a.ply", head.encode() + camera + vertices + face))
    assert mesh.vertices[mesh.faces].tolist() == [[[0, 0, 0], [1, 0, 0], [0, 1, 0]]]


def test_points_only_are_a_cloud(put: Put) -> None:
    head = f"ply\nformat ascii 1.0\nelement vertex 2\n{_AXES}end_header\n1 2 3\n4 5 6\n"
    shape = read_shape(put("a.ply", head.encode()))
    assert isinstance(shape, Cloud) and shape.points.tolist() == [[1, 2, 3], [4, 5, 6]]
    # Faces promised, but none of them: the same.
    cloud = read_cloud(put("b.ply", _ascii(2, 0, "1 2 3\n4 5 6\n")))
    assert cloud.points.tolist() == [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize("encoding", ["ascii", "binary"])
def test_agrees_with_another_writer(put: Put, prism: Mesh, encoding: str) -> None:
    made = trimesh.Trimesh(prism.vertices, prism.faces, face_colors=prism.colors, process=False)
    exported = made.export(file_type="ply", encoding=encoding)
    assert isinstance(exported, bytes)
    mesh = read_mesh(put("a.ply", exported))
    np.testing.assert_array_equal(mesh.vertices, prism.vertices)
    np.testing.assert_array_equal(mesh.faces, prism.faces)
    np.testing.assert_array_equal(mesh.colors, prism.colors)


def test_other_readers_understand_what_is_written(prism: Mesh) -> None:
    data = ply.write(prism.vertices, prism.faces, prism.colors)
    loaded = trimesh.load_mesh(io.BytesIO(data), file_type="ply", process=False)
    np.testing.assert_array_equal(loaded.triangles, prism.vertices[prism.faces])
    assert isinstance(loaded.visual, trimesh.visual.ColorVisuals)
    np.testing.assert_array_equal(loaded.visual.face_colors[:, :3], prism.colors)


_GOOD = "0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n"
_SHORT = _binary("<", _FIVE, struct.pack("<B3i", 3, 0, 1, 2), 1)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"this is a letter, not a mesh\n", "begins with 'this is a letter, not a ', expected 'ply'"),
        (b"ply\nformat ascii 1.0\n", "the header has no 'end_header' in 2 lines"),
        (b"ply\nelement vertex many\nend_header\n", "line 2: count 'many', expected a whole number"),
        (b"ply\nformat ascii 1.0\nnonsense here\nend_header\n", "line 3: 'nonsense here' is no header line"),
        (b"ply\nformat martian 1.0\nend_header\n", "format 'martian' in the header, expected one of ascii"),
        (b"ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nend_header\n0\n", "properties x, y and z"),
        (_ascii(3, 1, _GOOD, extra="property float x\n"), "names property 'x' of vertex twice"),
        (_ascii(0, 0, ""), "the header promises 0 vertices"),
        (_ascii(10**9, 1, _GOOD), "promises 1000000000 x vertex (at least 6000000000 bytes), but 26 bytes follow"),
        (_ascii(3, 3, _GOOD), "the header promises 3 x face, but only 1 lines are left"),
        (_ascii(3, 1, _GOOD.replace("3 0", "4 0")), "line 14: '4 0 1 2' is too short for face.vertex_indices"),
        (_ascii(3, 1, _GOOD.replace("1 2", "1 7")), "face 0 (counted from 0) refers to vertex 7: expected 0 to 2"),
        (_ascii(3, 1, _GOOD.replace("1 2", "1 -2")), "refers to vertex -2: expected 0 to 2"),
        (_ascii(3, 1, _GOOD.replace("1 2", "1 1.5")), "'vertex_indices' holds values that are no whole numbers"),
        (_ascii(3, 1, _GOOD.replace("1 0 0", "nan 0 0")), "1 of 3 vertices are not finite, the first is number 1"),
        (_ascii(3, 1, _GOOD.replace("1 0 0", "one 0 0")), "line 12: 'one' where a number was expected"),
        (_SHORT[:-5], "the header promises 1 x face, the file ends in number 0"),
        (_SHORT[:-40], "promises 5 x vertex (at least 60 bytes), but 33 bytes follow"),
        (_SHORT[:-13] + struct.pack("<B3i", 200, 0, 1, 2), "truncated: the header promises 1 x face"),
    ],
)
def test_hostile(refused: Callable[[str, bytes], str], data: bytes, reason: str) -> None:
    assert reason in refused("a.ply", data)
