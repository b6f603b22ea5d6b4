from __future__ import annotations

import numpy as np
import pytest

from maquette.geometry.procedural.tools import axe, hammer, saw, screwdriver, shovel, wrench
from tests.geometry.procedural.drawn import draws, extents


@pytest.mark.parametrize("build", [axe, hammer, screwdriver, shovel, wrench])
def test_handles_run_along_z(build: object) -> None:
    sizes = extents(build)  # type: ignore[arg-type]  # the list above holds builders
    assert (sizes[:, 2] > 1.15 * sizes[:, :2].max(axis=1)).all()


def test_heads_are_on_top() -> None:
    for build in (axe, hammer):
        for mesh in draws(build):
            top = mesh.vertices[mesh.vertices[:, 2] > 0.75 * mesh.vertices[:, 2].max()]
            assert np.ptp(top[:, 0]) == pytest.approx(np.ptp(mesh.vertices[:, 0]), rel=0.25)


def test_an_axe_ends_in_a_thin_edge_and_a_hammer_in_a_face() -> None:
    def breadth_at_the_front(build: object) -> float:
        found = []
        for mesh in draws(build):  # type: ignore[arg-type]  # a builder
            front = mesh.vertices[mesh.vertices[:, 0] > mesh.vertices[:, 0].max() - 0.02]
            found.append(np.ptp(front[:, 1]) / np.ptp(mesh.vertices[:, 1]))
        return float(np.median(found))

    assert breadth_at_the_front(axe) < 0.4 < 0.8 < breadth_at_the_front(hammer)


def test_a_saw_has_teeth_below() -> None:
    for mesh in draws(saw):
        assert np.ptp(mesh.vertices[:, 0]) > 2 * np.ptp(mesh.vertices[:, 2])
        blade = mesh.vertices[np.abs(mesh.vertices[:, 1]) < 0.016]
        assert len(np.unique(blade[:, 0].round(6))) >= 29


def test_screwdrivers_are_thin_above_and_thick_below() -> None:
    for mesh in draws(screwdriver):
        radii, share = np.linalg.norm(mesh.vertices[:, :2], axis=1), mesh.vertices[:, 2] / mesh.vertices[:, 2].max()
        assert radii[share > 0.8].max() < 0.85 * radii[share < 0.3].max()


def test_shovels_have_their_blade_below_and_wrenches_are_flat() -> None:
    for mesh in draws(shovel):
        share = mesh.vertices[:, 2] / mesh.vertices[:, 2].max()
        assert np.ptp(mesh.vertices[share < 0.3][:, 0]) > 0.85 * np.ptp(mesh.vertices[:, 0])
    sizes = extents(wrench)
    assert (sizes[:, 1] < 0.45 * sizes[:, 0]).all()
