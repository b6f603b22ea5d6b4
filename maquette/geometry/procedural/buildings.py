"""Buildings: house, barn, church, skyscraper, lighthouse, windmill. The front looks along -y."""

from __future__ import annotations

import numpy as np

from maquette.geometry.mesh import Mesh
from maquette.geometry.procedural.parts import ball, body, box, cone, cylinder, lathe, outline, prism, torus, tube
from maquette.geometry.procedural.solid import Solid, around, assemble, join

__all__ = ["barn", "church", "house", "lighthouse", "skyscraper", "windmill"]


def _gable(width: float, depth: float, height: float, *, eave: float = 0.15) -> Solid:
    """A saddle roof over a rectangle; its ridge runs along y."""
    half, thick = width / 2 + eave, 0.12
    slope = [(-half, -thick, 0.0), (0, height - thick, height), (half, -thick, 0.0)]
    return body([(x, low, high + 0.02, depth + 2 * eave) for x, low, high in slope], roundness=0)


def _filled(width: float, depth: float, height: float) -> Solid:
    """The wall under a saddle roof: a lying three-sided prism whose ridge runs along y."""
    return body(
        [(-width / 2, -0.05, 0.01, depth), (0, -0.05, height, depth), (width / 2, -0.05, 0.01, depth)], roundness=0
    )


def _window(width: float, height: float) -> Solid:
    """A pane in a frame, to be set on a wall that looks along -y."""
    return join([box(width, 0.1, height).slot(2), box(width * 1.2, 0.16, 0.08, edge=0.02).at(z=-0.08).slot(3)])


def house(rng: np.random.Generator) -> Mesh:
    """Walls with windows and a door under a saddle or hipped roof; chimney, porch, dormer, garage at times."""
    width, depth, floors = rng.uniform(4, 7.5), rng.uniform(4, 8), int(rng.integers(1, 4))
    storey, pitch = rng.uniform(2.3, 2.9), rng.uniform(0.3, 0.65)
    tall = floors * storey
    rise = width * pitch
    parts = [box(width, depth, tall, edge=0.05)]
    if rng.random() < 0.7:
        across = rng.random() < 0.5
        roof = [_gable(width, depth, rise, eave=0.4).slot(1), _filled(width, depth * 0.98, rise * 0.96)]
        turned = join(roof)
        if across:
            turned = turned.turned("z", 90).scaled(width / depth, depth / width)
        parts.append(turned.at(z=tall))
    else:
        base = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * [width / 2 + 0.4, depth / 2 + 0.4]
        parts.append(prism(base, rise, top=rng.uniform(0.02, 0.35)).at(z=tall).slot(1))
    count = int(rng.integers(2, 4))
    door_at = int(rng.integers(count))
    pane = _window(width / count * rng.uniform(0.35, 0.55), storey * 0.5)
    for floor in range(floors):
        for number in range(count):
            x, z = (number + 0.5) / count * width - width / 2, floor * storey + storey * 0.32
            if floor == 0 and number == door_at:
                parts.append(box(1.0, 0.14, 2.0).at(x=x, y=-depth / 2).slot(3))
                if rng.random() < 0.35:
                    porch = box(1.8, 1.2, 0.15).at(x=x, y=-depth / 2 - 0.6, z=2.15)
                    parts += [
                        porch.slot(1),
                        cylinder(0.08, 2.2).at(x=0.75).both("x").at(x=x, y=-depth / 2 - 1.1).slot(3),
                    ]
            else:
                parts.append(pane.at(x=x, y=-depth / 2, z=z))
            parts.append(pane.turned("z", 180).at(x=x, y=depth / 2, z=z))
        side = pane.turned("z", 90).at(x=width / 2, z=floor * storey + storey * 0.32)
        parts += [side.at(y=place).both("x") for place in (-depth / 4, depth / 4)]
    if rng.random() < 0.65:
        flue = box(0.6, 0.6, rise + rng.uniform(0.3, 0.9)).at(
            x=width * rng.uniform(-0.3, 0.3), y=depth * rng.uniform(-0.3, 0.3)
        )
        parts.append(flue.at(z=tall).slot(3))
    if rng.random() < 0.25:
        wing = rng.uniform(2.4, 3.4)
        shed = [box(wing, depth * 0.7, 2.4), _gable(wing, depth * 0.7, 0.9).at(z=2.4).slot(1)]
        shed.append(box(wing * 0.75, 0.14, 1.9).at(y=-depth * 0.35).slot(3))
        parts.append(join(shed).at(x=rng.choice([-1, 1]) * (width + wing) / 2))
    return assemble(parts, rng)


