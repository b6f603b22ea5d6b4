from __future__ import annotations

import numpy as np

from maquette.geometry.procedural.furniture import bed, chair, desk, shelf, sofa, stool, table
from tests.geometry.procedural.drawn import draws, extents, overlap, slenderness


def test_what_stands_stands_on_the_floor() -> None:
    for build in (bed, chair, desk, shelf, stool, table):
        for mesh in draws(build):
            assert abs(mesh.vertices[:, 2].min()) < 0.08


def test_a_chair_has_its_back_behind_and_most_stools_have_none() -> None:
    backs = 0
    for mesh in draws(chair):
        top = mesh.vertices[mesh.vertices[:, 2] > 0.9 * mesh.vertices[:, 2].max()]
        assert top[:, 1].mean() > 0.1
    for mesh in draws(stool):
        top = mesh.vertices[mesh.vertices[:, 2] > 0.9 * mesh.vertices[:, 2].max()]
        backs += top[:, 1].mean() > 0.1
    assert backs < 5


def test_stools_are_slim_tables_wide_and_some_between() -> None:
    stools, tables = slenderness(stool, 60), slenderness(table, 60)
    assert np.median(stools) > 1.2 > np.median(tables)
    assert overlap(stools, tables)


def test_beds_and_sofas_lie_and_shelves_stand() -> None:
    beds, sofas, shelves = extents(bed), extents(sofa), extents(shelf)
    assert (beds[:, 1] > beds[:, 0]).all() and np.median(beds[:, 2]) < 0.6 * np.median(beds[:, 1])
    assert np.median(sofas[:, 0] / sofas[:, 2]) > 1.3
    assert (shelves[:, 2] > 2 * shelves[:, 1]).all()


def test_desks_and_tables_overlap_in_proportion() -> None:
    desks, tables = slenderness(desk, 60), slenderness(table, 60)
    assert overlap(desks, tables)
    assert (extents(desk)[:, 0] > extents(desk)[:, 1]).all()
