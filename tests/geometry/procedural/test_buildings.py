from __future__ import annotations

import numpy as np
from drawn import draws, overlap, slenderness

from maquette.geometry.procedural.buildings import barn, church, house, lighthouse, skyscraper, windmill


def test_towers_are_tall_and_barns_low() -> None:
    for build in (skyscraper, lighthouse):
        assert np.median(slenderness(build)) > 2.5
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
            trunk = mesh.vertices[np.abs(mesh.vertices[:, 0]) < 0.02]
            behind, share = trunk[:, 1], trunk[:, 2] / mesh.vertices[:, 2].max()
            assert behind[share < 0.25].max() > behind[(share > 0.5)].max() * 0.6


def test_a_windmill_has_its_sails_in_front() -> None:
    for mesh in draws(windmill):
        front = mesh.vertices[mesh.vertices[:, 1] < mesh.vertices[:, 1].min() + 0.3]
        assert np.ptp(front[:, 2]) > 0.45 * np.ptp(mesh.vertices[:, 2])
