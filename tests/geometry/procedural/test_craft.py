from __future__ import annotations

import numpy as np

from maquette.geometry.procedural.craft import airplane, bicycle, sailboat
from tests.geometry.procedural.drawn import draws, extents


def test_airplanes_have_wings_on_both_sides_and_a_fin_at_the_rear() -> None:
    for mesh in draws(airplane):
        wide, high = mesh.vertices[:, 1], mesh.vertices[:, 2]
        assert abs(wide.max() + wide.min()) < 0.05 * np.ptp(wide)
        assert np.ptp(wide) > 0.5 * np.ptp(mesh.vertices[:, 0])
        assert mesh.vertices[high.argmax(), 0] < -0.25 * np.ptp(mesh.vertices[:, 0])


def test_a_bicycle_has_two_wheels_of_one_size() -> None:
    sizes = extents(bicycle)
    assert (sizes[:, 0] > 1.3 * sizes[:, 2]).all() and (sizes[:, 1] < 0.6 * sizes[:, 0]).all()
    for mesh in draws(bicycle):
        touching = mesh.vertices[mesh.vertices[:, 2] < mesh.vertices[:, 2].min() + 0.002][:, 0]
        assert np.ptp(touching) > 0.9
        assert not ((touching > 0.2) & (touching < 0.75)).any()


def test_a_sailboat_is_pointed_in_front_and_its_mast_overtops_the_hull() -> None:
    for mesh in draws(sailboat):
        length = np.ptp(mesh.vertices[:, 0])
        assert mesh.vertices[:, 2].max() > 0.9 * length
        hull = mesh.vertices[: 6 * 7]
        bow, middle = hull[hull[:, 0] == hull[:, 0].max()], hull[np.abs(hull[:, 0]) < 0.2 * length]
        assert np.ptp(bow[:, 1]) < 0.1 * np.ptp(middle[:, 1])
