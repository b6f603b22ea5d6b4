from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import trimesh

from maquette.geometry.formats import stl
from maquette.geometry.mesh import Mesh, read_mesh

Put = Callable[[str, bytes], Path]
_FACET = "facet normal 0 0 1\n outer loop\n  vertex 0 0 0\n  vertex {x} 0 0\n  vertex 0 1 0\n endloop\nendfacet\n"
_SOLID = "solid a\n" + _FACET.format(x=1) + "endsolid a\n"


def test_ascii_of_two_solids_is_merged(put: Put) -> None:
    mesh = read_mesh(put("a.stl", (_SOLID + _SOLID.replace("vertex 1", "VERTEX 2e0")).encode()))
    assert mesh.vertices[mesh.faces][:, 1].tolist() == [[1, 0, 0], [2, 0, 0]]
    assert mesh.notes["merged_parts"] == 2
    # Two corners of the second face stood in the first already.
    assert mesh.notes["merged_vertices"] == 2
    assert len(mesh.vertices) == 4


def test_binary_that_begins_with_solid(put: Put, prism: Mesh) -> None:
    data = stl.write(prism.vertices, prism.faces, None)
    mesh = read_mesh(put("a.stl", b"solid".ljust(80) + data[80:]))
    np.testing.assert_array_equal(mesh.vertices[mesh.faces], prism.vertices[prism.faces])


def test_bytes_behind_the_last_face_are_noted(put: Put, prism: Mesh) -> None:
    mesh = read_mesh(put("a.stl", stl.write(prism.vertices, prism.faces, None) + b"\0\1\2"))
    assert mesh.notes["ignored_bytes"] == 3
    assert len(mesh.faces) == len(prism.faces)


def test_other_readers_understand_what_is_written(prism: Mesh) -> None:
    loaded = trimesh.load_mesh(io.BytesIO(stl.write(prism.vertices, prism.faces, None)), file_type="stl")
    np.testing.assert_array_equal(loaded.triangles, prism.vertices[prism.faces])
    record = np.frombuffer(stl.write(prism.vertices, prism.faces, None)[84:96], "<f4")
    np.testing.assert_allclose(record, loaded.face_normals[0], atol=1e-6)


def test_truncated_binary(refused: Callable[[str, bytes], str], prism: Mesh) -> None:
    data = stl.write(prism.vertices, prism.faces, None)
    reason = refused("a.stl", data[:-120])
    assert reason == "truncated: the header promises 8 faces (484 bytes), the file ends after 5 faces, at byte 364"
    assert "364" in refused("b.stl", b"solid".ljust(80) + data[80:-120])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"Dear reader, this is no mesh.\n" * 9, "text that begins with 'Dear reader, this is no ', expected 'solid'"),
        (b"\0\1\2", "3 bytes: expected at least 84"),
        (b"x" * 80 + bytes(4), "the header promises 0 faces"),
        (b"x" * 80 + b"\xff\xff\xff\x7f" + bytes(50), "promises 2147483647 faces (107374182434 bytes)"),
        (b"solid a\nendsolid a\n", "no face in 2 lines"),
        (_SOLID[:60].encode(), "truncated: ends at line 5 in face 1, expected 'endsolid'"),
        (_SOLID.replace("endsolid a", "").encode(), "truncated: ends at line 8 in face 1, expected 'endsolid'"),
        (_SOLID.replace("vertex 1 0 0", "vertex 1 0").encode(), "line 5: 2 values"),
        (_SOLID.replace("vertex 1 0 0", "vertex 1 o 0").encode(), "line 5: 'o' where a number"),
        (_SOLID.replace("vertex 1 0 0", "vertex nan 0 0").encode(), "1 of 3 vertices are not finite"),
        (
            ("solid a\n" + _FACET.format(x=1).replace("  vertex 0 1 0\n", "") + _FACET.format(x=1)).encode(),
            "line 8: the face before has 2 corners, expected 3",
        ),
    ],
)
def test_hostile(refused: Callable[[str, bytes], str], data: bytes, reason: str) -> None:
    assert reason in refused("a.stl", data)
