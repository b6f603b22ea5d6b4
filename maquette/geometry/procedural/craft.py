"""Craft: airplane, sailboat, bicycle. They move along +x; sizes are metres, more or less."""

from __future__ import annotations

import numpy as np

from maquette.geometry.mesh import Mesh
from maquette.geometry.procedural.parts import ball, body, box, curve, cylinder, lathe, loft, torus, tube
from maquette.geometry.procedural.solid import Solid, around, assemble, join

__all__ = ["airplane", "bicycle", "sailboat"]


def _wing(span: float, root: float, tip: float, thick: float, sweep: float) -> Solid:
    """A wing from the origin out along +y: its chord lies along x and shrinks from root to tip."""
    half = body([(0, -thick, thick, root), (span * 0.9, -thick * 0.5, thick * 0.5, (root * 0.1 + tip * 0.9)),
                 (span, -thick * 0.3, thick * 0.3, tip)], roundness=0.9).turned("z", 90)  # fmt: skip
    vertices = half.vertices.copy()
    vertices[:, 0] -= sweep * vertices[:, 1] / span
    return Solid(vertices, half.faces, half.slots)


def airplane(rng: np.random.Generator) -> Mesh:
    """A round hull with wings and a tail: jets under the wings or at the tail, or propellers."""
    length, radius = rng.uniform(6.0, 9.0), rng.uniform(0.42, 0.65)
    span, root = rng.uniform(3.0, 4.8), rng.uniform(1.0, 1.7)
    style = int(rng.integers(3))
    sweep = rng.uniform(0.0, 0.4) if style == 2 else rng.uniform(0.5, 2.0)
    hull = curve(
        [
            (0, 0.02),
            (length * 0.08, radius * 0.75),
            (length * 0.25, radius),
            (length * 0.62, radius),
            (length, radius * 0.2),
        ],
        14,
    )
    skin = lathe([(0, 0), *hull[:, ::-1], (0, length)], sides=14).turned("y", -90).at(x=length / 2)
    high = rng.choice([-0.6, -0.5, 0.85]) * radius
    lift = rng.uniform(0, 8)
    wing = _wing(span, root, root * rng.uniform(0.3, 0.75), 0.1, sweep).turned("x", lift)
    parts = [skin, wing.at(x=rng.uniform(-0.1, 0.6), z=high).both("y").slot(1)]
    tail, back = rng.uniform(0.32, 0.45) * span, -length / 2 + 0.45
    fin = _wing(tail * 0.9, root * 0.7, root * 0.4, 0.06, sweep * 0.4 + 0.3)
    lifted = tail * 0.8 if rng.random() < 0.25 else 0.0
    plane = (
        _wing(tail, root * 0.6, root * 0.35, 0.06, sweep * 0.4)
        .both("y")
        .at(x=back - lifted * 0.45, z=radius * 0.15 + lifted)
    )
    parts += [fin.turned("x", 90).at(x=back + 0.1, z=radius * 0.1).slot(1), plane.slot(1)]
    if style == 0:
        pod = lathe([(0, 0), (0.2, 0), (0.26, 0.25), (0.24, 0.7), (0.12, 1.1), (0, 1.1)], sides=12).turned("y", -90)
        for share in (0.35,) if rng.random() < 0.7 else (0.3, 0.6):
            z = high - 0.3 + np.tan(np.radians(lift)) * span * share
            parts.append(pod.at(x=0.9 - sweep * share, y=span * share, z=z).both("y").slot(2))
    elif style == 1:
        pod = lathe([(0, 0), (0.22, 0), (0.27, 0.3), (0.24, 0.8), (0.12, 1.2), (0, 1.2)], sides=12).turned("y", -90)
        parts.append(pod.at(x=-length * 0.22, y=radius + 0.22, z=0.15).both("y").slot(2))
    else:
        blades = int(rng.integers(2, 5))
        blade = box(0.04, 0.14, 0.85).at(z=0.05)
        screw = join([blade.turned("x", 360 / blades * number) for number in range(blades)])
        parts += [screw.at(x=length / 2 + 0.05).slot(2), ball(0.16).at(x=length / 2).slot(2)]
        if rng.random() < 0.8:
            wheel = join([torus(0.16, 0.07, sides=16), cylinder(0.12, 0.1).at(z=-0.05)]).turned("x", 90)
            parts.append(wheel.at(x=0.9, y=radius * 1.15, z=-radius - 0.3).both("y").slot(2))
            parts.append(tube([(0.9, radius * 0.8, -radius * 0.5), (0.9, radius * 1.1, -radius - 0.3)], 0.05).both("y"))
    parts.append(box(0.5, radius * 1.1, 0.25, edge=0.1).at(x=length * 0.36, z=radius * 0.45).slot(3))
    return assemble(parts, rng)


