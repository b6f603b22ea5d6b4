from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maquette.errors import FileError, InputError
from maquette.geometry.formats import CLOUD_WRITERS, MESH_WRITERS, PARSERS
from maquette.geometry.mesh import (
    CLOUD_SUFFIXES,
    MESH_SUFFIXES,
    Cloud,
    Mesh,
    normalise,
    read_cloud,
    read_mesh,
    read_shape,
    write_cloud,
    write_mesh,
)

Put = Callable[[str, bytes], Path]
_TRIANGLE = b"OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n"


@pytest.mark.parametrize("suffix", sorted(MESH_WRITERS))
def test_a_mesh_comes_back_as_it_was_written(tmp_path: Path, prism: Mesh, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    write_mesh(prism, path)
    mesh = read_mesh(path)
    np.testing.assert_array_equal(mesh.vertices[mesh.faces], prism.vertices[prism.faces])
    assert len(mesh.vertices) == len(prism.vertices)
    assert mesh.notes["dropped_faces"] == 0
    assert mesh.notes["format"] == suffix[1:]
    if suffix in (".obj", ".stl"):
        assert mesh.colors is None
    else:
        np.testing.assert_array_equal(mesh.colors, prism.colors)
    assert json.loads(json.dumps(mesh.notes)) == mesh.notes


@pytest.mark.parametrize("suffix", sorted(MESH_WRITERS))
def test_random_coordinates_survive(tmp_path: Path, suffix: str) -> None:
    rng = np.random.default_rng(7)
    vertices = rng.normal(size=(40, 3)) * 10.0 ** rng.integers(-3, 4, size=(40, 1))
    given = Mesh(vertices, rng.permuted(np.tile(np.arange(40), (30, 1)), axis=1)[:, :3])
    write_mesh(given, tmp_path / f"a{suffix}")
    mesh = read_mesh(tmp_path / f"a{suffix}")
    expected = given.vertices
    if suffix in (".glb", ".stl"):
        expected = expected.astype(np.float32).astype(np.float64)
    np.testing.assert_array_equal(mesh.vertices[mesh.faces], expected[given.faces])


@pytest.mark.parametrize("suffix", sorted(CLOUD_WRITERS))
def test_a_cloud_comes_back_as_it_was_written(tmp_path: Path, suffix: str) -> None:
    points = np.random.default_rng(1).normal(size=(50, 3)) * 1e-7
    write_cloud(Cloud(points), tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(read_cloud(tmp_path / f"a{suffix}").points, points)


def test_every_writer_writes_the_same_bytes_twice(tmp_path: Path, prism: Mesh, monkeypatch: pytest.MonkeyPatch) -> None:
    for suffix in sorted(MESH_WRITERS):
        write_mesh(prism, tmp_path / f"a{suffix}")
        # Another day: dates inside a file would differ.
        monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
        write_mesh(prism, tmp_path / f"b{suffix}")
        monkeypatch.undo()
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()
    for suffix in sorted(CLOUD_WRITERS):
        write_cloud(Cloud(prism.vertices), tmp_path / f"a{suffix}")
        write_cloud(Cloud(prism.vertices), tmp_path / f"b{suffix}")
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_the_suffixes_are_those_of_the_parsers() -> None:
    assert set(PARSERS) == MESH_SUFFIXES | CLOUD_SUFFIXES
    assert set(MESH_WRITERS) == MESH_SUFFIXES - {".gltf"}
    assert set(CLOUD_WRITERS) == CLOUD_SUFFIXES


@pytest.mark.parametrize("suffix", sorted(PARSERS))
@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "the file is empty (0 bytes)"), (b"Dear reader,\nthis is a letter.\n", None), (b"\n", None), (b"\0", None)],
)
def test_no_format_takes_what_is_not_it(
    refused: Callable[[str, bytes], str], suffix: str, data: bytes, reason: str | None
) -> None:
    found = refused(f"a{suffix}", data)
    assert reason is None or found == reason
    assert "damaged" not in found or "JSON" in found, "expected a reason of ours"


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="No such file"):
        read_shape(tmp_path / "none.off")
    (tmp_path / "folder.off").mkdir()
    with pytest.raises(FileError, match="Is a directory"):
        read_shape(tmp_path / "folder.off")
    with pytest.raises(FileError, match=r"unknown ending '\.blend': expected one of \.3mf, \.glb"):
        read_shape(tmp_path / "a.blend")
    for read, endings in ((read_mesh, MESH_SUFFIXES), (read_cloud, CLOUD_SUFFIXES)):
        with pytest.raises(FileError) as caught:
            read(tmp_path / "a.png")
        assert caught.value.reason == f"unknown ending '.png': expected one of {', '.join(sorted(endings))}"
    with (tmp_path / "large.off").open("wb") as stream:
        os.truncate(stream.fileno(), 2**30 + 1)
    with pytest.raises(FileError, match="1073741825 bytes: expected at most 1073741824"):
        read_shape(tmp_path / "large.off")