def barn(rng: np.random.Generator) -> Mesh:
    """A long hall under a broken or plain roof with a wide double door, a loft hatch and, at times, a silo."""
    width, depth = rng.uniform(5, 8), rng.uniform(7, 12)
    wall, rise = rng.uniform(2.4, 3.8), rng.uniform(0.35, 0.55) * width
    half, eave = width / 2, 0.35
    parts = [box(width, depth, wall, edge=0.05)]
    if rng.random() < 0.7:
        knee, share = rng.uniform(0.55, 0.75), rng.uniform(0.55, 0.72)
        line = [
            (-half - eave, -0.25),
            (-half * knee, rise * share),
            (0, rise),
            (half * knee, rise * share),
            (half + eave, -0.25),
        ]
        roof = body([(x, z - 0.15, z + 0.08, depth + 2 * eave) for x, z in line], roundness=0)
        under = body(
            [(x * (half / (half + eave)), -0.3, max(z - 0.02, -0.2), depth * 0.99) for x, z in line], roundness=0
        )
    else:
        roof, under = _gable(width, depth, rise, eave=eave), _filled(width, depth * 0.99, rise * 0.97)
    parts += [roof.at(z=wall).slot(1), under.at(z=wall)]
    door, high = width * rng.uniform(0.3, 0.5), wall * rng.uniform(0.7, 0.95)
    leaf = box(door * 0.48, 0.16, high, edge=0.02).at(x=door * 0.25).both("x").slot(2)
    brace = tube([(door * 0.04, -0.1, 0.1), (door * 0.46, -0.1, high - 0.1)], 0.07, sides=4)
    other = tube([(door * 0.46, -0.1, 0.1), (door * 0.04, -0.1, high - 0.1)], 0.07, sides=4)
    frame = [box(door * 1.06, 0.24, 0.14).at(z=high), box(0.14, 0.24, high).at(x=door * 0.5).both("x")]
    cross = [brace.both("x"), other.both("x")] if rng.random() < 0.7 else []
    parts.append(join([leaf, *(part.slot(3) for part in (*cross, *frame))]).at(y=-depth / 2))
    if rng.random() < 0.75:
        parts.append(_window(width * 0.16, width * 0.16).at(y=-depth / 2, z=wall + rise * 0.18))
    for place in np.linspace(-0.35, 0.35, int(rng.integers(0, 5))):
        parts.append(_window(0.8, 0.7).turned("z", 90).at(x=half, y=place * depth, z=wall * 0.5).both("x"))
    if rng.random() < 0.4:
        radius, high = rng.uniform(1.1, 1.6), (wall + rise) * rng.uniform(1.0, 1.35)
        silo = [cylinder(radius, high), ball(radius * 1.02).scaled(z=0.7).at(z=high).slot(1)]
        silo += [torus(radius, 0.06, around=4).at(z=high * share).slot(3) for share in (0.25, 0.5, 0.75)]
        parts.append(join(silo).at(x=half + radius + 0.3, y=depth * rng.uniform(-0.3, 0.3)))
    elif rng.random() < 0.3:
        turret = [box(0.8, 0.8, 0.7), _gable(0.9, 0.9, 0.5).at(z=0.7).slot(1)]
        parts.append(join(turret).at(z=wall + rise - 0.15))
    return assemble(parts, rng)


