from __future__ import annotations

import numpy as np
import pytest

from maquette.geometry.procedural.toys import (
    robot,
    rocket,
    rocking_horse,
    spinning_top,
    stacking_rings,
    teddy_bear,
    toy_brick,
)
from tests.geometry.procedural.drawn import draws, extents, slenderness


def test_bears_robots_and_horses_have_two_sides_alike() -> None:
    for build, axis in ((robot, 0), (teddy_bear, 0), (rocking_horse, 1)):
        for mesh in draws(build):
            side = mesh.vertices[:, axis]
            assert side.max() == pytest.approx(-side.min(), rel=0.02)


def test_rockets_end_in_a_point_and_stand_on_fins() -> None:
    assert np.median(slenderness(rocket)) > 1.4
    for mesh in draws(rocket):
        radii, share = np.linalg.norm(mesh.vertices[:, :2], axis=1), mesh.vertices[:, 2] / mesh.vertices[:, 2].max()
        assert radii[share > 0.985].max() < 0.25 * radii.max()
        assert radii[share < 0.35].max() == pytest.approx(radii.max())


def test_rings_grow_smaller_upward() -> None:
    for mesh in draws(stacking_rings):
        radii, share = np.linalg.norm(mesh.vertices[:, :2], axis=1), mesh.vertices[:, 2] / mesh.vertices[:, 2].max()
        levels = [radii[(share >= low) & (share < low + 0.2)].max() for low in (0.15, 0.35, 0.55)]
        assert levels[0] >= levels[1] >= levels[2]


def test_bricks_have_studs_on_top() -> None:
    for mesh in draws(toy_brick):
        top = mesh.vertices[:, 2].max()
        studs = mesh.vertices[mesh.vertices[:, 2] > top - 0.01]
        centers = studs - studs.mean(axis=0)
        assert np.ptp(mesh.vertices[:, 0]) > np.ptp(centers[:, 0]) + 0.2


def test_a_top_stands_on_a_point_and_is_widest_in_the_middle() -> None:
    for mesh in draws(spinning_top):
        radii, heights = np.linalg.norm(mesh.vertices[:, :2], axis=1), mesh.vertices[:, 2]
        share = (heights - heights.min()) / np.ptp(heights)
        assert radii[share < 0.02].max() < 0.1 * radii.max()
        assert 0.1 < share[radii.argmax()] < 0.75


def test_a_rocking_horse_stands_on_bent_runners() -> None:
    sizes = extents(rocking_horse)
    assert (sizes[:, 1] < 0.6 * sizes[:, 0]).all()
    for mesh in draws(rocking_horse):
        low = mesh.vertices[mesh.vertices[:, 2] < mesh.vertices[:, 2].min() + 0.05]
        assert np.ptp(low[:, 0]) < 0.8 * np.ptp(mesh.vertices[:, 0])
