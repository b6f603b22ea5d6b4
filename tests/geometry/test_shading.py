"""Shading: normals at creases and over curves, and openness where it is known."""

from __future__ import annotations

import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene

from maquette.geometry.mesh import Mesh
from maquette.geometry.shading import Surface, surface_of
from tests.geometry.shape_cases import ball, box


def surface(mesh: Mesh) -> Surface:
    corners = np.ascontiguousarray(mesh.vertices[mesh.faces], dtype=np.float32)
    scene = EmbreeScene(robust=True)
    held = TriangleMesh(scene, corners)
    found = surface_of(corners, scene=scene)
    del held
    return found


def test_a_box_keeps_its_edges() -> None:
    found = surface(box())
    np.testing.assert_allclose(found.face_normals[:2], [[0, 0, 1]] * 2, atol=1e-6)
    np.testing.assert_allclose(found.corner_normals, np.repeat(found.face_normals[:, None], 3, axis=1), atol=1e-6)


def test_a_ball_is_smooth() -> None:
    mesh = ball()
    found = surface(mesh)
    assert np.einsum("fck,fck->fc", found.corner_normals, mesh.vertices[mesh.faces]).min() > 0.99
    # Facets differ from the ball by more than the smoothed corners do.
    facets = np.einsum("fk,fck->fc", found.face_normals, mesh.vertices[mesh.faces])
    assert facets.min() < np.einsum("fck,fck->fc", found.corner_normals, mesh.vertices[mesh.faces]).min() - 0.002


def test_faces_turned_inside_out_count_as_the_others() -> None:
    mesh = ball()
    turned = mesh.faces.copy()
    turned[::3] = turned[::3, ::-1]
    right, wrong = surface(mesh), surface(Mesh(mesh.vertices, turned))
    back = wrong.corner_normals.copy()
    back[::3] = -back[::3, ::-1]
    np.testing.assert_allclose(back, right.corner_normals, atol=1e-5)
    assert right.openness is not None
    assert wrong.openness is not None
    sides = wrong.openness.copy()
    sides[::3] = sides[::3, ::-1, ::-1]
    # A triangle read from another corner is probed from a center rounded another way.
    np.testing.assert_allclose(sides, right.openness, atol=0.1)
    assert np.abs(sides - right.openness).mean() < 1e-3


def test_openness_of_a_box_is_all_outside_and_none_inside() -> None:
    found = surface(box(half=0.1))
    assert found.openness is not None
    assert found.openness[..., 0].min() > 0.999
    assert found.openness[..., 1].max() < 0.001


def test_a_wide_fan_stays_faceted_and_slivers_do_no_harm() -> None:
    count = 80
    angle = 2 * np.pi * np.arange(count) / count
    rim = np.stack([np.cos(angle), np.sin(angle), np.zeros(count)], axis=1)
    faces = np.stack([np.full(count, count), np.arange(count), (np.arange(count) + 1) % count], axis=1)
    cone = Mesh(np.concatenate([rim, [[0, 0, 0.2]]]), np.concatenate([faces, [[0, 0, 1]]]))
    found = surface(cone)
    np.testing.assert_allclose(found.corner_normals[:count, 0], found.face_normals[:count], atol=1e-6)
    # Away from the tip, neighbours share their normals.
    assert np.linalg.norm(found.corner_normals[:count, 1] - found.face_normals[:count], axis=1).min() > 1e-3
    assert np.isfinite(found.corner_normals).all()
    assert found.openness is not None
    assert np.isfinite(found.openness).all()
