from __future__ import annotations

import numpy as np

from maquette.geometry.procedural.buildings import barn, church, house, lighthouse, skyscraper, windmill
from tests.geometry.procedural.drawn import draws, overlap, slenderness


def test_towers_are_tall_and_barns_low() -> None:
    assert np.median(slenderness(skyscraper)) > 3
    assert np.median(slenderness(lighthouse)) > 1.8
    assert np.median(slenderness(barn)) < 0.85
    assert overlap(slenderness(house, 60), slenderness(barn, 60))


def test_a_church_ends_in_a_cross() -> None:
    for mesh in draws(church):
        top = mesh.vertices[:, 2].max()
        tip, bar = mesh.vertices[mesh.vertices[:, 2] > top - 0.15], mesh.vertices[mesh.vertices[:, 2] > top - 0.5]
        assert np.ptp(tip[:, 0]) < 0.2 < 0.4 < np.ptp(bar[:, 0]) < 0.7


def test_a_roof_narrows_upward() -> None:
    for build in (house, barn):
        for mesh in draws(build):
            share = mesh.vertices[:, 2] / mesh.vertices[:, 2].max()
            low, high = mesh.vertices[share < 0.3], mesh.vertices[share > 0.97]
            widths = np.ptp(low, axis=0)[:2], np.ptp(high, axis=0)[:2]
            assert (widths[1] / widths[0]).min() < 0.75


def test_lighthouse_and_windmill_towers_taper() -> None:
    for build in (lighthouse, windmill):
        for mesh in draws(build):
            # The trunk comes first: its lowest ring, then the next.
            radii, heights = np.linalg.norm(mesh.vertices[:, :2], axis=1), mesh.vertices[:, 2]
            following = int(np.argmax(heights > heights[0]))
            assert heights[0] == 0 and radii[following] < 0.99 * radii[0]


def test_a_windmill_has_its_sails_in_front() -> None:
    for mesh in draws(windmill):
        upper = mesh.vertices[mesh.vertices[:, 2] > 0.45 * mesh.vertices[:, 2].max()]
        front, back = upper[upper[:, 1] < upper[:, 1].min() + 0.4], upper[upper[:, 1] > 0]
        assert np.ptp(front[:, 0]) > 1.2 * np.ptp(back[:, 0])
