from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import trimesh

from maquette.geometry.formats import obj
from maquette.geometry.mesh import Mesh, read_mesh

Put = Callable[[str, bytes], Path]


def test_all_kinds_of_corners_and_a_quad(put: Put) -> None:
    data = b"o a\nv 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nvn 0 0 1\nvt 0 0\nf 1/1/1 2//1 3/1 4\n"
    mesh = read_mesh(put("a.obj", data))
    assert mesh.faces.tolist() == [[0, 1, 2], [0, 2, 3]]


def test_negative_numbers_count_back_from_their_own_line(put: Put) -> None:
    # trimesh 5.2 takes both faces from the end of the file, without a word.
    data = b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf -3 -2 -1\no b\nv 5 0 0\nv 6 0 0\nv 5 1 0\nf -3 -2 -1\n"
    mesh = read_mesh(put("a.obj", data))
    assert mesh.vertices[mesh.faces][:, 0].tolist() == [[0, 0, 0], [5, 0, 0]]


def test_a_line_that_goes_on_and_a_face_before_its_vertices(put: Put) -> None:
    mesh = read_mesh(put("a.obj", b"f 1 2 \\\n 3\nv 0 0 0\nv 1 \\\n0 0\nv 0 1 0\n"))
    assert mesh.vertices[mesh.faces].tolist() == [[[0, 0, 0], [1, 0, 0], [0, 1, 0]]]


def test_colors_of_vertices(put: Put) -> None:
    mesh = read_mesh(put("a.obj", b"v 0 0 0 1 0 0\nv 1 0 0 1 0 0\nv 0 1 0 1 0 0\nf 1 2 3\n"))
    assert mesh.colors is not None and mesh.colors.tolist() == [[255, 0, 0]]


def test_materials_are_never_opened(put: Put, tmp_path: Path) -> None:
    # A directory of that name would make any attempt to open it an error.
    (tmp_path / "secret.mtl").mkdir()
    mesh = read_mesh(put("a.obj", b"mtllib secret.mtl\nusemtl x\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"))
    assert mesh.notes["ignored_materials"] is True
    assert mesh.colors is None


def test_other_readers_understand_what_is_written(prism: Mesh) -> None:
    loaded = trimesh.load_mesh(io.BytesIO(obj.write(prism.vertices, prism.faces, None)), file_type="obj")
    np.testing.assert_array_equal(loaded.triangles, prism.vertices[prism.faces])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"# nothing here\n", "no vertices: expected lines like 'v 0.5 1 0'"),
        (b"just a letter to a friend\n", "no vertices"),
        (b"v 0 0 0\nv 1 0 0\nv 0 1 0\n", "3 vertices but no faces"),
        (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 9\n", "refers to vertex 8: expected 0 to 2"),
        (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 0 1 2\n", "line 4: vertex number 0, expected 1 or more"),
        (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 -9\n", "line 4: vertex number -9"),
        (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2\n", "line 4: a face of 2 corners"),
        (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 c\n", "line 4: 'c' where a whole number"),
        (b"v 0 0 0\nv 1 0\nv 0 1 0\nf 1 2 3\n", "line 2: 2 values"),
        (b"v 0 0 0\nv inf 0 0\nv 0 1 nan\nf 1 2 3\n", "2 of 3 vertices are not finite, the first is number 1"),
        (b"v 1 1 1\nv 1 1 1\nv 1 1 1\nf 1 2 3\n", "all 1 faces are degenerate"),
    ],
)
def test_hostile(refused: Callable[[str, bytes], str], data: bytes, reason: str) -> None:
    assert reason in refused("a.obj", data)
