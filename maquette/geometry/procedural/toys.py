"""Toys: robot, teddy bear, rocket, stacking rings, toy brick, rocking horse, spinning top. Faces look along -y."""

from __future__ import annotations

import numpy as np

from maquette.geometry.mesh import Mesh
from maquette.geometry.procedural.parts import arc, ball, body, box, cone, curve, cylinder, lathe, standing, torus, tube
from maquette.geometry.procedural.solid import Solid, around, assemble, join

__all__ = ["robot", "rocket", "rocking_horse", "spinning_top", "stacking_rings", "teddy_bear", "toy_brick"]


def robot(rng: np.random.Generator) -> Mesh:
    """A boxy trunk and head with eyes and antennas, jointed arms, and legs or tracks."""
    wide, deep, tall = rng.uniform(0.45, 0.75), rng.uniform(0.3, 0.45), rng.uniform(0.5, 0.85)
    leg, thick = rng.uniform(0.25, 0.55), rng.uniform(0.1, 0.18)
    parts = [box(wide, deep, tall, edge=rng.uniform(0.01, 0.08)).at(z=leg)]
    if rng.random() < 0.75:
        parts.append(box(thick, thick, leg).at(x=wide * 0.27).both("x").slot(1))
        parts.append(box(thick * 1.5, thick * 2.2, 0.1).at(x=wide * 0.27, y=-0.05).both("x").slot(2))
    else:
        leg_track = box(thick * 1.2, deep * 1.6, leg * 1.05, edge=leg * 0.4, steps=3)
        parts.append(leg_track.at(x=wide * 0.38).both("x").slot(1))
    size, z = rng.uniform(0.26, 0.45), leg + tall + 0.06
    parts.append(cylinder(0.08, 0.12, sides=10).at(z=z - 0.08).slot(1))
    if rng.random() < 0.7:
        parts.append(box(size * rng.uniform(0.9, 1.4), size * 0.9, size).at(z=z))
    else:
        parts.append(cylinder(size * 0.5, size, top=size * rng.uniform(0.3, 0.5)).at(z=z))
    eye = cylinder(size * rng.uniform(0.1, 0.17), 0.06, sides=12).turned("x", 90)
    parts.append(eye.at(x=size * 0.25, y=-size * 0.43, z=z + size * 0.62).both("x").slot(3))
    parts.append(box(size * 0.55, 0.04, size * 0.1, edge=0).at(y=-size * 0.45, z=z + size * 0.2).slot(3))
    feelers = join([cylinder(0.015, 0.16, sides=6), ball(0.04, rows=6, sides=8).at(z=0.17)]).slot(2)
    if rng.random() < 0.5:
        parts.append(feelers.at(z=z + size))
    else:
        parts.append(feelers.turned("y", 20).at(x=size * 0.3, z=z + size * 0.98).both("x"))
    reach = tall * rng.uniform(0.45, 0.6)
    swing = rng.uniform(-80, 30)
    arm = [ball(thick * 0.6, rows=6, sides=10), cylinder(thick * 0.35, reach, sides=10).at(z=-reach)]
    arm += [
        ball(thick * 0.45, rows=6, sides=10).at(z=-reach),
        cylinder(thick * 0.3, reach * 0.6, sides=10).at(z=-reach * 1.6),
    ]
    arm.append(torus(thick * 0.35, thick * 0.15, sides=12, around=5).turned("y", 90).at(z=-reach * 1.6 - thick * 0.4))
    limb = join(arm).turned("x", swing).turned("y", -rng.uniform(0, 25))
    parts.append(limb.at(x=wide / 2 + thick * 0.5, z=leg + tall * 0.88).both("x").slot(1))
    panel = box(wide * 0.6, 0.04, tall * 0.35).at(y=-deep / 2, z=leg + tall * 0.4).slot(2)
    parts.append(panel)
    knob = cylinder(0.03, 0.08, sides=8).turned("x", 90).at(y=-deep / 2, z=leg + tall * 0.55).slot(3)
    parts += [knob.at(x=place * wide) for place in (-0.15, 0.0, 0.15)]
    return assemble(parts, rng)