def test_meshes_and_clouds_are_not_taken_for_each_other(put: Put, tmp_path: Path) -> None:
    write_cloud(Cloud(np.eye(3)), tmp_path / "a.ply")
    with pytest.raises(FileError, match="3 points and no faces: expected a mesh"):
        read_mesh(tmp_path / "a.ply")
    with pytest.raises(FileError, match="a mesh of 1 faces: expected points only"):
        read_cloud(put("a.off", _TRIANGLE))


def test_endings_in_capitals_and_the_up_axis(put: Put) -> None:
    path = put("A.OFF", _TRIANGLE)
    assert read_mesh(path).notes["up"] == "z"
    turned = read_mesh(path, up="y")
    assert turned.vertices.tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 1]]
    assert (turned.notes["up"], turned.notes["up_assumed"]) == ("y", False)


def test_normalise_by_hand() -> None:
    mesh = Mesh(np.array([[1.0, 1, 1], [5, 1, 1], [1, 4, 1]]), np.array([[0, 1, 2]]), notes={"format": "off"})
    found = normalise(mesh)
    # The box is 4 x 3 x 0 around (3, 2.5, 1); its corners are 2.5 away.
    np.testing.assert_allclose(found.vertices, [[-0.8, -0.6, 0], [0.8, -0.6, 0], [-0.8, 0.6, 0]], atol=1e-15)
    assert found.notes == {"format": "off", "center_x": 3.0, "center_y": 2.5, "center_z": 1.0, "radius": 2.5}
    assert mesh.vertices[0].tolist() == [1, 1, 1] and "radius" not in mesh.notes


@pytest.mark.parametrize("scale", [1e-320, 1e-30, 1.0, 1e38, 1e149])
def test_normalise_at_every_scale_and_undone_by_its_notes(scale: float) -> None:
    points = np.random.default_rng(3).uniform(-1, 2, size=(30, 3)) * scale
    found = normalise(Cloud(points))
    assert np.linalg.norm(found.points, axis=1).max() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(
        found.points.min(axis=0), -found.points.max(axis=0), atol=1e-3 if scale < 1e-300 else 1e-12
    )
    center = np.array([found.notes[f"center_{axis}"] for axis in "xyz"], dtype=np.float64)
    back = found.points * np.float64(found.notes["radius"]) + center
    np.testing.assert_allclose(back, points, rtol=1e-9, atol=max(scale * 1e-12, 1e-322))


@pytest.mark.parametrize("points", [np.ones((4, 3)), np.zeros((0, 3)), np.array([[0, 0, 0], [1, np.nan, 0]])])
def test_normalise_refuses_a_single_place(points: np.ndarray) -> None:
    with pytest.raises(InputError, match="cannot normalise"):
        normalise(Cloud(points))


def test_writers_refuse_unknown_endings(tmp_path: Path, prism: Mesh) -> None:
    with pytest.raises(FileError, match=r"cannot write a mesh: expected an ending among \.3mf"):
        write_mesh(prism, tmp_path / "a.npy")
    with pytest.raises(FileError, match=r"cannot write a point cloud: expected an ending among \.npy"):
        write_cloud(Cloud(prism.vertices), tmp_path / "a.off")


def _valid(folder: Path, suffix: str) -> bytes:
    path = folder / f"valid{suffix}"
    rng = np.random.default_rng(0)
    if suffix in MESH_WRITERS:
        mesh = Mesh(rng.normal(size=(8, 3)), rng.integers(0, 8, size=(12, 3)), np.zeros((12, 3), dtype=np.uint8))
        write_mesh(mesh, path)
    elif suffix == ".gltf":
        text = '{"asset":{"version":"2.0"},"meshes":[{"primitives":[{"attributes":{"POSITION":0}}]}],"accessors":[{}]}'
        path.write_text(text)
    else:
        write_cloud(Cloud(rng.normal(size=(9, 3))), path)
    return path.read_bytes()


@pytest.mark.parametrize("suffix", sorted(PARSERS))
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_files_are_sound_or_refused(tmp_path: Path, suffix: str, data: st.DataObject) -> None:
    content = bytearray(_valid(tmp_path, suffix))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        match data.draw(st.sampled_from(["byte", "word", "cut", "twice"])):
            case "byte":
                content[at] = data.draw(st.integers(0, 255))
            case "word":
                content[at : at + 4] = struct.pack("<i", data.draw(st.sampled_from([-1, 2**31 - 1, 0, -(2**31)])))
            case "cut":
                content = content[: max(at, 1)]
            case _:
                content[at:at] = content[at // 2 : at]
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    try:
        shape = read_shape(path)
    except FileError as error:
        assert "\n" not in error.reason and "TypeCheckError" not in error.reason
        return
    points = shape.vertices if isinstance(shape, Mesh) else shape.points
    assert len(points) and np.isfinite(points).all()
    if isinstance(shape, Mesh):
        assert len(shape.faces) and shape.faces.min() >= 0 and shape.faces.max() < len(points)
        assert shape.colors is None or len(shape.colors) == len(shape.faces)
