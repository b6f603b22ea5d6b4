"""Lamps: table lamp, floor lamp, desk lamp, pendant lamp, street lamp."""

from __future__ import annotations

import numpy as np

from maquette.geometry.mesh import Mesh
from maquette.geometry.procedural.parts import arc, ball, box, cone, curve, cylinder, lathe, standing, torus, tube
from maquette.geometry.procedural.solid import Solid, around, assemble, join

__all__ = ["desk_lamp", "floor_lamp", "pendant_lamp", "street_lamp", "table_lamp"]


def _shade(rng: np.random.Generator, radius: float, height: float, *, narrow: float | None = None) -> Solid:
    """A hollow shade standing on z = 0, open at both ends: a drum, a cone or a bell."""
    top = radius * (rng.uniform(0.35, 1.0) if narrow is None else narrow)
    bend = rng.uniform(0.75, 1.0) if rng.random() < 0.35 else 1.0
    profile = curve([(radius, 0), ((radius + top) / 2 * bend, height * 0.5), (top, height)], 7)
    inside = np.column_stack([profile[:, 0] - 0.03 * radius, profile[:, 1]])[::-1]
    sides = int(rng.choice([4, 6, 8])) if rng.random() < 0.15 else 28
    return lathe(np.concatenate([profile, inside]), sides=sides, closed=True)


def _lit(rng: np.random.Generator, radius: float, height: float, *, narrow: float | None = None) -> Solid:
    """A shade with a bulb in it and the spider that carries it."""
    bulb = ball(radius * 0.22, rows=6, sides=10).at(z=height * 0.45).slot(3)
    spider = around(box(radius * 0.6, radius * 0.03, radius * 0.03, edge=0).at(x=radius * 0.3, z=height * 0.3), 3)
    return join([_shade(rng, radius, height, narrow=narrow).slot(2), bulb, spider.slot(1)])


def _plate(rng: np.random.Generator, radius: float) -> Solid:
    """A foot plate: round or square, flat or domed."""
    if rng.random() < 0.25:
        return box(1.8 * radius, 1.8 * radius, radius * 0.2)
    rise = radius * rng.uniform(0.15, 0.6)
    return lathe(
        [(0, 0), (radius, 0), (radius, rise * 0.3), (radius * 0.5, rise * 0.8), (radius * 0.15, rise), (0, rise)]
    )


def table_lamp(rng: np.random.Generator) -> Mesh:
    """A turned or plain foot under a shade about as wide as the foot is high; the slim ones are small floor lamps."""
    tall, foot = rng.uniform(0.35, 0.8), rng.uniform(0.12, 0.22)
    radius, shade = rng.uniform(0.2, 0.36), rng.uniform(0.2, 0.4)
    style = rng.integers(4)
    stem = lathe([(0, 0), (0.022, 0), (0.022, tall + shade * 0.4), (0, tall + shade * 0.4)], sides=10)
    parts = [stem.slot(1)]
    if style == 0:
        waist, belly = foot * rng.uniform(0.3, 0.6), foot * rng.uniform(0.8, 1.2)
        knots = [
            (foot * 0.8, 0),
            (foot * 0.6, tall * 0.08),
            (belly, tall * rng.uniform(0.35, 0.6)),
            (waist * 0.5, tall * 0.9),
        ]
        parts.append(lathe([(0, 0), *curve(knots, 14), (0, tall * 0.9)], sides=20))
    elif style == 1:
        balls = int(rng.integers(1, 4))
        size = min(tall * 0.42 / balls, foot * 0.95)
        parts += [ball(size, rows=7, sides=12).at(z=0.05 + size * (2 * number + 1) * 0.95) for number in range(balls)]
        parts.append(_plate(rng, foot * 0.8))
    elif style == 2:
        parts += [_plate(rng, foot), cylinder(foot * rng.uniform(0.12, 0.4), tall * 0.9, top=foot * 0.12)]
    else:
        splay = tube([(foot, 0, 0), (0.02, 0, tall * 0.95)], 0.02)
        parts.append(around(splay, int(rng.integers(3, 5))))
    parts.append(_lit(rng, radius, shade).at(z=tall))
    return assemble(parts, rng)


