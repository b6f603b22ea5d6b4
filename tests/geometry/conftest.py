"""Shapes that the geometry tests share."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from maquette.errors import FileError
from maquette.geometry.mesh import Mesh, read_shape

Refused = Callable[[str, bytes], str]


@pytest.fixture
def prism() -> Mesh:
    """A closed, skewed prism without symmetry: 6 vertices, 8 faces, three colors, coordinates exact in float32."""
    vertices = np.array([[0, 0, 0], [2, 0, 0], [0.5, 1, 0.25], [0, 0.125, 3], [2, 0, 3.5], [0.5, 1, 4]])
    faces = np.array([[0, 2, 1], [3, 4, 5], [0, 1, 4], [0, 4, 3], [1, 2, 5], [1, 5, 4], [2, 0, 3], [2, 3, 5]])
    colors = np.array([[200, 30, 7]] * 2 + [[0, 128, 255]] * 4 + [[1, 2, 3]] * 2, dtype=np.uint8)
    return Mesh(vertices, faces, colors)


@pytest.fixture
def refused(tmp_path: Path) -> Refused:
    """The one-line reason why a file of this name and content is refused."""

    def refuse(name: str, data: bytes) -> str:
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(FileError) as caught:
            read_shape(path)
        assert caught.value.path == str(path)
        assert "\n" not in caught.value.reason
        assert not re.search(r"[a-z]Error\b", caught.value.reason), "an exception's name is no reason"
        return caught.value.reason

    return refuse


@pytest.fixture
def put(tmp_path: Path) -> Callable[[str, bytes], Path]:
    """Writes a file and gives its path."""

    def write(name: str, data: bytes) -> Path:
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return write