def teddy_bear(rng: np.random.Generator) -> Mesh:
    """A sitting or standing bear of balls: belly, head with round ears and a snout, four short limbs."""
    belly, tall = rng.uniform(0.32, 0.42), rng.uniform(1.05, 1.4)
    head, ear = rng.uniform(0.26, 0.34), rng.uniform(0.09, 0.14)
    depth = rng.uniform(0.8, 0.95)
    trunk = ball(belly).scaled(1, depth, tall)
    neck = belly * tall * 0.85 + head * 0.7
    face = [ball(head).scaled(1.08, 0.95, 0.95)]
    face.append(ball(ear, rows=6, sides=10).scaled(1, 0.5, 1).at(x=head * 0.75, z=head * 0.75).both("x").slot(1))
    snout = head * rng.uniform(0.4, 0.55)
    face.append(ball(snout, rows=6, sides=10).scaled(1, 0.9, 0.75).at(y=-head * 0.8, z=-head * 0.15).slot(1))
    face.append(ball(0.05, rows=6, sides=8).at(y=-head * 0.8 - snout * 0.85, z=-head * 0.02).slot(2))
    face.append(ball(0.035, rows=6, sides=8).at(x=head * 0.4, y=-head * 0.82, z=head * 0.25).both("x").slot(2))
    limb, thick = rng.uniform(0.3, 0.42), rng.uniform(0.11, 0.16)
    arm = ball(1.0, rows=7, sides=10).scaled(thick, thick, limb * 0.65).at(z=-limb * 0.5)
    arm = (
        arm.turned("x", rng.uniform(-60, 10))
        .turned("y", -rng.uniform(20, 80))
        .at(x=belly * 0.75, z=belly * tall * 0.65)
    )
    if rng.random() < 0.65:
        leg = ball(1.0, rows=7, sides=10).scaled(thick * 1.15, limb * 0.75, thick * 1.15).at(y=-limb * 0.5)
        leg = leg.turned("z", rng.uniform(10, 35)).at(x=belly * 0.55, z=-belly * tall * 0.75)
        sole = ball(thick * 0.9, rows=6, sides=10).scaled(1, 0.4, 1.2).at(y=-limb * 1.15)
        foot = sole.turned("z", 20).at(x=belly * 0.6, z=-belly * tall * 0.7)
    else:
        leg = (
            ball(1.0, rows=7, sides=10)
            .scaled(thick * 1.2, thick * 1.2, limb * 0.8)
            .at(x=belly * 0.5, z=-belly * tall - limb * 0.35)
        )
        foot = (
            ball(thick * 1.2, rows=6, sides=10).scaled(1, 1.4, 0.7).at(x=belly * 0.5, y=-0.07, z=-belly * tall - limb)
        )
    parts = [trunk, join(face).at(z=neck), arm.both("x"), leg.both("x"), foot.both("x").slot(1)]
    if rng.random() < 0.4:
        bow = cone(0.1, 0.16, sides=8).turned("y", -90).at(x=0.15).both("x").at(y=-belly * 0.7, z=belly * tall * 0.8)
        parts.append(bow.slot(3))
    if rng.random() < 0.5:
        parts.append(ball(belly * 0.7).scaled(1, 0.5, tall).at(y=-belly * (depth - 0.26)).slot(1))
    return assemble(parts, rng)


def rocket(rng: np.random.Generator) -> Mesh:
    """A slim body with a pointed nose, three to five fins, portholes and a nozzle; boosters at times."""
    radius, tall = rng.uniform(0.2, 0.34), rng.uniform(1.1, 2.0)
    nose, bulge = rng.uniform(0.35, 0.7), rng.uniform(0.95, 1.25)
    foot = radius * rng.uniform(0.7, 1.0)
    side = curve([(foot, 0), (radius * bulge, tall * 0.4), (radius, tall)], 9)
    tip = curve([(radius, tall), (radius * 0.62, tall + nose * 0.55), (0.015, tall + nose)], 7)
    parts = [lathe([(0, 0), *side, (0, tall)]), lathe([(0, tall - 0.01), *tip, (0, tall + nose)]).slot(1)]
    count, span, height = int(rng.integers(3, 6)), rng.uniform(0.2, 0.45), rng.uniform(0.35, 0.7)
    drop = rng.uniform(0.0, 0.3)
    fin = body([(foot * 0.7, 0.05, height, 0.06), (foot + span * 0.6, -drop * 0.5, height * 0.55, 0.05),
                (foot + span, -drop - 0.05, height * 0.2, 0.04)], roundness=0.3)  # fmt: skip
    parts.append(around(fin, count, first_degrees=-90).slot(1))
    parts.append(lathe([(0, 0), (foot * 0.6, 0), (foot * 0.35, 0.14), (0, 0.14)]).at(z=-0.12).slot(2))
    for share in np.linspace(0.5, 0.8, int(rng.integers(1, 4))):
        glass = join([torus(0.08, 0.025, sides=16, around=6), cylinder(0.075, 0.02, sides=16)]).turned("x", 90)
        wall = float(np.interp(share * tall, side[:, 1], side[:, 0]))
        parts.append(glass.at(y=-wall, z=share * tall).slot(3))
    for share in np.linspace(0.15, 0.9, int(rng.integers(0, 3))):
        wall = float(np.interp(share * tall, side[:, 1], side[:, 0]))
        parts.append(cylinder(wall * 1.03, 0.06, sides=20).at(z=share * tall).slot(2))
    if rng.random() < 0.3:
        size = radius * 0.4
        booster = lathe(
            [(0, -0.08), (size * 0.8, -0.08), (size, 0.1), (size, tall * 0.55), (0, tall * 0.55 + 0.25)], sides=12
        )
        parts.append(
            around(
                booster.at(x=radius * bulge + size * 0.8), 2 if count == 4 else count, first_degrees=-90 + 180 / count
            ).slot(2)
        )
    return assemble(parts, rng)