def sailboat(rng: np.random.Generator) -> Mesh:
    """A pointed hull with a mast or two and three-cornered or square sails."""
    length, half = rng.uniform(3.5, 5.5), rng.uniform(0.5, 0.85)
    deck, draft = rng.uniform(0.4, 0.7), rng.uniform(0.2, 0.35)
    rise = rng.uniform(0.0, 0.35)
    place = np.array([0, 0.12, 0.35, 0.65, 0.85, 1.0])
    wide = np.array([rng.uniform(0.5, 0.85), 0.9, 1.0, 0.85, 0.5, 0.06]) * half
    sheer = deck + rise * (2 * place - 0.9) ** 2
    keel = draft * np.array([0.5, 0.15, 0, 0, 0.3, 1.3])
    side = np.array([(-1, 1), (-0.93, 0.5), (-0.55, 0.1), (0, 0), (0.55, 0.1), (0.93, 0.5), (1, 1)])
    rings = np.stack(
        [
            np.column_stack([np.full(7, length * (p - 0.5)), side[:, 0] * w, k + side[:, 1] * (h - k)])
            for p, w, h, k in zip(place, wide, sheer, keel, strict=True)
        ]
    )
    parts = [loft(rings)]
    two = rng.random() < 0.25
    tall = rng.uniform(0.95, 1.45) * length
    for x, size in ((length * 0.18, 1.0), (-length * 0.2, 0.75)) if two else ((length * rng.uniform(0.02, 0.12), 1.0),):
        top = deck + tall * size
        parts.append(cylinder(0.06, tall * size, top=0.035, sides=8).at(x=x, z=deck).slot(1))
        boom, low = length * (0.32 if two else rng.uniform(0.38, 0.5)), deck + 0.45
        parts.append(tube([(x, 0, low), (x - boom, 0, low)], 0.045).slot(1))
        if rng.random() < 0.8:
            belly = rng.uniform(0.05, 0.3)
            parts.append(_sail((x - 0.05, low + 0.08), (x - boom, low + 0.08), (x - 0.05, top * 0.97), belly).slot(2))
        else:
            sheet = body([(low + 0.3, -0.03, 0.03, boom * 1.2), (top * 0.9, -0.03, 0.03, boom)], roundness=0)
            parts.append(sheet.turned("y", -90).turned("z", 8).at(x=x + 0.1).slot(2))
    if rng.random() < 0.75:
        front = length * 0.48
        mast = length * (0.18 if two else 0.08)
        parts.append(
            _sail((front, deck + rise + 0.15), (mast + 0.15, deck + 0.4), (mast + 0.1, deck + tall * 0.8), 0.15).slot(3)
        )
    if rng.random() < 0.6:
        parts.append(box(length * 0.25, half * 0.9, 0.3).at(x=-length * 0.12, z=deck - 0.05).slot(1))
    if rng.random() < 0.4:
        fin = body([(0, -0.02, 0.02, 0.8), (0.5, -0.02, 0.02, 0.5)], roundness=0).turned("y", 90)
        parts.append(fin.turned("z", 90).at(z=0.05))
    return assemble(parts, rng)


def _sail(tack: tuple[float, float], clew: tuple[float, float], head: tuple[float, float], belly: float) -> Solid:
    """A three-cornered cloth in the plane of x and z, blown out by `belly` along y."""
    rings = []
    for up in np.linspace(0, 0.97, 7):
        luff = np.array(tack) * (1 - up) + np.array(head) * up
        leech = np.array(clew) * (1 - up) + np.array(head) * up
        share = np.linspace(0, 1, 6)
        line = luff + share[:, None] * (leech - luff)
        blown = belly * np.sin(np.pi * share) * (1 - up)
        front = np.column_stack([line[:, 0], blown - 0.012, line[:, 1]])
        rings.append(np.concatenate([front, front[::-1] + np.array([0, 0.024, 0])]))
    return loft(np.stack(rings))


