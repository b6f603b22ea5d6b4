from __future__ import annotations

import numpy as np
import pytest

from maquette.geometry.formats.parsed import Fault, corner_colors, triangulate


def test_fans_of_mixed_polygons_by_hand() -> None:
    corners = np.array([5, 6, 7, 8, 9, 1, 2, 0, 1, 2])
    faces, source = triangulate(corners, np.array([5, 2, 3]), vertex_count=10)
    assert faces.tolist() == [[5, 6, 7], [5, 7, 8], [5, 8, 9], [0, 1, 2]]
    assert source.tolist() == [0, 0, 0, 2]


def test_agrees_with_a_loop() -> None:
    rng = np.random.default_rng(4)
    sizes = rng.integers(1, 7, size=50)
    corners = rng.integers(0, 20, size=int(sizes.sum()))
    expected, at = [], 0
    for size in sizes:
        polygon = corners[at : at + size].tolist()
        expected += [[polygon[0], polygon[k], polygon[k + 1]] for k in range(1, size - 1)]
        at += size
    assert triangulate(corners, sizes, vertex_count=20)[0].tolist() == expected


@pytest.mark.parametrize("bad", [-1, 4])
def test_a_corner_outside_names_its_polygon(bad: int) -> None:
    with pytest.raises(Fault, match=rf"face 1 \(counted from 0\) refers to vertex {bad}: expected 0 to 3"):
        triangulate(np.array([0, 1, 2, 3, 2, bad]), np.array([3, 3]), vertex_count=4)


def test_a_face_has_the_mean_color_of_its_corners() -> None:
    colors = np.array([[0.0, 255, 10], [0, 255, 11], [3, 255, 12], [255, 0, 0]])
    assert corner_colors(np.array([[0, 1, 2], [3, 3, 3]]), colors).tolist() == [[1, 255, 11], [255, 0, 0]]
