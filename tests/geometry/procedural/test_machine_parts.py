from __future__ import annotations

import numpy as np
import pytest

from maquette.geometry.mesh import Mesh
from maquette.geometry.procedural.machine_parts import bolt, gear, nut, pulley, screw, spring
from tests.geometry.procedural.drawn import draws, extents, overlap


def radii_and_shares(mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    heights = mesh.vertices[:, 2] - mesh.vertices[:, 2].min()
    return np.linalg.norm(mesh.vertices[:, :2], axis=1), heights / heights.max()


def tip_shares(build: object) -> np.ndarray:
    """Radius near the lower end over radius in the middle."""
    found = []
    for mesh in draws(build, 40):  # type: ignore[arg-type]  # a builder
        radii, share = radii_and_shares(mesh)
        found.append(radii[share < 0.03].max() / radii[(share > 0.3) & (share < 0.6)].max())
    return np.array(found)


def test_screws_are_pointed_bolts_blunt_and_some_between() -> None:
    screws, bolts = tip_shares(screw), tip_shares(bolt)
    assert np.median(screws) < 0.55 < 0.65 < np.median(bolts)
    assert overlap(screws, bolts)


def test_heads_are_on_top_and_wider_than_the_shank() -> None:
    for build in (bolt, screw):
        for mesh in draws(build):
            radii, share = radii_and_shares(mesh)
            assert radii[share > 0.95].max() > 1.2 * radii[(share > 0.2) & (share < 0.5)].max()


def test_nuts_gears_and_pulleys_are_round_about_their_axis() -> None:
    for build in (nut, gear):
        for size in extents(build):
            assert size[0] == pytest.approx(size[1], rel=0.35) or size[0] > 1.5 * size[1]  # wing nuts
    for mesh in draws(pulley):
        assert np.abs(mesh.vertices).max() < 3


def test_a_gear_has_teeth_and_a_pulley_a_smooth_rim() -> None:
    for mesh in draws(gear):
        radii = np.linalg.norm(mesh.vertices[:, :2], axis=1)
        rim = mesh.vertices[radii > 0.99 * radii.max()]
        angles = np.sort(np.arctan2(rim[:, 1], rim[:, 0]).round(5))
        gaps = np.diff(np.unique(angles))
        assert gaps.max() > 1.5 * gaps.min()
        assert 9 <= (gaps > 1.5 * gaps.min()).sum() + 1 <= 30


def test_a_spring_is_thin_and_winds_around_its_axis() -> None:
    for mesh in draws(spring):
        angles = np.arctan2(mesh.vertices[:, 1], mesh.vertices[:, 0])
        counts, _ = np.histogram(angles, 8, (-np.pi, np.pi))
        assert counts.min() > 0.05 * len(angles)