def church(rng: np.random.Generator) -> Mesh:
    """A nave with a steep roof and arched windows, a tower with a spire or a dome, and a cross."""
    width, depth, wall = rng.uniform(3.2, 5), rng.uniform(6, 10), rng.uniform(3, 4.5)
    rise, tower = width * rng.uniform(0.55, 1.0), rng.uniform(1.7, 2.6)
    high = (wall + rise) * rng.uniform(1.0, 1.5)
    parts = [box(width, depth, wall, edge=0.05), _gable(width, depth, rise).at(z=wall).slot(1)]
    parts.append(_filled(width, depth * 0.99, rise * 0.96).at(z=wall))
    front, style = -depth / 2 - tower * rng.uniform(-0.3, 0.4), int(rng.integers(4))
    spire = rng.uniform(1.2, 2.6) * tower
    steeple = [box(tower, tower, high, edge=0.05)]
    if style == 3:
        steeple.append(ball(tower * 0.55).scaled(z=1.2).at(z=high + tower * 0.2).slot(1))
        steeple.append(cylinder(tower * 0.45, tower * 0.4).at(z=high - 0.1).slot(3))
        spire = tower * 0.85
    else:
        sides = 4 if style < 2 else 8
        reach = tower * (0.78 if sides == 4 else 0.62)
        steeple.append(cone(reach, spire, sides=sides).turned("z", 180 / sides).at(z=high).slot(1))
    top = high + spire
    steeple += [box(0.1, 0.1, 1.0).at(z=top - 0.1).slot(3), box(0.55, 0.1, 0.1).at(z=top + 0.45).slot(3)]
    arch = _arch(tower * 0.3, tower * 0.7)
    steeple.append(around(arch.at(y=-tower / 2, z=high - tower), 4))
    at = rng.choice([-1, 1]) * (width + tower) / 2 * 0.95 if rng.random() < 0.15 else 0.0
    parts.append(join(steeple).at(x=at, y=front))
    door_y = min(front - tower / 2, -depth / 2) if at == 0 else -depth / 2
    parts.append(_arch(1.1, 2.0).at(y=door_y).slot(3))
    pane = _arch(0.6, wall * 0.55).turned("z", 90).at(x=width / 2, z=wall * 0.2).both("x")
    parts += [pane.at(y=place * depth) for place in np.linspace(-0.3, 0.4, int(rng.integers(3, 6)))]
    if rng.random() < 0.35:
        wing = [
            box(width * 2, width * 0.7, wall * 0.95),
            _gable(width * 0.7, width * 2, rise * 0.8).turned("z", 90).at(z=wall * 0.95).slot(1),
        ]
        wing.append(_filled(width * 0.7, width * 1.98, rise * 0.75).turned("z", 90).at(z=wall * 0.95))
        parts.append(join(wing).at(y=depth * 0.25))
    return assemble(parts, rng)


def _arch(width: float, height: float) -> Solid:
    """A window or door with a round top, to be set on a wall that looks along -y."""
    angles = np.radians(np.linspace(0, 180, 9))
    top = np.column_stack([width / 2 * np.cos(angles), width / 2 * np.sin(angles) + height - width / 2])
    flat = np.concatenate([[(-width / 2, 0), (width / 2, 0)], top])
    return prism(flat - [0, height / 2], 0.14).turned("x", 90).at(y=0.07, z=height / 2).slot(2)


