from __future__ import annotations

import numpy as np
import pytest

from maquette.geometry.procedural.parts import box
from maquette.geometry.procedural.solid import Solid, around, assemble, join, palette, solid

TETRAHEDRON = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
OUTWARD = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]])


def test_volume_by_hand_and_sign() -> None:
    assert Solid(TETRAHEDRON, OUTWARD, np.zeros(4, dtype=np.int64)).volume() == pytest.approx(1 / 6)
    assert Solid(TETRAHEDRON, OUTWARD[:, ::-1], np.zeros(4, dtype=np.int64)).volume() == pytest.approx(-1 / 6)


def test_solid_turns_an_inside_out_surface() -> None:
    assert solid(TETRAHEDRON, OUTWARD[:, ::-1]).volume() == pytest.approx(1 / 6)
    assert np.array_equal(solid(TETRAHEDRON, OUTWARD).faces, OUTWARD)


@pytest.mark.parametrize(
    ("axis", "start", "end"), [("x", (0, 1, 0), (0, 0, 1)), ("y", (0, 0, 1), (1, 0, 0)), ("z", (1, 0, 0), (0, 1, 0))]
)
def test_a_quarter_turn_goes_counter_clockwise(axis: str, start: tuple[float, ...], end: tuple[float, ...]) -> None:
    body = Solid(np.array([start, (0.0, 0, 0)]), np.zeros((0, 3), dtype=np.int64), np.zeros(0, dtype=np.int64))
    turned = body.turned(axis, 90.0)  # type: ignore[arg-type]  # one of the three axes
    assert turned.vertices[0] == pytest.approx(end)
    assert tuple(body.vertices[0]) == start


def test_mirror_images_still_look_outward() -> None:
    body = solid(TETRAHEDRON, OUTWARD).at(x=2.0)
    both = body.both("x")
    assert body.mirrored("y").volume() == pytest.approx(1 / 6)
    assert both.volume() == pytest.approx(2 / 6)
    assert both.vertices[:, 0].min() == -3.0


def test_join_keeps_order_and_slots() -> None:
    joined = join([box(1.0, 1.0, 1.0), box(2.0, 1.0, 1.0).slot(3)])
    faces = len(box(1.0, 1.0, 1.0).faces)
    assert joined.slots.tolist() == [0] * faces + [3] * faces
    assert joined.volume() == pytest.approx(box(1.0, 1.0, 1.0).volume() + box(2.0, 1.0, 1.0).volume())


def test_around_spreads_copies_evenly() -> None:
    ring = around(box(0.1, 0.1, 0.1).at(x=1.0), 4, first_degrees=90.0)
    centers = ring.vertices.reshape(4, -1, 3).mean(axis=1)
    assert centers[:, :2] == pytest.approx(np.array([[0, 1], [-1, 0], [0, -1], [1, 0]]), abs=1e-9)


def test_palette_spans_the_colors_and_is_never_black() -> None:
    colors = palette(4000, rng=np.random.default_rng(0)).astype(float)
    assert colors.max(axis=1).min() >= 0.35 * 255 - 1
    share = np.bincount(colors.argmax(axis=1), minlength=3) / 4000
    assert share == pytest.approx(np.full(3, 1 / 3), abs=0.05)
    gray = colors.max(axis=1) - colors.min(axis=1) < 20
    assert 0.02 < gray.mean() < 0.5


def test_assemble_paints_each_slot_in_one_color() -> None:
    mesh = assemble([box(1.0, 1.0, 1.0), box(1.0, 1.0, 1.0).at(z=1.0).slot(1)], np.random.default_rng(1))
    assert mesh.colors is not None
    assert len(np.unique(mesh.colors, axis=0)) == 2
    half = len(mesh.faces) // 2
    assert (mesh.colors[:half] == mesh.colors[0]).all() and (mesh.colors[half:] == mesh.colors[-1]).all()
