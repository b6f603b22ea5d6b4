from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import ConvexHull

from maquette.geometry.procedural.vessels import bottle, bowl, cup, goblet, teapot, vase
from tests.geometry.procedural.drawn import draws, extents, overlap, slenderness, volume


@pytest.mark.parametrize("build", [bowl, cup, goblet, vase])
def test_open_vessels_are_hollow(build: object) -> None:
    for mesh in draws(build):  # type: ignore[arg-type]  # the list above holds builders
        assert volume(mesh) < 0.5 * ConvexHull(mesh.vertices).volume


def test_bottles_have_necks_and_bowls_do_not() -> None:
    for mesh in draws(bottle):
        radii, heights = np.linalg.norm(mesh.vertices[:, :2], axis=1), mesh.vertices[:, 2]
        assert radii[heights > 0.9 * heights.max()].max() < 0.65 * radii.max()
    for mesh in draws(bowl):
        heights = mesh.vertices[:, 2]
        rim = mesh.vertices[heights > 0.95 * heights.max()]
        assert np.ptp(rim[:, 1]) > 0.85 * np.ptp(mesh.vertices[:, 1])


def test_cups_and_bowls_and_vases_and_bottles_overlap() -> None:
    assert np.median(slenderness(cup, 60)) > np.median(slenderness(bowl, 60))
    assert overlap(slenderness(cup, 60), slenderness(bowl, 60))
    assert overlap(slenderness(vase, 60), slenderness(bottle, 60))


def test_goblets_have_stems() -> None:
    for mesh in draws(goblet):
        radii, share = np.linalg.norm(mesh.vertices[:, :2], axis=1), mesh.vertices[:, 2] / mesh.vertices[:, 2].max()
        levels = [radii[(share >= low) & (share < low + 0.1)] for low in np.arange(0.1, 0.7, 0.1)]
        assert min(level.max() for level in levels if len(level)) < 0.6 * radii.max()


def test_teapots_are_long_from_ear_to_spout() -> None:
    sizes = extents(teapot)
    assert (sizes[:, 0] > 1.2 * sizes[:, 1]).all()