def floor_lamp(rng: np.random.Generator) -> Mesh:
    """A tall thin pole with a shade, a bowl that lights the ceiling, or an arc that carries the shade aside."""
    tall, foot = rng.uniform(0.8, 1.7), rng.uniform(0.13, 0.24)
    radius, shade, thin = rng.uniform(0.17, 0.3), rng.uniform(0.18, 0.34), rng.uniform(0.012, 0.025)
    style = rng.random()
    if style < 0.2:
        reach = rng.uniform(0.4, 0.8)
        path = np.array(
            [(0, 0), (0, tall * 0.6), (reach * 0.25, tall * 0.92), (reach * 0.65, tall), (reach, tall * 0.86)]
        )
        bow = curve(path, 16)
        pole = tube(standing(bow), thin)
        head = _lit(rng, radius, shade).at(x=float(bow[-1, 0]), z=float(bow[-1, 1]) - shade * 0.8)
        return assemble([_plate(rng, foot * 1.2), pole.slot(1), head], rng)
    parts = []
    if style < 0.4:
        parts.append(around(tube([(foot * 1.5, 0, 0), (0.02, 0, tall * rng.uniform(0.5, 0.95))], thin), 3))
    else:
        parts.append(_plate(rng, foot))
    parts.append(cylinder(thin, tall, sides=10).slot(1))
    if style > 0.8:
        bowl = [
            (0, 0),
            (radius * 0.5, 0.02),
            (radius, shade * 0.5),
            (radius * 0.95, shade * 0.5),
            (radius * 0.45, 0.05),
            (0, 0.04),
        ]
        parts.append(lathe(bowl).at(z=tall).slot(2))
    else:
        parts.append(_lit(rng, radius, shade).at(z=tall - shade * 0.3))
        if rng.random() < 0.2:
            knob = lathe([(0, 0), (0.16, 0), (0.16, 0.02), (0, 0.02)])
            parts.append(knob.at(z=tall * rng.uniform(0.35, 0.5)).slot(1))
    return assemble(parts, rng)


def desk_lamp(rng: np.random.Generator) -> Mesh:
    """A foot, two arms with joints (or a gooseneck) and a head that shines down and forward."""
    low, up = rng.uniform(0.3, 0.5), rng.uniform(0.3, 0.5)
    first, second = np.radians(rng.uniform(95, 135)), np.radians(rng.uniform(-5, 55))
    elbow = np.array([low * np.cos(first), 0, 0.05 + low * np.sin(first)])
    wrist = elbow + np.array([up * np.cos(second), 0, up * np.sin(second)])
    bar = rng.uniform(0.01, 0.02)
    foot = rng.uniform(0.11, 0.17)
    parts = [_plate(rng, foot).scaled(z=0.6)]
    if rng.random() < 0.3:
        bow = curve(
            [
                (0, 0.05),
                (elbow[0] * 0.8, elbow[2]),
                ((elbow[0] + wrist[0]) / 2, max(elbow[2], wrist[2]) * 1.12),
                (wrist[0], wrist[2]),
            ],
            18,
        )
        parts.append(tube(standing(bow), bar * 1.3).slot(1))
    else:
        double = rng.random() < 0.5
        for start, end in ((np.array([0, 0, 0.05]), elbow), (elbow, wrist)):
            arm = tube([start, end], bar * (0.8 if double else 1.1))
            parts.append((arm.at(y=0.03).both("y") if double else arm).slot(1))
        joint = cylinder(bar * 2, 0.1, sides=12).at(z=-0.05).turned("x", 90)
        parts += [joint.at(*elbow).slot(3), joint.at(*wrist).slot(3)]
    size, deep = rng.uniform(0.1, 0.16), rng.uniform(0.14, 0.24)
    bell = curve([(size, 0), (size * rng.uniform(0.75, 0.95), deep * 0.5), (size * 0.35, deep)], 7)
    inner = np.column_stack([bell[:, 0] * 0.94, bell[:, 1] - 0.006])[::-1]
    inner[0, 1], inner[-1, 1] = deep - 0.012, 0.0
    head = [
        lathe([*bell, *inner], sides=20, closed=True).slot(2),
        cylinder(size * 0.33, deep * 0.25, sides=12).at(z=deep * 0.9),
    ]
    head.append(ball(size * 0.4, rows=6, sides=10).at(z=deep * 0.35).slot(3))
    tilt = rng.uniform(-50, 10)
    parts.append(join(head).at(z=-deep * 1.05).turned("y", tilt).at(*wrist))
    return assemble(parts, rng)


