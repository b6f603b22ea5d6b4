from __future__ import annotations

import fast_simplification
import numpy as np
import pytest
from scipy.spatial import cKDTree
from trimesh.creation import icosphere

from maquette.errors import InputError
from maquette.geometry.clean import has_area
from maquette.geometry.mesh import Mesh
from maquette.geometry.sample import face_areas, sample_surface
from maquette.geometry.simplify import simplify


@pytest.fixture(scope="module")
def sphere() -> Mesh:
    """5120 faces; the upper half red, the lower blue."""
    ball = icosphere(subdivisions=4)
    faces = np.array(ball.faces, dtype=np.int64)
    upper = np.array(ball.vertices)[faces].mean(axis=1)[:, 2] > 0
    colors = np.where(upper[:, None], np.array([255, 0, 0]), np.array([0, 0, 255])).astype(np.uint8)
    return Mesh(np.array(ball.vertices), faces, colors)


def _sound(mesh: Mesh, faces: int) -> None:
    assert 1 <= len(mesh.faces) <= faces
    assert mesh.faces.min() == 0 and mesh.faces.max() == len(mesh.vertices) - 1
    assert has_area(mesh.vertices, mesh.faces).all()
    assert mesh.colors is None or len(mesh.colors) == len(mesh.faces)


@pytest.mark.parametrize("scale", [1.0, 1e-6, 1e6])
def test_a_sphere_stays_a_sphere_at_any_scale(sphere: Mesh, scale: float) -> None:
    found = simplify(Mesh(sphere.vertices * scale + scale, sphere.faces, sphere.colors), faces=1024)
    _sound(found, 1024)
    assert len(found.faces) > 900
    radii = np.linalg.norm(found.vertices / scale - 1, axis=1)
    assert radii.min() > 0.97 and radii.max() < 1.03
    assert face_areas(found).sum() / scale**2 == pytest.approx(4 * np.pi, rel=0.02)
    assert found.notes["faces_before"] == 5120
    assert "faces_cut" not in found.notes
    assert found.colors is not None
    heights = (found.vertices[found.faces].mean(axis=1) / scale - 1)[:, 2]
    clear = np.abs(heights) > 0.1
    np.testing.assert_array_equal(found.colors[clear, 0] == 255, heights[clear] > 0)


@pytest.fixture
def loose() -> Mesh:
    """300 triangles that share no vertex."""
    rng = np.random.default_rng(0)
    corners = rng.uniform(-1, 1, size=(300, 1, 3)) + rng.normal(size=(300, 3, 3)) * rng.uniform(0.01, 0.1, (300, 1, 1))
    return Mesh(corners.reshape(-1, 3), np.arange(900).reshape(-1, 3))


def test_loose_faces(loose: Mesh) -> None:
    _sound(simplify(loose, faces=100), 100)


def test_where_the_library_gives_up_the_largest_faces_stay(loose: Mesh, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_simplification, "simplify", lambda points, faces, **_: (points, faces))
    found = simplify(loose, faces=100)
    _sound(found, 100)
    assert found.notes["faces_cut"] == 200
    areas = face_areas(loose)
    np.testing.assert_allclose(face_areas(found), areas[areas >= np.sort(areas)[-100]])


@pytest.mark.parametrize("value", [np.nan, 0.0])
def test_where_the_library_leaves_nothing_of_use(sphere: Mesh, monkeypatch: pytest.MonkeyPatch, value: float) -> None:
    monkeypatch.setattr(fast_simplification, "simplify", lambda points, faces, **_: (points * value, faces[:3]))
    found = simplify(sphere, faces=100)
    _sound(found, 100)
    assert found.notes["faces_cut"] == 5020


@pytest.mark.parametrize("faces", [1, 2, 3, 4, 10])
def test_tiny_budgets_are_kept_and_never_empty(sphere: Mesh, faces: int) -> None:
    _sound(simplify(sphere, faces=faces), faces)


def test_faces_that_do_not_share_vertices_are_welded_first(sphere: Mesh) -> None:
    loose = Mesh(sphere.vertices[sphere.faces].reshape(-1, 3), np.arange(3 * len(sphere.faces)).reshape(-1, 3))
    found = simplify(loose, faces=500)
    _sound(found, 500)
    rng = np.random.default_rng(0)
    gaps, _ = cKDTree(sample_surface(found, 20_000, rng=rng)).query(sample_surface(sphere, 2000, rng=rng))
    assert gaps.max() < 0.08, "no holes"


def test_below_the_budget_nothing_changes(prism: Mesh) -> None:
    assert simplify(prism, faces=8) is prism


def test_twice_the_same(sphere: Mesh) -> None:
    first, again = simplify(sphere, faces=200), simplify(sphere, faces=200)
    np.testing.assert_array_equal(first.vertices, again.vertices)
    np.testing.assert_array_equal(first.faces, again.faces)


def test_what_cannot_be_simplified(prism: Mesh) -> None:
    with pytest.raises(InputError, match="cannot simplify to 0 faces"):
        simplify(prism, faces=0)
    with pytest.raises(InputError, match="2 faces without an area"):
        simplify(Mesh(np.ones((3, 3)), np.array([[0, 1, 2], [2, 1, 0]])), faces=1)