def stacking_rings(rng: np.random.Generator) -> Mesh:
    """Rings that grow smaller upward on a stick, on a foot, with a ball or a head on top."""
    count, radius = int(rng.integers(3, 8)), rng.uniform(0.45, 0.65)
    thick, last = rng.uniform(0.09, 0.14), rng.uniform(0.4, 0.65)
    style = rng.integers(3)
    parts = [lathe([(0, 0), (radius * 0.95, 0), (radius * 0.85, 0.1), (0, 0.1)]).slot(1)]
    if rng.random() < 0.3:
        parts[0] = box(radius * 1.6, radius * 1.6, 0.1).slot(1)
    z = 0.1
    for number, size in enumerate(np.linspace(1.0, last, count)):
        reach = radius * size
        if style == 0:
            ring = torus(reach - thick, thick, around=10).at(z=thick)
        elif style == 1:
            edge = thick * 0.4
            ring = lathe(
                [
                    (0.08, 0),
                    (reach - edge, 0),
                    (reach, edge),
                    (reach, 2 * thick - edge),
                    (reach - edge, 2 * thick),
                    (0.08, 2 * thick),
                ],
                closed=True,
            )
        else:
            ring = lathe(
                [(0.08, 0), (reach, 0), (reach * (1 - 0.4 / count), 2 * thick), (0.08, 2 * thick)],
                sides=20,
                closed=True,
            )
        parts.append(ring.at(z=z).slot(2 + number % 4))
        z += 2 * thick
    parts.append(cylinder(0.07, z + 0.06).slot(1))
    top = rng.uniform(0.12, 0.2)
    if rng.random() < 0.75:
        parts.append(ball(top).at(z=z + top * 0.8).slot(0))
    else:
        parts.append(cone(top, top * 2).at(z=z).slot(0))
    return assemble(parts, rng)


def toy_brick(rng: np.random.Generator) -> Mesh:
    """A building block with rows of round studs on top: flat, high, sloped, or two stacked."""
    columns, rows = int(rng.integers(1, 3)), int(rng.integers(1, 6))
    if rng.random() < 0.35:
        columns, rows = int(rng.integers(2, 5)), int(rng.integers(2, 5))
    tall = 0.4 if rng.random() < 0.25 else 1.2
    brick = _brick(columns, rows, tall)
    style = rng.random()
    if style < 0.2:
        return assemble(
            [brick, _brick(columns, max(rows - 1, 1), 1.2).at(y=rng.choice([-0.5, 0.5]), z=tall).slot(1)], rng
        )
    if style < 0.35 and rows > 1:
        width, depth = float(columns), float(rows)
        slope = body(
            [(-depth / 2, 0, 1.2, width), (-depth / 2 + 1, 0, 1.2, width), (depth / 2, 0, 0.3, width)], roundness=0
        )
        stud = cylinder(0.3, 0.2).at(z=1.2)
        studs = [stud.at(x=-depth / 2 + 0.5, y=column - (columns - 1) / 2) for column in range(columns)]
        return assemble([slope, *studs], rng)
    return assemble([brick], rng)


def _brick(columns: int, rows: int, tall: float) -> Solid:
    """One block of columns x rows studs."""
    stud = cylinder(0.3, 0.2).at(z=tall)
    studs = [stud.at(x - (columns - 1) / 2, y - (rows - 1) / 2) for x in range(columns) for y in range(rows)]
    return join([box(columns * 0.98, rows * 0.98, tall, edge=0.03), *studs])


