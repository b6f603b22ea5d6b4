"""Turntables and viewer models, made here and in a sandbox."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image

from maquette.errors import FileError
from maquette.geometry import Cloud, Mesh, normalise, read_mesh, write_cloud, write_mesh
from maquette.geometry.cameras import ring_cameras
from maquette.geometry.render import render
from maquette.ingest import Limits, Sandbox
from maquette.search.previews import modality_of, preview_in_folder, read_preview, turntable, viewer_model
from tests.search.search_cases import box


def test_frames_are_pictures_from_all_around(tmp_path: Path) -> None:
    write_mesh(box(1, 2, 5), tmp_path / "a.off")
    frames = np.split(np.asarray(Image.open(io.BytesIO(turntable(tmp_path / "a.off")))), 12, axis=1)
    expected = render(normalise(read_mesh(tmp_path / "a.off")), ring_cameras(12), resolution=192)
    assert np.array_equal(np.stack(frames), expected)


def test_a_viewer_model_is_light_and_normal(tmp_path: Path) -> None:
    ball = trimesh.creation.icosphere(subdivisions=4)
    write_mesh(Mesh(np.asarray(ball.vertices) * 7 + 3, np.asarray(ball.faces, dtype=np.int64)), tmp_path / "ball.off")
    (tmp_path / "ball.glb").write_bytes(viewer_model(tmp_path / "ball.off", faces=500))
    light = read_mesh(tmp_path / "ball.glb")
    radii = np.linalg.norm(light.vertices, axis=1)
    assert 100 < len(light.faces) <= 500 and np.all((radii > 0.9) & (radii < 1.05))


def test_a_scan_becomes_points(tmp_path: Path) -> None:
    points = np.random.default_rng(0).normal(size=(1000, 3)) * (3, 2, 1)
    write_cloud(Cloud(points), tmp_path / "a.xyz")
    glb = viewer_model(tmp_path / "a.xyz", points=300)
    scene = trimesh.load_scene(io.BytesIO(glb), file_type="glb")
    (cloud,) = scene.geometry.values()
    expected = normalise(Cloud(points)).points[::4]
    assert np.allclose(cloud.vertices, expected[:, [0, 2, 1]] * (1, 1, -1), atol=1e-5)


def test_a_sandbox_gives_the_same_and_survives_bad_files(tmp_path: Path) -> None:
    write_mesh(box(1, 2, 5), tmp_path / "a.off")
    (tmp_path / "bad.off").write_text("OFF\n1 1 0\n")
    with Sandbox(Limits(), modules=["maquette.search.previews"]) as sandbox:
        assert read_preview("turntable", tmp_path / "a.off", sandbox=sandbox) == turntable(tmp_path / "a.off")
        with pytest.raises(FileError, match=r"bad\.off"):
            read_preview("viewer_model", tmp_path / "bad.off", sandbox=sandbox)
        model = read_preview("viewer_model", tmp_path / "a.off", sandbox=sandbox)
    assert model == viewer_model(tmp_path / "a.off") == read_preview("viewer_model", tmp_path / "a.off", sandbox=None)
    request = {"kind": "viewer_model", "name": "a.off", "limits": Limits(faces=5).as_json()}
    with pytest.raises(FileError, match="12"):
        preview_in_folder(request, tmp_path)


def test_what_an_ending_stands_for(tmp_path: Path) -> None:
    write_mesh(box(1, 1, 1), tmp_path / "a.ply")
    write_cloud(Cloud(np.eye(3)), tmp_path / "b.ply")
    names = ["a.ply", "b.ply", "c.PNG", "d.npy", "e.glb"]
    assert [modality_of(tmp_path / name) for name in names] == ["mesh", "pointcloud", "image", "pointcloud", "mesh"]
