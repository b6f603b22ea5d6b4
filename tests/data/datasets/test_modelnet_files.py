"""Single files of ModelNet: the OFF tree, the renders, and MeshNet's faces in both spellings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maquette.data.datasets.modelnet_files import (
    IMAGES,
    MESHES,
    find_faces,
    find_views,
    list_off_tree,
    read_meshnet_faces,
)
from maquette.errors import FileError
from maquette.geometry import Mesh
from maquette.geometry.adjacency import face_neighbours
from maquette.modalities.mesh import MeshModality
from tests.data.datasets.packed_cases import (
    FACES,
    NEIGHBOURS,
    TETRAHEDRON,
    write_meshnet,
    write_off_tree,
    write_renders,
)


def test_the_tree_has_splits_below_classes(tmp_path: Path) -> None:
    write_off_tree(tmp_path)
    found = list_off_tree(tmp_path)
    assert found["bed/bed_0003"] == ("test", "bed/test/bed_0003.off")
    assert len(found) == 6 and list(found) == sorted(found)
    (tmp_path / "bed" / "train" / "bed_0003.off").write_text("OFF")
    with pytest.raises(FileError, match="expected a model in one split"):
        list_off_tree(tmp_path)


def test_views_are_evenly_spaced_by_number(tmp_path: Path) -> None:
    write_renders(tmp_path, ["bed/bed_0001"], views=12)
    folder = tmp_path / IMAGES
    # By number: sorted as text, 10 and 11 would come before 2.
    assert find_views(folder, "bed/bed_0001", 4) == tuple(f"bed/bed_0001/bed_0001.{n}.png" for n in (0, 3, 6, 9))
    assert len(find_views(folder, "bed/bed_0001", 100)) == 12
    assert find_views(folder, "bed/bed_0002", 4) == ()


@pytest.mark.parametrize("spelling", [("face", "neighbor_index"), ("faces", "neighbors")])
def test_faces_in_both_spellings_become_the_same_mesh(tmp_path: Path, spelling: tuple[str, str]) -> None:
    path = tmp_path / MESHES / "bed" / "train" / "bed_0001.npz"
    write_meshnet(path, spelling=spelling)
    assert find_faces(tmp_path / MESHES, "bed/bed_0001", "train") == path
    # CMCL's loader looks for everything under train.
    assert find_faces(tmp_path / MESHES, "bed/bed_0001", "test") == path
    assert find_faces(tmp_path / MESHES, "bed/bed_0002", "test") is None
    vertices, faces = read_meshnet_faces(path)
    assert len(vertices) == 4
    np.testing.assert_array_equal(vertices[faces], TETRAHEDRON[FACES])
    np.testing.assert_array_equal(np.sort(face_neighbours(faces)), np.sort(NEIGHBOURS))
    rows = MeshModality(faces=4).derive(Mesh(vertices, faces), np.random.default_rng(0))
    with np.load(path) as archive:
        assert rows is not None
        np.testing.assert_allclose(rows.arrays["faces"], archive[spelling[0]], atol=1e-6)


def test_what_is_no_meshnet_file(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    cases: list[tuple[dict[str, Any], str]] = [
        ({"face": np.zeros((3, 15))}, "expected face, neighbor_index or faces, neighbors"),
        ({"face": np.zeros((3, 12)), "neighbor_index": np.zeros((3, 3))}, r"expected \(n, 15\)"),
    ]
    for content, reason in cases:
        np.savez(path, **content)
        with pytest.raises(FileError, match=reason):
            read_meshnet_faces(path)
    path.write_bytes(b"PK")
    with pytest.raises(FileError, match="is no MeshNet archive"):
        read_meshnet_faces(path)
