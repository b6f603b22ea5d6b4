from __future__ import annotations

import numpy as np
import pytest

from maquette.geometry.adjacency import face_neighbours
from maquette.geometry.mesh import Mesh


def _naive(faces: np.ndarray) -> list[list[int]]:
    found = []
    for number, face in enumerate(faces.tolist()):
        row = []
        for k in range(3):
            edge = {face[k], face[(k + 1) % 3]}
            others = (
                other
                for other, corners in enumerate(faces.tolist())
                if other != number and any({corners[j], corners[(j + 1) % 3]} == edge for j in range(3))
            )
            row.append(next(others, number))
        found.append(row)
    return found


def test_tetrahedron_by_hand() -> None:
    faces = np.array([[0, 1, 2], [0, 3, 1], [1, 3, 2], [2, 3, 0]])
    assert face_neighbours(faces).tolist() == [[1, 2, 3], [3, 2, 0], [1, 3, 0], [2, 1, 0]]


def test_three_faces_on_one_edge_choose_the_lowest() -> None:
    faces = np.array([[0, 1, 2], [1, 0, 3], [0, 1, 4]])
    assert face_neighbours(faces)[:, 0].tolist() == [1, 0, 0]
    assert face_neighbours(faces)[:, 1:].tolist() == [[0, 0], [1, 1], [2, 2]]


@pytest.mark.parametrize("vertices", [4, 6, 30])
def test_agrees_with_a_loop_also_where_not_manifold(vertices: int) -> None:
    # Few vertices: edges of many faces, and faces that hold one edge twice.
    faces = np.random.default_rng(vertices).integers(0, vertices, size=(60, 3))
    assert face_neighbours(faces).tolist() == _naive(faces)
    assert face_neighbours(faces.astype(np.int32)).tolist() == _naive(faces)


def test_on_a_closed_mesh_neighbours_know_each_other(prism: Mesh) -> None:
    found = face_neighbours(prism.faces)
    for number, row in enumerate(found):
        assert number not in row
        assert all(number in found[other] for other in row)


def test_no_faces() -> None:
    assert face_neighbours(np.zeros((0, 3), dtype=np.int64)).shape == (0, 3)
