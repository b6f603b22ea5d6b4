"""Meshes: the fifteen numbers by hand, padding, budget, jitter where the code has it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from maquette.errors import ConfigError, FileError, InputError
from maquette.geometry.adjacency import face_neighbours
from maquette.geometry.mesh import Mesh, write_mesh
from maquette.modalities import MODALITIES
from maquette.modalities.mesh import MeshModality
from tests.modalities.modality_cases import cloud, wedge


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def dome(side: int) -> Mesh:
    """A bent sheet of 2 · side² triangles."""
    x, y = (part.ravel() for part in np.meshgrid(np.linspace(-0.5, 0.5, side + 1), np.linspace(-0.5, 0.5, side + 1)))
    corner = np.arange((side + 1) ** 2).reshape(side + 1, side + 1)
    a, b, c, d = corner[:-1, :-1].ravel(), corner[:-1, 1:].ravel(), corner[1:, 1:].ravel(), corner[1:, :-1].ravel()
    faces = np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])
    return Mesh(np.stack([x, y, 0.4 * np.cos(3 * x) * np.cos(3 * y)], axis=1), faces)


def test_a_face_by_hand() -> None:
    mesh = Mesh(np.array([[0.0, 0, 0], [3, 0, 0], [0, 3, 0], [0, 0, 3]]), np.array([[0, 1, 2], [0, 2, 3]]))
    prepared = MeshModality(faces=4).derive(mesh, rng())
    assert prepared is not None
    faces, neighbours = prepared.arrays["faces"], prepared.arrays["neighbours"]
    np.testing.assert_allclose(faces[0], [1, 1, 0, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 1], atol=1e-6)
    np.testing.assert_allclose(faces[1], [0, 1, 1, 0, 0, 0, 0, 3, 0, 0, 0, 3, 1, 0, 0], atol=1e-6)
    # The edge 2-0 of the first is 0-1 of the second.
    assert neighbours[:2].tolist() == [[0, 0, 1], [0, 1, 1]]
    assert prepared.notes == {"faces_before": 2, "faces_after": 2, "faces_repeated": 2}


def test_small_meshes_repeat_faces_with_their_neighbours() -> None:
    prepared = MeshModality(faces=100).derive(wedge(), rng())
    assert prepared is not None
    faces, neighbours = prepared.arrays["faces"], prepared.arrays["neighbours"]
    np.testing.assert_array_equal(neighbours[:12], face_neighbours(wedge().faces))
    assert neighbours.max() < 12
    for row in range(12, 100):
        same = np.flatnonzero((faces[:12] == faces[row]).all(axis=1))
        assert len(same) == 1
        np.testing.assert_array_equal(neighbours[row], neighbours[same[0]])
    assert prepared.notes == {"format": "made up", "faces_before": 12, "faces_after": 12, "faces_repeated": 88}
    assert len({tuple(row) for row in faces[12:].tolist()}) > 8


def test_large_meshes_are_brought_to_the_budget() -> None:
    mesh = dome(30)
    prepared = MeshModality(faces=200).derive(mesh, rng())
    assert prepared is not None
    assert prepared.notes["faces_before"] == 1800
    after = prepared.notes["faces_after"]
    assert isinstance(after, int)
    assert 150 <= after <= 200
    faces, neighbours = prepared.arrays["faces"][:after], prepared.arrays["neighbours"][:after]
    # Neighbours share two corners, and the sheet keeps its extent.
    corners = faces[:, 3:12].reshape(-1, 3, 3)
    for face, others in zip(corners, corners[neighbours], strict=True):
        shared = (face[None, :, None] == others[:, None]).all(axis=3).any(axis=2).sum(axis=1)
        assert (shared >= 2).all()
    np.testing.assert_allclose(corners.reshape(-1, 3).min(axis=0)[:2], -0.5, atol=0.03)


def test_files_are_normalised_and_bad_ones_named(tmp_path: Path) -> None:
    big = wedge()
    write_mesh(Mesh(big.vertices * 40 + 3, big.faces), tmp_path / "a.stl")
    read = MeshModality(faces=16).read([tmp_path / "a.stl"], rng())
    radii = np.linalg.norm(read.arrays["faces"][:, 3:12].reshape(-1, 3), axis=1)
    np.testing.assert_allclose(radii, 1.0, atol=1e-5)
    assert read.notes["format"] == "stl"
    assert read.notes["faces_before"] == 12
    (tmp_path / "b.off").write_text("OFF\n3 0 0\n0 0 0\n1 0 0\n0 1 0\n")
    with pytest.raises(FileError, match=r"b\.off"):
        MeshModality().read([tmp_path / "b.off"], rng())
    with pytest.raises(InputError, match="0 mesh files"):
        MeshModality().read([], rng())


def test_clouds_have_no_faces_and_slivers_have_a_normal() -> None:
    assert MeshModality().derive(cloud(50), rng()) is None
    sliver = Mesh(np.array([[0.0, 0, 0], [1, 0, 0], [2, 0, 0]]), np.array([[0, 1, 2]]))
    prepared = MeshModality(faces=4).derive(sliver, rng())
    assert prepared is not None
    np.testing.assert_array_equal(prepared.arrays["faces"][:, 12:], [[0, 0, 1]] * 4)
    with pytest.raises(InputError, match="0 faces"):
        MeshModality().derive(Mesh(np.zeros((3, 3)), np.zeros((0, 3), dtype=np.int64)), rng())


def test_code_jitters_twelve_columns_independently() -> None:
    arrays = {
        "faces": rng().standard_normal((20, 256, 15)).astype(np.float32),
        "neighbours": np.zeros((20, 256, 3), dtype=np.int32),
    }
    altered = MeshModality(faces=256).augment(arrays, rng(1))
    noise = altered["faces"] - arrays["faces"]
    np.testing.assert_array_equal(noise[..., 12:], 0.0)
    assert altered["neighbours"] is arrays["neighbours"]
    noise = noise[..., :12].reshape(-1, 12)
    assert noise.std() == pytest.approx(0.01, rel=0.01)
    assert np.abs(noise).max() <= 0.05 + 1e-6
    assert np.abs(np.corrcoef(noise.T) - np.eye(12)).max() < 0.06


def test_paper_turns_everything_about_the_up_axis() -> None:
    prepared = MeshModality(faces=12).derive(wedge(), rng())
    assert prepared is not None
    arrays = {name: np.repeat(array[None], 200, axis=0) for name, array in prepared.arrays.items()}
    altered = MODALITIES.build("mesh", faces=12, augmentation="paper").augment(arrays, rng(2))["faces"]
    before, after = (faces.reshape(200, 12, 5, 3) for faces in (arrays["faces"], altered))
    np.testing.assert_allclose(after[..., 2], before[..., 2], atol=0.051)
    lengths = [np.linalg.norm(points[..., :2], axis=3) for points in (before, after)]
    np.testing.assert_allclose(lengths[0], lengths[1], atol=0.08)
    # Normals carry no jitter: on the sides they show the angle, the same for all faces of an object.
    side = np.flatnonzero(np.abs(before[0, :, 4, 2]) < 0.5)
    turn = [np.arctan2(points[:, side, 4, 1], points[:, side, 4, 0]) for points in (before, after)]
    angle = np.exp(1j * (turn[1] - turn[0]))
    np.testing.assert_allclose(angle, np.repeat(angle[:, :1], len(side), axis=1), atol=1e-5)
    assert np.abs(angle.mean()) < 0.15


def test_network_input_by_hand() -> None:
    faces = np.arange(2 * 4 * 15, dtype=np.float32).reshape(2, 4, 15)
    neighbours = np.arange(24, dtype=np.int32).reshape(2, 4, 3) % 4
    batch = MeshModality(faces=4).collate({"faces": faces, "neighbours": neighbours})
    assert {name: tuple(tensor.shape) for name, tensor in batch.items()} == {
        "centers": (2, 3, 4),
        "corners": (2, 9, 4),
        "normals": (2, 3, 4),
        "neighbours": (2, 4, 3),
    }
    assert batch["neighbours"].dtype == torch.int64
    # Face 1 of object 1 begins at 75; corner k's coordinate is 3 (k + 1) above the center's.
    assert batch["centers"][1, :, 1].tolist() == [75, 76, 77]
    assert batch["corners"][1, :, 1].tolist() == [3, 3, 3, 6, 6, 6, 9, 9, 9]
    assert batch["normals"][1, :, 1].tolist() == [87, 88, 89]
    assert batch["neighbours"].tolist() == neighbours.tolist()


@pytest.mark.parametrize("wrong", [{"faces": 3}, {"augmentation": "x"}])
def test_impossible_settings(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="expected"):
        MODALITIES.build("mesh", **wrong)
