from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from maquette.geometry.procedural.parts import (
    arc,
    ball,
    body,
    box,
    cone,
    curve,
    cylinder,
    helix,
    lathe,
    outline,
    pipe,
    prism,
    rounded_rectangle,
    standing,
    torus,
    tube,
)
from maquette.geometry.procedural.solid import Solid

MANY = 256
CIRCLE = np.pi


def directed_edges(part: Solid) -> list[tuple[int, int]]:
    edges = np.concatenate([part.faces[:, [0, 1]], part.faces[:, [1, 2]], part.faces[:, [2, 0]]])
    return [tuple(edge) for edge in edges.tolist()]


PARTS: dict[str, Callable[[], Solid]] = {
    "box": lambda: box(1.0, 2.0, 3.0),
    "sharp box": lambda: box(1.0, 2.0, 3.0, edge=0.0),
    "cushion": lambda: box(1.0, 2.0, 3.0, edge=0.4, steps=4),
    "cylinder": lambda: cylinder(1.0, 2.0),
    "cone": lambda: cone(1.0, 2.0),
    "ball": lambda: ball(1.0),
    "torus": lambda: torus(1.0, 0.2),
    "pipe": lambda: pipe(outline(1.0, 12), outline(0.5, 12), 1.0),
    "prism": lambda: prism(outline([1, 0.4, 1, 0.4, 1, 0.4]), 1.0),
    "helix": lambda: tube(helix(1.0, 2.0, 3.0), 0.1),
    "spindle": lambda: tube([(0, 0, 0), (0, 0, 1), (0, 0, 2)], [0.1, 0.3, 0.1]),
    "closed tube": lambda: tube(standing(outline(1.0, 12)), 0.1, closed=True),
    "body": lambda: body([(0, 0, 1, 1), (1, -1, 2, 2), (2, 0, 1, 1)]),
    "boxy body": lambda: body([(0, 0, 1, 1), (1, -1, 2, 2), (2, 0, 1, 1)], roundness=0.0),
    "vessel": lambda: lathe([(0, 0), (1, 0), (1, 1), (0.9, 1), (0.9, 0.1), (0, 0.1)]),
    "bush": lambda: lathe([(0.5, 0), (1, 0), (1, 1), (0.5, 1)], closed=True),
}


@pytest.mark.parametrize("name", PARTS)
def test_every_part_is_closed_and_looks_outward(name: str) -> None:
    part = PARTS[name]()
    edges = directed_edges(part)
    assert len(edges) == len(set(edges)), "two faces run along an edge in the same direction"
    assert set(edges) == {(b, a) for a, b in edges}, "an edge with one face"
    assert part.volume() > 0
    corners = part.vertices[part.faces]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2
    assert areas.min() > 1e-6


@pytest.mark.parametrize(
    ("part", "volume"),
    [
        (box(1.0, 2.0, 3.0, edge=0.0), 6.0),
        (prism(outline(1.0, 4), 3.0), 6.0),
        (prism(outline(1.0, 4), 3.0, top=0.5), 3 * 2 * (1 + 0.5 + 0.25) / 3),
        (cylinder(1.0, 2.0, sides=MANY), 2 * CIRCLE),
        (cylinder(1.0, 3.0, top=0.5, sides=MANY), CIRCLE * 3 * (1 + 0.5 + 0.25) / 3),
        (cone(2.0, 3.0, sides=MANY), 4 * CIRCLE),
        (ball(1.0, rows=MANY // 2, sides=MANY), 4 / 3 * CIRCLE),
        (torus(2.0, 0.5, sides=MANY, around=MANY), 2 * CIRCLE * 2 * CIRCLE * 0.25),
        (pipe(outline(1.0, MANY), outline(0.5, MANY), 2.0), 2 * CIRCLE * 0.75),
        (tube([(0, 0, 0), (3, 0, 0)], 0.5, sides=MANY), 0.75 * CIRCLE),
        (body([(0, 0, 2, 3), (4, 0, 2, 3)], roundness=0.0), 24.0),
        (box(1.0, 1.0, 1.0, edge=0.499, steps=32), 4 / 3 * CIRCLE / 8),
    ],
)
def test_volumes_by_formula(part: Solid, volume: float) -> None:
    assert part.volume() == pytest.approx(volume, rel=0.01)


def test_a_box_has_its_measures_however_round() -> None:
    for edge in (0.0, 0.1, 0.3, 9.0):
        part = box(1.0, 2.0, 3.0, edge=edge, steps=3)
        assert part.vertices.min(axis=0) == pytest.approx([-0.5, -1, 0], abs=0.01)
        assert part.vertices.max(axis=0) == pytest.approx([0.5, 1, 3], abs=0.01)


def test_a_rounded_rectangle_stays_inside_and_touches_its_sides() -> None:
    points = rounded_rectangle(4.0, 2.0, 0.5, steps=8)
    assert len(points) == 36
    assert np.abs(points).max(axis=0) == pytest.approx([2, 1])
    corner = points[(points > [1.5, 0.5]).all(axis=1)]
    assert np.linalg.norm(corner - [1.5, 0.5], axis=1) == pytest.approx(np.full(len(corner), 0.5))


def test_outline_by_hand() -> None:
    assert outline(2.0, 4) == pytest.approx(np.array([[2, 0], [0, 2], [-2, 0], [0, -2]]), abs=1e-12)
    assert outline([1, 3]) == pytest.approx(np.array([[1, 0], [-3, 0]]), abs=1e-12)


def test_a_tube_keeps_its_distance_from_its_path() -> None:
    path = arc(2.0, 0.0, 180.0, 64)
    part = tube(path, 0.25, sides=16)
    skin = part.vertices[:-2]
    nearest = np.linalg.norm(skin[:, None] - path[None], axis=2).min(axis=1)
    assert nearest == pytest.approx(np.full(len(skin), 0.25), rel=0.01)


def test_a_helix_climbs_evenly() -> None:
    path = helix((1.0, 0.5), 2.0, 4.0, steps=10)
    assert len(path) == 41
    assert np.diff(path[:, 2]) == pytest.approx(np.full(40, 0.05))
    assert np.linalg.norm(path[:, :2], axis=1)[[0, 20, 40]] == pytest.approx([1.0, 0.75, 0.5])


def test_a_curve_runs_through_its_points_and_keeps_lines_straight() -> None:
    knots = np.array([(0.0, 0.0), (1.0, 2.0), (3.0, 1.0), (4.0, 4.0)])
    assert curve(knots, 13)[::4] == pytest.approx(knots)
    line = curve([(0, 0, 0), (1, 2, 3), (2, 4, 6)], 9)
    assert line == pytest.approx(np.linspace(0, 1, 9)[:, None] * [2, 4, 6])


def test_arc_and_standing() -> None:
    assert arc(2.0, 0.0, 90.0, 2, z=1.0) == pytest.approx(np.array([[2, 0, 1], [0, 0, 3]]), abs=1e-12)
    assert standing([(1, 2), (3, 4)]).tolist() == [[1, 0, 2], [3, 0, 4]]


def test_a_vessel_holds_water() -> None:
    solid, hollow = cylinder(1.0, 1.0, sides=MANY), PARTS["vessel"]()
    assert hollow.volume() < 0.35 * solid.volume()