def rocking_horse(rng: np.random.Generator) -> Mesh:
    """A wooden horse on two curved runners, with a saddle, a mane, a tail and a bar to hold."""
    length, wide, leg = rng.uniform(0.75, 1.0), rng.uniform(0.24, 0.34), rng.uniform(0.42, 0.6)
    bend, spread = rng.uniform(1.0, 1.5), rng.uniform(0.14, 0.22)
    runner = tube(arc(bend, -90 - 38, -90 + 38, 15, z=bend), 0.035, sides=6).at(y=spread)
    parts = [runner.both("y").slot(1)]
    parts.append(
        cylinder(0.025, 2 * spread)
        .at(z=-spread)
        .turned("x", 90)
        .at(z=0.03)
        .slot(1)
        .at(x=length * 0.3)
        .both("x")
        .at(z=0.06)
    )
    trunk = body([(-length / 2, leg, leg + wide * 0.8, wide * 0.7), (-length * 0.35, leg - 0.04, leg + wide, wide),
                  (0, leg - 0.02, leg + wide * 0.92, wide * 0.95), (length * 0.35, leg - 0.04, leg + wide, wide),
                  (length / 2, leg + 0.05, leg + wide * 0.95, wide * 0.7)], roundness=0.8)  # fmt: skip
    parts.append(trunk)
    for side in (1, -1):
        x = side * length * 0.36
        foot = x + side * 0.12
        limb = tube([(x, wide * 0.3, leg + 0.05), (foot, spread, bend - np.sqrt(bend**2 - foot**2))], [0.06, 0.038])
        parts.append(limb.both("y"))
    lift = rng.uniform(0.34, 0.48)
    nape, crest = (length * 0.38, leg + wide * 0.7), (length * 0.58, leg + wide + lift)
    neck = tube([(nape[0], 0, nape[1]), (crest[0], 0, crest[1])], [wide * 0.45, wide * 0.28], sides=10)
    head = lathe([(0, 0), (wide * 0.28, 0.02), (wide * 0.24, 0.2), (wide * 0.17, 0.32), (0, 0.36)], sides=10)
    head = head.scaled(1.15, 0.85, 1).turned("y", rng.uniform(100, 130)).at(x=crest[0] - 0.06, z=crest[1])
    parts += [neck, head]
    parts.append(cone(0.04, 0.12, sides=6).at(x=crest[0] - 0.03, y=wide * 0.17, z=crest[1] + wide * 0.2).both("y"))
    mane = tube(
        [(nape[0] - 0.12, 0, nape[1] + 0.1), (crest[0] - wide * 0.35, 0, crest[1] + 0.08)], [0.05, 0.06], sides=6
    )
    tail = curve(
        [(-length / 2, leg + wide * 0.75), (-length / 2 - 0.14, leg + wide * 0.5), (-length / 2 - 0.18, leg)], 7
    )
    parts += [
        mane.slot(2),
        tube(standing(tail), np.linspace(0.05, 0.025, 7)).slot(2),
    ]
    if rng.random() < 0.8:
        low, high = leg + wide * 0.7, leg + wide
        pad = [
            (-0.16, low, high + wide * 0.12, wide * 0.9),
            (0.0, low, high, wide),
            (0.16, low, high + wide * 0.1, wide * 0.8),
        ]
        parts.append(body(pad, roundness=0.4).slot(3))
    if rng.random() < 0.7:
        bar = cylinder(0.02, wide * 1.5).at(z=-wide * 0.75).turned("x", 90)
        parts.append(bar.at(x=(nape[0] + crest[0]) / 2, z=(nape[1] + crest[1]) / 2 + 0.02).slot(1))
    return assemble(parts, rng)


def spinning_top(rng: np.random.Generator) -> Mesh:
    """A turned body, widest above its point, with a stick to spin it by."""
    radius, low, high = rng.uniform(0.35, 0.55), rng.uniform(0.25, 0.6), rng.uniform(0.12, 0.4)
    thin, stick = rng.uniform(0.03, 0.06), rng.uniform(0.25, 0.6)
    rim = rng.uniform(0.0, 0.15)
    bulge = rng.uniform(0.35, 0.75)
    lower = curve([(0.02, 0), (radius * bulge, low * 0.5), (radius, low)], 9)
    upper = curve(
        [(radius, low + rim), (radius * rng.uniform(0.4, 0.7), low + rim + high * 0.6), (thin, low + rim + high)], 9
    )
    top = low + rim + high
    parts = [
        lathe([(0, -0.01), *lower, (0, low)], sides=24),
        lathe([(0, low), (radius, low), *upper, (0, top)], sides=24).slot(1),
    ]
    parts.append(cone(0.05, 0.12, sides=10).turned("x", 180).at(z=0.06).slot(2))
    parts.append(cylinder(thin, stick, sides=12).at(z=top - 0.02).slot(2))
    if rng.random() < 0.6:
        parts.append(ball(thin * rng.uniform(1.3, 2.2), rows=6, sides=10).at(z=top + stick).slot(2))
    if rng.random() < 0.5:
        parts.append(torus(radius * 0.98, 0.03, around=6).at(z=low + rim / 2).slot(3))
    return assemble(parts, rng)
