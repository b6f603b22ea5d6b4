from __future__ import annotations

import numpy as np
import pytest

from maquette.data.datasets.workshop_scans import scan_points
from maquette.geometry.mesh import Mesh, normalise
from maquette.geometry.procedural.parts import ball, box, lathe
from maquette.geometry.procedural.solid import Solid, join


def mesh_of(body: Solid) -> Mesh:
    return normalise(Mesh(body.vertices, body.faces))


BALL = mesh_of(ball(1.0, rows=40, sides=60))
VASE = mesh_of(join([lathe([(0, 0), (0.3, 0), (0.5, 0.5), (0.2, 1.0), (0, 1.0)]), box(0.3, 0.1, 0.1).at(x=0.5, z=0.4)]))


@pytest.mark.parametrize("kind", ["whole", "partial"])
def test_points_lie_on_the_surface_but_for_noise(kind: str) -> None:
    deviations = []
    for seed in range(12):
        points = scan_points(BALL, 500, kind=kind, rng=np.random.default_rng(seed))  # type: ignore[arg-type]  # a kind
        assert points.shape == (500, 3)
        deviations.append(np.median(np.abs(np.linalg.norm(points, axis=1) - 1)))
    # Noise has a deviation of 0.002 to 0.01 along the ray; where the ray grazes, less of it along the radius.
    assert max(deviations) < 0.01 and min(deviations) > 0.0003
    assert np.std(deviations) > 0.0003, "every scan has the same noise"


def test_a_partial_scan_sees_half_and_a_whole_one_all() -> None:
    for seed in range(8):
        rng = np.random.default_rng(seed)
        half = scan_points(BALL, 800, kind="partial", rng=rng)
        towards = half.mean(axis=0) / np.linalg.norm(half.mean(axis=0))
        assert (half @ towards).min() > -0.1, "a point on the far side"
        assert -0.02 < towards[2] < 0.8
        # Parallel rays: uniform over the disc, so the mean of the cosine is 2/3.
        assert (half @ towards).mean() == pytest.approx(2 / 3, abs=0.05)
        whole = scan_points(BALL, 800, kind="whole", rng=rng)
        assert np.abs(whole.mean(axis=0)).max() < 0.12


def test_nothing_inside_is_seen() -> None:
    body = mesh_of(join([box(2.0, 2.0, 2.0, edge=0.0), ball(0.5).at(z=1.0)]))
    points = scan_points(body, 2000, kind="whole", rng=np.random.default_rng(0))
    assert np.linalg.norm(points, axis=1).min() > 0.5


def test_the_turn_is_about_z_and_differs() -> None:
    angles = []
    for seed in range(10):
        points = scan_points(VASE, 600, kind="whole", rng=np.random.default_rng(seed))
        assert points[:, 2].min() == pytest.approx(VASE.vertices[:, 2].min(), abs=0.06)
        far = points[np.linalg.norm(points[:, :2], axis=1).argmax()]
        angles.append(np.arctan2(far[1], far[0]))
    assert len(np.unique(np.round(angles, 1))) >= 7


def test_a_hair_is_scanned_too_and_the_generator_decides() -> None:
    hair = mesh_of(join([box(0.001, 0.001, 1.0, edge=0.0), box(1.0, 0.001, 0.001, edge=0.0)]))
    first = scan_points(hair, 300, kind="partial", rng=np.random.default_rng(3))
    assert first.shape == (300, 3) and np.isfinite(first).all()
    assert np.array_equal(first, scan_points(hair, 300, kind="partial", rng=np.random.default_rng(3)))
    assert not np.array_equal(first, scan_points(hair, 300, kind="partial", rng=np.random.default_rng(4)))