def pendant_lamp(rng: np.random.Generator) -> Mesh:
    """A shade, a ball or a ring of bulbs hanging by a cord or chain from a rose on the ceiling."""
    cord, radius = rng.uniform(0.35, 1.0), rng.uniform(0.2, 0.42)
    parts = [lathe([(0, 0), (0.1, 0), (0.03, -0.06), (0, -0.06)], sides=16).slot(1)]
    parts.append(cylinder(0.012, cord, sides=6).at(z=-cord).slot(1))
    style = rng.integers(4)
    if style == 0:
        tilt = np.radians(np.linspace(5, 85, 8))
        out = np.column_stack([radius * np.cos(tilt), radius * rng.uniform(0.6, 1.0) * np.sin(tilt)])
        dome = lathe([*out, *(out[::-1] * 0.94)], sides=24, closed=True)
        parts += [dome.at(z=-cord - radius * 0.85).slot(2), ball(radius * 0.25).at(z=-cord - radius * 0.5).slot(3)]
        parts.append(cylinder(radius * 0.12, radius * 0.4).at(z=-cord - radius * 0.2).slot(1))
    elif style == 1:
        parts.append(_lit(rng, radius, radius * rng.uniform(0.5, 1.2)).at(z=-cord - radius * 0.5).slot(2))
    elif style == 2:
        squash = rng.uniform(0.65, 1.15)
        parts.append(ball(radius, rows=10, sides=18).scaled(z=squash).at(z=-cord - radius * squash * 0.95).slot(2))
        parts.append(cylinder(radius * 0.2, radius * 0.2).at(z=-cord - radius * 0.1).slot(1))
    else:
        arms = int(rng.integers(3, 9))
        bend = curve([(0, 0), (radius * 0.5, -0.12), (radius, 0.02)], 8)
        limb = tube(standing(bend), 0.014)
        light = (
            cone(0.07, 0.14, sides=10).turned("x", 180).at(z=0.14)
            if rng.random() < 0.5
            else ball(0.07, rows=6, sides=8).at(z=0.06)
        )
        parts.append(around(join([limb.slot(1), light.at(x=radius, z=0.02).slot(2)]), arms).at(z=-cord))
        parts.append(ball(0.06, rows=6, sides=8).at(z=-cord).slot(1))
    return assemble(parts, rng)


def street_lamp(rng: np.random.Generator) -> Mesh:
    """A very tall post with one or two bent arms and flat heads, or with a lantern on top."""
    tall, thin = rng.uniform(2.2, 3.6), rng.uniform(0.035, 0.06)
    parts = [cylinder(thin * 1.4, tall, top=thin * 0.8, sides=12)]
    parts.append(
        lathe([(0, 0), (thin * 3, 0), (thin * 3, 0.1), (thin * 1.8, 0.18), (thin * 1.5, 0.4), (0, 0.4)], sides=12)
    )
    if rng.random() < 0.6:
        reach, rise = rng.uniform(0.45, 0.9), rng.uniform(0.1, 0.45)
        bend = arc(1.0, 180, 90, 9) * [reach, 1, rise] + [reach, 0, 0]
        limb = tube(bend, thin * 0.7).at(z=tall - 0.02)
        head = box(0.42, 0.16, 0.08, edge=0.03) if rng.random() < 0.6 else ball(0.16, rows=6).scaled(1.4, 1, 0.5)
        lens = box(0.3, 0.12, 0.03, edge=0).at(z=-0.02).slot(3)
        one = join(
            [limb, join([head.slot(2), lens]).turned("y", rng.uniform(-12, 5)).at(x=reach + 0.15, z=tall + rise - 0.05)]
        )
        parts += [one, one.mirrored("x")] if rng.random() < 0.4 else [one]
    else:
        size, high, sides = rng.uniform(0.14, 0.24), rng.uniform(0.3, 0.5), int(rng.choice([4, 6, 8]))
        glass = cylinder(size * 0.65, high, top=size, sides=sides).slot(3)
        roof = cone(size * 1.25, size * rng.uniform(0.6, 1.1), sides=sides).at(z=high).slot(2)
        tip = ball(0.04, rows=6, sides=8).at(z=high + size).slot(2)
        lantern = join([glass, roof, tip, cylinder(size * 0.75, 0.04, sides=sides).at(z=-0.03).slot(2)])
        if rng.random() < 0.35:
            lantern = join([ball(size, rows=8, sides=14).at(z=size).slot(3), torus(size * 0.4, 0.03, around=5).slot(2)])
        count = int(rng.choice([1, 1, 1, 2, 3]))
        if count == 1:
            parts.append(lantern.at(z=tall))
        else:
            limb = tube([(0, 0, tall * 0.85), (size * 1.6, 0, tall * 0.88), (size * 1.8, 0, tall * 0.95)], thin * 0.6)
            parts.append(around(join([limb, lantern.at(x=size * 1.8, z=tall * 0.95)]), count))
    return assemble(parts, rng)