def skyscraper(rng: np.random.Generator) -> Mesh:
    """A tower far higher than wide, in steps, twisted or round, with bands or columns of windows; a mast at times."""
    side, style = rng.uniform(1.2, 2.0), int(rng.integers(4))
    depth, tall = side * rng.uniform(0.7, 1.0), rng.uniform(5, 10)
    parts, z = [box(side * 1.25, depth * 1.25, 0.3).slot(1)] if rng.random() < 0.5 else [], 0.0
    levels = int(rng.integers(10, 22))
    if style in (0, 1):
        steps = 1 if rng.random() < 0.3 else int(rng.integers(2, 5))
        shares = np.sort(rng.uniform(0.3, 1.0, steps))[::-1] ** 0.7 if steps > 1 else np.ones(1)
        heights = tall * rng.dirichlet(np.full(steps, 6.0))
        for share, high in zip(shares / shares[0], heights, strict=True):
            wide, deep = side * share, depth * share
            parts.append(box(wide, deep, high, edge=0.03).at(z=z))
            rows = max(int(levels * high / tall), 1)
            if style == 0:
                for row in range(rows):
                    band = box(wide * 1.02, deep * 1.02, high / rows * 0.45, edge=0)
                    parts.append(band.at(z=z + (row + 0.3) * high / rows).slot(2))
            else:
                for place in (np.arange(4) + 0.5) / 4 - 0.5:
                    parts.append(box(wide * 0.13, deep * 1.03, high * 0.94, edge=0).at(x=place * wide, z=z).slot(2))
                    parts.append(box(wide * 1.03, deep * 0.13, high * 0.94, edge=0).at(y=place * deep, z=z).slot(2))
            z += high
    else:
        sides = 4 if style == 2 else int(rng.choice([6, 8, 20]))
        twist, top = (rng.uniform(20, 100), rng.uniform(0.6, 1.0)) if style == 2 else (0.0, rng.uniform(0.5, 1.0))
        bands = []
        for row in range(levels):
            low, high = row / levels, (row + 1) / levels
            size = side * 0.65 * (1 - (1 - top) * (low + high) / 2)
            flat = outline(size, sides, first_degrees=45 + twist * low)
            bands.append(prism(flat, tall / levels * 0.62).at(z=low * tall))
            bands.append(prism(flat * 0.95, tall / levels * 0.4).at(z=(low + 0.6 / levels) * tall).slot(2))
        parts += bands
        z = tall
    if rng.random() < 0.5:
        parts.append(cylinder(0.07, rng.uniform(0.6, 2.0), top=0.02, sides=8).at(z=z - 0.02).slot(1))
    elif rng.random() < 0.4:
        parts.append(cone(side * 0.3, rng.uniform(0.6, 1.4), sides=4).turned("z", 45).at(z=z - 0.02).slot(1))
    return assemble(parts, rng)


def lighthouse(rng: np.random.Generator) -> Mesh:
    """A slim tower that narrows upward, banded at times, with a gallery, a glazed lantern and a cap."""
    radius, tall = rng.uniform(0.8, 1.3), rng.uniform(4.5, 8)
    top, sides = radius * rng.uniform(0.5, 0.8), 8 if rng.random() < 0.25 else 20
    bands = int(rng.integers(3, 8)) if rng.random() < 0.6 else 1
    parts = []
    for band in range(bands):
        low, high = band / bands, (band + 1) / bands
        at = [radius + (top - radius) * share for share in (low, high)]
        parts.append(cylinder(at[0], tall / bands, top=at[1], sides=sides).at(z=low * tall).slot(band % 2))
    deck, lamp = top * rng.uniform(1.25, 1.6), rng.uniform(0.5, 0.9)
    parts.append(cylinder(deck, 0.15, sides=20).at(z=tall).slot(2))
    parts.append(torus(deck * 0.95, 0.035, around=5).at(z=tall + 0.45).slot(2))
    parts.append(around(cylinder(0.03, 0.35, sides=5).at(x=deck * 0.95, z=tall + 0.12), 10).slot(2))
    room = top * rng.uniform(0.6, 0.85)
    parts.append(cylinder(room * 0.92, lamp, sides=12).at(z=tall + 0.1).slot(3))
    parts.append(around(box(0.07, 0.07, lamp, edge=0).at(x=room * 0.93, z=tall + 0.1), 8).slot(2))
    z = tall + 0.1 + lamp
    if rng.random() < 0.5:
        parts.append(cone(room * 1.2, room * rng.uniform(0.7, 1.2)).at(z=z).slot(2))
    else:
        tilt = np.radians(np.linspace(0, 90, 6))
        dome = [(0, 0), *np.column_stack([room * 1.1 * np.cos(tilt), room * np.sin(tilt)])[:-1], (0, room)]
        parts.append(lathe(dome).at(z=z).slot(2))
    parts.append(ball(0.1, rows=6, sides=8).at(z=z + room).slot(2))
    parts.append(_arch(0.5, 1.0).at(y=-radius * 0.97).slot(2))
    pane = _arch(0.28, 0.45).slot(3)
    shares = np.linspace(0.3, 0.8, int(rng.integers(1, 4)))
    parts += [pane.at(y=-(radius + (top - radius) * share), z=share * tall) for share in shares]
    if rng.random() < 0.4:
        cottage = [box(1.8, 1.6, 1.1), _gable(1.8, 1.6, 0.7).at(z=1.1).slot(2), _filled(1.8, 1.58, 0.66).at(z=1.1)]
        parts.append(join(cottage).at(x=radius + 0.7))
    if rng.random() < 0.4:
        parts.append(cylinder(radius * 1.6, 0.35, top=radius * 1.4).at(z=-0.3).slot(1))
    return assemble(parts, rng)


