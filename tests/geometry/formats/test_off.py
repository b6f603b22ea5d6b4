from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import trimesh

from maquette.geometry.formats import off
from maquette.geometry.mesh import Mesh, read_mesh

Put = Callable[[str, bytes], Path]


@pytest.mark.parametrize(
    "text",
    [
        "OFF\n4 2 0\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n3 0 1 2\n3 0 2 3\n",
        "OFF4 2 0\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n3 0 1 2\n3 0 2 3",
        "OFF 4 2 0\r\n0 0 0\r\n1 0 0\r\n1 1 0\r\n0 1 0\r\n3 0 1 2\r\n3 0 2 3\r\n",
        "# a square\nOFF # magic\n\n4 1 0 # counts\n0 0 0\n1 0 0\n\n1 1 0\n0 1 0\n# the face\n4 0 1 2 3\n",
        "off\n4 1\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n4 0 1 2 3\n",
    ],
)
def test_header_in_every_dress_gives_the_unit_square(put: Put, text: str) -> None:
    mesh = read_mesh(put("a.off", text.encode()))
    assert mesh.vertices.tolist() == [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]
    assert mesh.faces.tolist() == [[0, 1, 2], [0, 2, 3]]
    assert mesh.colors is None


def test_colors_behind_faces_as_bytes_and_fractions(put: Put) -> None:
    body = "OFF\n4 2 0\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n3 0 1 2 {}\n3 0 2 3 {}\n"
    mesh = read_mesh(put("a.off", body.format("255 0 10 255", "0 128 0 255").encode()))
    assert mesh.colors is not None and mesh.colors.tolist() == [[255, 0, 10], [0, 128, 0]]
    mesh = read_mesh(put("b.off", body.format("1 0 0.2", "0 0.5 0").encode()))
    assert mesh.colors is not None and mesh.colors.tolist() == [[255, 0, 51], [0, 128, 0]]


def test_colors_of_vertices_are_averaged(put: Put) -> None:
    data = b"COFF\n3 1 0\n0 0 0 255 0 0 255\n1 0 0 0 255 0 255\n0 1 0 0 0 255 255\n3 0 1 2\n"
    mesh = read_mesh(put("a.off", data))
    assert mesh.colors is not None and mesh.colors.tolist() == [[85, 85, 85]]


def test_polygons_of_two_corners_are_counted_as_dropped(put: Put) -> None:
    mesh = read_mesh(put("a.off", b"OFF\n4 3 0\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n2 0 1\n4 0 1 2 3\n3 0 0 1\n"))
    assert len(mesh.faces) == 2
    assert mesh.notes["dropped_faces"] == 2


def test_other_readers_understand_what_is_written(prism: Mesh) -> None:
    loaded = trimesh.load_mesh(io.BytesIO(off.write(prism.vertices, prism.faces, prism.colors)), file_type="off")
    np.testing.assert_array_equal(loaded.triangles, prism.vertices[prism.faces])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"hello world, this is text\n", "begins with 'hello world, this is tex', expected 'OFF'"),
        (b"OFF\n", "no counts after 'OFF'"),
        (b"OFF\n3\n", "line 2: '3', expected the numbers"),
        (b"OFF\n3 x 0\n", "line 2: 'x' where a whole number"),
        (b"OFF\n-3 1 0\n0 0 0\n", "line 2 promises -3 vertices"),
        (b"OFF\n3 0 0\n0 0 0\n1 0 0\n0 1 0\n", "line 2 promises 3 vertices and 0 faces"),
        (b"OFF\n900000000 5 0\n0 0 0\n", "promises 900000000 vertices and 5 faces: too many for a file of 24 bytes"),
        (b"OFF\n3 3 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2 255 255 255\n", "3 vertices and 3 faces, but only 4 lines follow"),
        (b"OFF\n3 1 0\n0 0 0\n1 zero 0\n0 1 0\n3 0 1 2\n", "line 4: 'zero' where a number was expected"),
        (b"OFF\n3 1 0\n0 0 0\n1 0\n0 1 0\n3 0 1 2\n", "line 4: 2 values ('1 0'), expected at least 3"),
        (b"OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1\n", "line 6: '3 0 1', expected a count of corners"),
        (b"OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 3\n", "face 0 (counted from 0) refers to vertex 3: expected 0 to 2"),
        (b"OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 -1\n", "refers to vertex -1: expected 0 to 2"),
        (b"OFF\n3 1 0\n0 0 0\nnan 0 0\n0 1 0\n3 0 1 2\n", "1 of 3 vertices are not finite, the first is number 1"),
        (b"OFF\n3 1 0\n0 0 0\n1 0 0\n2 0 0\n3 0 1 2\n", "all 1 faces are degenerate"),
        (b"OFF\n3 1 0\n0 0 0\n1e300 0 0\n2 0 0\n3 0 1 2\n", "number 1 is at [1e+300, 0.0, 0.0]"),
        (b"OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 99999999999999999999\n", "line 6: 99999999999999999999 is beyond"),
    ],
)
def test_hostile(refused: Callable[[str, bytes], str], data: bytes, reason: str) -> None:
    assert reason in refused("a.off", data)