def bicycle(rng: np.random.Generator) -> Mesh:
    """Two spoked wheels in a frame of tubes, with a handlebar, a saddle and pedals."""
    wheel, base = rng.uniform(0.29, 0.36), rng.uniform(0.95, 1.15)
    tyre, bar = rng.uniform(0.014, 0.032), rng.uniform(0.012, 0.02)
    spokes = int(rng.integers(8, 17))
    rim = torus(wheel, tyre, sides=28, around=6).slot(1)
    spoke = cylinder(0.005, wheel, sides=3).turned("x", 90)
    hub = cylinder(0.025, 0.1, sides=8).at(z=-0.05).slot(2)
    disc = join([rim, around(spoke, spokes).slot(2), hub]).turned("x", 90).at(z=wheel)
    rear, front = (0.0, 0.0, wheel), (base, 0.0, wheel)
    crank = (base * 0.42, 0.0, wheel * rng.uniform(0.8, 0.95))
    seat_x, seat_z = base * rng.uniform(0.26, 0.32), wheel + rng.uniform(0.38, 0.55)
    head_x, head_z = base * rng.uniform(0.8, 0.86), wheel + rng.uniform(0.4, 0.55)
    seat, head = (seat_x, 0.0, seat_z), (head_x, 0.0, head_z)
    low_head = (head_x + 0.03, 0.0, head_z - 0.14)
    step = rng.random() < 0.3
    upper = tube([(seat_x + 0.02, 0, seat_z - (0.3 if step else 0.06)), low_head if step else head], bar)
    parts = [disc, disc.at(x=base), upper, tube([crank, low_head], bar * 1.2), tube([crank, seat], bar)]
    parts.append(tube([crank, rear], bar * 0.7).at(y=0.04).both("y"))
    parts.append(tube([seat, rear], bar * 0.7).at(y=0.04).both("y"))
    parts.append(tube([(head_x - 0.01, 0.04, head_z), (base - 0.05, 0.05, wheel + 0.12), front], bar * 0.8).both("y"))
    up = rng.uniform(0.05, 0.16)
    parts.append(tube([head, (head_x - 0.02, 0, head_z + up)], bar))
    wide = rng.uniform(0.2, 0.32)
    if rng.random() < 0.4:
        drop = [(0, 0, 0), (0, wide, 0), (0.1, wide, 0.0), (0.13, wide, -0.08), (0.05, wide, -0.14)]
    else:
        drop = [(0, 0, 0), (-0.02, wide * 0.7, rng.uniform(0, 0.08)), (-0.16, wide, rng.uniform(0, 0.08))]
    parts.append(tube(drop, bar).at(x=head_x - 0.02, z=head_z + up).both("y").slot(2))
    post = rng.uniform(0.06, 0.15)
    parts.append(tube([seat, (seat_x - 0.02, 0, seat_z + post)], bar * 0.9).slot(2))
    saddle = body([(-0.13, -0.03, 0.03, 0.17), (0, -0.03, 0.025, 0.13), (0.15, -0.02, 0.02, 0.05)], roundness=0.7)
    parts.append(saddle.at(x=seat_x - 0.02, z=seat_z + post + 0.03).slot(1))
    ring = torus(0.09, 0.012, sides=18, around=5).turned("x", 90).at(crank[0], 0.05, crank[2])
    arm = box(0.17, 0.02, 0.02).at(x=0.085).turned("y", rng.uniform(0, 360))
    pedals = join([arm.at(y=0.07), arm.turned("y", 180).at(y=-0.07)]).at(x=crank[0], z=crank[2])
    parts += [ring.slot(2), pedals.slot(2)]
    if rng.random() < 0.3:
        parts.append(box(0.3, 0.14, 0.02).at(x=-0.05, z=wheel * 2 + 0.06).slot(2))
        parts.append(tube([rear, (-0.08, 0, 2 * wheel + 0.06)], 0.008).at(y=0.06).both("y").slot(2))
    return assemble(parts, rng)