def windmill(rng: np.random.Generator) -> Mesh:
    """A tapering mill tower or a post with a hut, and four (three to six) sails in front."""
    radius, tall = rng.uniform(1.3, 1.9), rng.uniform(3.2, 5)
    top, sides = radius * rng.uniform(0.5, 0.75), int(rng.choice([6, 8, 20]))
    parts = [cylinder(radius, tall, top=top, sides=sides)]
    if rng.random() < 0.5:
        parts.append(cone(top * 1.15, top * rng.uniform(0.9, 1.4), sides=20).at(z=tall).slot(1))
    else:
        parts.append(ball(top * 1.1).scaled(1, 1.1, 0.9).at(z=tall).slot(1))
    if rng.random() < 0.4:
        deck = radius * 1.35
        parts.append(cylinder(deck, 0.12, sides=20).at(z=tall * 0.3).slot(2))
        parts.append(torus(deck, 0.04, around=5).at(z=tall * 0.3 + 0.5).slot(2))
        parts.append(around(cylinder(0.03, 0.5, sides=5).at(x=deck, z=tall * 0.3), 10).slot(2))
    reach, wide = tall * rng.uniform(0.55, 0.8), rng.uniform(0.45, 0.75)
    count = int(rng.choice([4, 4, 4, 3, 6]))
    if rng.random() < 0.6:
        rungs = [
            box(wide, 0.05, 0.06, edge=0).at(x=wide * 0.4, z=reach * share) for share in np.linspace(0.25, 0.98, 8)
        ]
        edge = box(0.06, 0.05, reach * 0.75, edge=0).at(x=wide * 0.88, z=reach * 0.24)
        arm = join([box(0.12, 0.1, reach), edge, *rungs])
    else:
        arm = join([box(0.12, 0.1, reach), box(wide, 0.05, reach * 0.72).at(x=wide * 0.45, z=reach * 0.26)])
    first = rng.uniform(0, 360 / count)
    wheel = join([arm.turned("y", first + 360 * number / count) for number in range(count)])
    hub = cylinder(0.16, top + 0.6).turned("x", 90)
    z, y = tall + top * 0.35, -top - 0.5
    parts += [wheel.at(y=y, z=z).slot(2), hub.at(z=z).slot(3), _arch(0.8, 1.4).at(y=-radius * 0.96).slot(3)]
    for share in np.linspace(0.45, 0.75, int(rng.integers(1, 3))):
        parts.append(_arch(0.4, 0.55).at(y=-(radius + (top - radius) * share), z=share * tall).slot(3))
    return assemble(parts, rng)
