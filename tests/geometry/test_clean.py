from __future__ import annotations

import numpy as np
import pytest

from maquette.geometry.clean import check_points, clean, compact, has_area, weld
from maquette.geometry.formats.parsed import Fault, Parsed


def test_clean_by_hand() -> None:
    vertices = np.array([[9.0, 9, 9], [0, 0, 0], [1, 0, 0], [0, 1, 0], [-0.0, 0, 0], [2, 0, 0], [1, 1, 0]])
    faces = np.array([[1, 2, 3], [4, 2, 5], [1, 4, 3], [4, 6, 3], [2, 2, 6]])
    colors = np.arange(15, dtype=np.uint8).reshape(5, 3)
    found = clean(Parsed(vertices, faces, colors, {"dropped_faces": 2}))
    # Vertex 4 is vertex 1; faces 1 (in a line), 2 and 4 (two corners in one place) go, and with them vertices 0 and 5.
    assert found.vertices.tolist() == [[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]]
    assert found.faces is not None and found.faces.tolist() == [[0, 1, 2], [0, 3, 2]]
    assert found.colors is not None and found.colors.tolist() == [[0, 1, 2], [9, 10, 11]]
    assert found.notes == {"dropped_faces": 5, "merged_vertices": 1, "unused_vertices": 2}


def test_weld_agrees_with_a_loop() -> None:
    rng = np.random.default_rng(2)
    vertices = rng.integers(0, 3, size=(60, 3)).astype(np.float64)
    faces = rng.integers(0, 60, size=(80, 3))
    places: dict[tuple[float, ...], int] = {}
    numbers = [places.setdefault(tuple(vertex), len(places)) for vertex in vertices.tolist()]
    welded, found = weld(vertices, faces)
    assert [tuple(vertex) for vertex in welded.tolist()] == list(places)
    np.testing.assert_array_equal(found, np.array(numbers)[faces])


def test_nothing_to_weld_or_to_compact_is_left_alone() -> None:
    vertices, faces = np.eye(3), np.array([[2, 1, 0]])
    assert weld(vertices, faces)[0] is vertices
    assert compact(vertices, faces)[1] is faces


@pytest.mark.parametrize("scale", [1e-310, 1e-20, 1.0, 1e20, 1e149])
def test_area_is_judged_at_any_scale(scale: float) -> None:
    vertices = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0.5, 0, 0], [3, 0, 0], [1, 1e-9, 0]]) * scale
    faces = np.array([[0, 1, 2], [0, 1, 3], [0, 1, 4], [0, 0, 1], [0, 4, 5]])
    assert has_area(vertices, faces).tolist() == [True, False, False, False, True]


def test_a_flat_face_far_from_the_origin_is_kept() -> None:
    # Coordinates of a map: the face is small against the place, not against itself.
    vertices = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]]) + np.array([4e6, 5e6, 100])
    assert has_area(vertices, np.array([[0, 1, 2]])).tolist() == [True]


def test_faults_say_how_many_and_which() -> None:
    points = np.zeros((5, 3))
    points[[2, 4], 1] = [np.nan, -np.inf]
    with pytest.raises(Fault, match=r"2 of 5 points are not finite, the first is number 2 .*\[0\.0, nan, 0\.0\]"):
        check_points(points, "points")
    with pytest.raises(Fault, match=r"vertices number 1 is at \[0\.0, 0\.0, 1e\+200\]"):
        check_points(np.array([[0, 0, 0], [0, 0, 1e200]]), "vertices")
    with pytest.raises(Fault, match="all 2 faces are degenerate"):
        clean(Parsed(np.ones((3, 3)), np.array([[0, 1, 2], [2, 1, 0]])))
