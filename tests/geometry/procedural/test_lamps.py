from __future__ import annotations

import numpy as np

from maquette.geometry.procedural.lamps import desk_lamp, floor_lamp, pendant_lamp, street_lamp, table_lamp
from tests.geometry.procedural.drawn import draws, overlap, slenderness


def test_street_lamps_are_slimmer_than_floor_lamps_and_those_than_table_lamps() -> None:
    street, floor, small = (slenderness(build, 60) for build in (street_lamp, floor_lamp, table_lamp))
    assert np.median(street) > np.median(floor) > np.median(small)
    assert overlap(floor, small)


def test_what_stands_has_its_foot_at_the_floor_and_a_pendant_hangs() -> None:
    for build in (desk_lamp, floor_lamp, street_lamp, table_lamp):
        for mesh in draws(build):
            assert abs(mesh.vertices[:, 2].min()) < 0.03
    for mesh in draws(pendant_lamp):
        heights = mesh.vertices[:, 2]
        assert abs(heights.max()) < 1e-9 and heights.min() < -0.4
        middle = mesh.vertices[(heights > 0.35 * heights.min()) & (heights < 0.25 * heights.min())]
        assert len(middle) == 0 or np.ptp(middle[:, 0]) < 0.95 * np.ptp(mesh.vertices[:, 0])


def test_a_desk_lamp_shines_beside_its_foot() -> None:
    for mesh in draws(desk_lamp):
        top = mesh.vertices[mesh.vertices[:, 2] > 0.3 * mesh.vertices[:, 2].max()]
        assert np.ptp(top[:, 0]) > 0.15 and mesh.vertices[:, 1].max() < 0.3
