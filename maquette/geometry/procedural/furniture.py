"""Furniture: chair, stool, table, desk, sofa, bed, shelf. Sizes are metres; the front looks along -y."""

from __future__ import annotations

import numpy as np

from maquette.geometry.mesh import Mesh
from maquette.geometry.procedural.parts import box, cylinder, lathe, prism, rounded_rectangle, torus, tube
from maquette.geometry.procedural.solid import Solid, around, assemble, join

__all__ = ["bed", "chair", "desk", "shelf", "sofa", "stool", "table"]


def _legs(rng: np.random.Generator, width: float, depth: float, height: float, thick: float) -> list[Solid]:
    """Four legs under a rectangle: square, round or splayed, with or without rails between them."""
    style = rng.integers(3)
    splay = rng.uniform(0.03, 0.12) * min(width, depth, height) if style == 2 else 0.0
    x, y = width / 2 - thick, depth / 2 - thick
    legs = []
    for sx in (-1, 1):
        for sy in (-1, 1):
            foot, top = (sx * (x + splay), sy * (y + splay), 0), (sx * x, sy * y, height)
            if style == 0:
                legs.append(box(thick, thick, height).at(*top[:2]))
            else:
                legs.append(tube([foot, top], [thick * 0.35, thick * 0.6]))
    if rng.random() < 0.35:
        z = height * rng.uniform(0.15, 0.5)
        legs.append(box(thick / 2, 2 * y, thick / 2).at(x=x, z=z).both("x"))
        if rng.random() < 0.6:
            legs.append(box(2 * x, thick / 2, thick / 2).at(y=y, z=z).both("y"))
    return legs


def _pedestal(rng: np.random.Generator, foot: float, height: float, thick: float) -> list[Solid]:
    """One column on a round foot or on three to five arms."""
    column = cylinder(thick, height, top=thick * rng.uniform(0.6, 1.2))
    if rng.random() < 0.5:
        plate = height * 0.04
        return [column, lathe([(0, 0), (foot, 0), (foot, plate / 2), (thick, 2 * plate), (0, 2 * plate)])]
    arm = tube([(0, 0, height * 0.14), (foot, 0, height * 0.03)], [thick * 0.7, thick * 0.45])
    return [column, around(arm, int(rng.integers(3, 6)))]


def _top(rng: np.random.Generator, width: float, depth: float, thick: float) -> Solid:
    """A table top or a hard seat: rectangle, rounded rectangle, or ellipse."""
    style = rng.integers(3)
    if style == 0:
        return box(width, depth, thick)
    if style == 1:
        return prism(rounded_rectangle(width, depth, min(width, depth) * rng.uniform(0.1, 0.4), steps=5), thick)
    edge = lathe([(0, 0), (0.47, 0), (0.5, thick / 3), (0.5, thick * 0.7), (0.48, thick), (0, thick)], sides=28)
    return edge.scaled(width, depth)


def chair(rng: np.random.Generator) -> Mesh:
    """A seat with a back: panel, slats or spindles; arms at times; on legs or on a pedestal."""
    width, depth, height = rng.uniform(0.38, 0.56), rng.uniform(0.38, 0.52), rng.uniform(0.38, 0.52)
    thick, back, lean = rng.uniform(0.025, 0.09), rng.uniform(0.28, 0.65), rng.uniform(0, 14)
    rail = rng.uniform(0.025, 0.045)
    seat = box(width, depth, thick, edge=thick * rng.uniform(0.1, 0.45), steps=2).at(z=height)
    style = rng.integers(4)
    if style == 0:
        rest = [box(width, rail, back * rng.uniform(0.6, 1), edge=rail / 3).at(z=0), box(width, rail, back)]
    else:
        post = box(rail, rail, back).at(x=width / 2 - rail / 2).both("x")
        rest = [post, box(width, rail, rail * rng.uniform(1, 3)).at(z=back - rail)]
        count = int(rng.integers(2, 6))
        for place in (np.arange(count) + 0.5) / count:
            if style == 1:
                rest.append(box(width - rail, rail / 2, back / count * 0.45).at(z=back * place * 0.9))
            elif style == 2:
                rest.append(cylinder(rail * 0.3, back, sides=8).at(x=(place - 0.5) * (width - rail)))
        if style == 3:
            rest.append(box(width - 2 * rail, rail * 0.8, back * 0.6).at(z=back * 0.3).slot(2))
    backrest = join(rest).turned("x", -lean).at(y=depth / 2 - rail / 2, z=height + thick * 0.5)
    under = (
        _pedestal(rng, width * 0.55, height, 0.03)
        if rng.random() < 0.2
        else _legs(rng, width, depth, height, rng.uniform(0.03, 0.055))
    )
    parts = [seat.slot(2), backrest, *(part.slot(1) for part in under)]
    if rng.random() < 0.3:
        raise_by, arm = rng.uniform(0.16, 0.25), rng.uniform(0.03, 0.06)
        rest_arm = join(
            [
                box(arm, depth * 0.95, rail).at(z=height + raise_by),
                box(rail, rail, raise_by).at(y=-depth * 0.35, z=height),
            ]
        )
        parts.append(rest_arm.at(x=width / 2).both("x").slot(1))
    return assemble(parts, rng)


def stool(rng: np.random.Generator) -> Mesh:
    """A small seat without a back (bar stools have a low one at times) on three or four legs or a pedestal."""
    width, height = rng.uniform(0.28, 0.46), rng.uniform(0.36, 0.85)
    thick = rng.uniform(0.025, 0.1)
    parts = [_top(rng, width, width * rng.uniform(0.85, 1.0), thick).at(z=height)]
    style = rng.random()
    if style < 0.4:
        leg = tube([(width * rng.uniform(0.38, 0.6), 0, 0), (width * 0.33, 0, height)], [0.014, 0.02])
        count = int(rng.integers(3, 5))
        parts.append(around(leg, count, first_degrees=180 / count).slot(1))
        if rng.random() < 0.7:
            parts.append(torus(width * 0.4, 0.01).at(z=height * rng.uniform(0.2, 0.45)).slot(1))
    elif style < 0.65:
        parts += [part.slot(1) for part in _pedestal(rng, width * 0.55, height, rng.uniform(0.02, 0.045))]
    else:
        legs = _legs(rng, width * 0.95, width * 0.85, height, rng.uniform(0.025, 0.05))
        parts += [part.slot(1) for part in legs]
    if height > 0.6 and rng.random() < 0.25:
        low = rng.uniform(0.12, 0.22)
        parts.append(box(width * 0.8, 0.025, low).at(y=width * 0.42, z=height + thick * 0.6))
    return assemble(parts, rng)


def table(rng: np.random.Generator) -> Mesh:
    """A top on legs, a pedestal or trestles; dining, coffee and (small as a stool) side tables."""
    if rng.random() < 0.2:
        width, height = rng.uniform(0.38, 0.6), rng.uniform(0.4, 0.7)
        depth = width * rng.uniform(0.8, 1.0)
    else:
        width, height = rng.uniform(0.8, 1.9), rng.uniform(0.38, 0.78)
        depth = width * rng.uniform(0.45, 1.0)
    thick = rng.uniform(0.02, 0.06)
    parts = [_top(rng, width, depth, thick).at(z=height)]
    style = rng.random()
    if style < 0.2 and width < 1.3:
        under = _pedestal(rng, depth * 0.35, height, rng.uniform(0.03, 0.07))
    elif style < 0.35:
        span, bar = rng.uniform(0.28, 0.4) * width, rng.uniform(0.04, 0.07)
        leg = tube([(span, -depth * 0.4, 0), (span, -depth * 0.1, height)], bar * 0.6, sides=6).both("y")
        under = [leg.both("x"), box(2 * span, bar, bar).at(z=height * rng.uniform(0.2, 0.6))]
    else:
        under = _legs(rng, width * 0.8, depth * 0.8, height, rng.uniform(0.035, 0.09))
        if rng.random() < 0.5:
            apron = rng.uniform(0.05, 0.12)
            under.append(box(width * 0.74, depth * 0.74, apron).at(z=height - apron))
    return assemble([*parts, *(part.slot(1) for part in under)], rng)


def desk(rng: np.random.Generator) -> Mesh:
    """A table to work at: drawers at one side, both, or flat under the top; a back panel or a hutch at times."""
    width, depth, height = rng.uniform(1.0, 1.9), rng.uniform(0.5, 0.85), rng.uniform(0.68, 0.8)
    thick, chest = rng.uniform(0.025, 0.06), rng.uniform(0.22, 0.3) * width
    parts = [box(width, depth, thick).at(z=height)]
    style = rng.integers(4)
    sides = {0: (-1,), 1: (1,), 2: (-1, 1), 3: ()}[int(style)]
    foot = rng.uniform(0, 0.12)
    for side in sides:
        x, tall = side * (width / 2 - chest / 2 - 0.02), height - foot
        parts.append(box(chest, depth * 0.92, tall).at(x=x, z=foot).slot(1))
        rows = int(rng.integers(2, 5))
        for row in range(rows):
            z = foot + tall * (row + 0.08) / rows
            front = box(chest * 0.9, 0.03, tall / rows * 0.84).at(x=x, y=-depth * 0.46, z=z).slot(2)
            knob = box(chest * 0.3, 0.03, 0.02).at(x=x, y=-depth * 0.46 - 0.03, z=z + tall / rows * 0.4).slot(1)
            parts += [front, knob]
        if foot > 0.03:
            corner = cylinder(0.02, foot, sides=8).at(x=chest * 0.4, y=depth * 0.38).both("x").both("y")
            parts.append(corner.at(x=x).slot(1))
    if len(sides) == 1:
        x = -sides[0] * (width / 2 - 0.05)
        bar = box(0.05, 0.05, height).at(y=depth * 0.42).both("y") if rng.random() < 0.5 else box(0.05, depth, height)
        parts.append(bar.at(x=x).slot(1))
    elif not sides:
        tall, count = rng.uniform(0.09, 0.16), int(rng.integers(1, 4))
        parts.append(box(width * 0.9, depth * 0.9, tall).at(z=height - tall).slot(1))
        for place in (np.arange(count) + 0.5) / count - 0.5:
            front = box(width * 0.8 / count, 0.03, tall * 0.75).at(y=-depth * 0.45, z=height - tall * 0.88)
            parts.append(front.at(x=place * width * 0.86).slot(2))
        parts += [part.slot(1) for part in _legs(rng, width * 0.9, depth * 0.9, height, rng.uniform(0.035, 0.07))]
    if rng.random() < 0.4:
        parts.append(
            box(width * 0.94, 0.025, height * rng.uniform(0.4, 0.8)).at(y=depth * 0.42, z=height * 0.2).slot(1)
        )
    if rng.random() < 0.3:
        up, board = rng.uniform(0.25, 0.5), 0.03
        hutch = [
            box(board, depth * 0.35, up).at(x=width / 2 - board).both("x"),
            box(width, depth * 0.35, board).at(z=up),
        ]
        parts.append(join(hutch).at(y=depth * 0.3, z=height + thick))
    return assemble(parts, rng)


def sofa(rng: np.random.Generator) -> Mesh:
    """An upholstered seat for one to four, with a back and arms; a corner part at times."""
    seats = int(rng.integers(1, 5))
    seat, depth = rng.uniform(0.5, 0.75), rng.uniform(0.75, 1.0)
    height, arm, back = rng.uniform(0.32, 0.48), rng.uniform(0.1, 0.26), rng.uniform(0.3, 0.5)
    inside, foot, soft = seats * seat, rng.uniform(0.03, 0.16), rng.uniform(0.03, 0.1)
    width = inside + 2 * arm
    tall = height - foot
    parts = [
        box(width, depth, tall * 0.6).at(z=foot),
        box(width, depth * 0.24, tall + back, edge=soft, steps=3).at(y=depth * 0.38, z=foot),
        cylinder(0.03, foot, sides=8).at(x=width * 0.44, y=depth * 0.4).both("x").both("y").slot(2),
    ]
    rise = rng.uniform(0.12, 0.28)
    if rng.random() < 0.3:
        roll = tube([(0, -depth / 2, 0), (0, depth / 2, 0)], arm * 0.62, sides=14).at(z=height + rise)
        parts.append(join([box(arm * 0.8, depth, tall + rise).at(z=foot), roll]).at(x=(width - arm) / 2).both("x"))
    elif rng.random() < 0.93:
        parts.append(box(arm, depth, tall + rise, edge=soft, steps=3).at(x=(width - arm) / 2, z=foot).both("x"))
    for place in np.arange(seats) - (seats - 1) / 2:
        cushion = box(seat * 0.98, depth * 0.72, tall * 0.5, edge=0.06, steps=3).at(y=-depth * 0.12)
        parts.append(cushion.at(x=place * seat, z=foot + tall * 0.55).slot(1))
        if rng.random() < 0.6:
            pillow = box(seat * 0.9, 0.14, back * 0.9, edge=0.06, steps=3).turned("x", -10)
            parts.append(pillow.at(x=place * seat, y=depth * 0.22, z=height).slot(1))
    if seats > 1 and rng.random() < 0.25:
        side = rng.choice([-1, 1]) * (inside - seat) / 2
        parts.append(box(seat, depth * 0.8, tall, edge=soft, steps=3).at(x=side, y=-depth * 0.7, z=foot))
    return assemble(parts, rng)


def bed(rng: np.random.Generator) -> Mesh:
    """A mattress in a frame with a headboard, pillows and a blanket; a foot board or four posts at times."""
    width, length = rng.uniform(0.85, 1.9), rng.uniform(1.85, 2.15)
    low, soft = rng.uniform(0.12, 0.38), rng.uniform(0.14, 0.3)
    parts = [
        box(width, length, rng.uniform(0.08, 0.2)).at(z=low - 0.06),
        box(width * 0.96, length * 0.97, soft, edge=0.07, steps=3).at(z=low).slot(1),
    ]
    head, board = rng.uniform(0.35, 0.85), rng.uniform(0.03, 0.09)
    if rng.random() < 0.65:
        parts.append(box(width * 1.03, board, low + head, edge=board * 0.4).at(y=length / 2))
    else:
        bars = int(rng.integers(5, 11))
        rod = cylinder(board * 0.3, low + head, sides=8).at(y=length / 2)
        parts += [rod.at(x=place * width) for place in np.linspace(-0.48, 0.48, bars)]
        parts.append(box(width * 1.03, board, board).at(y=length / 2, z=low + head))
    if rng.random() < 0.5:
        parts.append(box(width * 1.03, board, low + head * rng.uniform(0.3, 0.6)).at(y=-length / 2))
    tall = rng.uniform(0.9, 1.6) + low if rng.random() < 0.12 else low
    parts.append(box(0.07, 0.07, max(tall, 0.05)).at(x=width * 0.48, y=length * 0.48).both("x").both("y"))
    pillows = 1 if width < 1.2 else 2
    for place in np.arange(pillows) - (pillows - 1) / 2:
        pillow = box(min(0.7, width * 0.8 / pillows), 0.4, 0.14, edge=0.069, steps=3).turned("x", rng.uniform(0, 25))
        parts.append(pillow.at(x=place * width * 0.48, y=length * 0.36, z=low + soft * 0.95).slot(2))
    if rng.random() < 0.75:
        cover = rng.uniform(0.45, 0.7) * length
        blanket = box(width * 1.02, cover, soft * 0.9, edge=0.06, steps=3)
        parts.append(blanket.at(y=-length * 0.49 + cover / 2, z=low + soft * 0.17).slot(3))
    return assemble(parts, rng)


def shelf(rng: np.random.Generator) -> Mesh:
    """Boards between two sides, with books, dividers, a back or doors below at times."""
    width, depth, height = rng.uniform(0.5, 1.5), rng.uniform(0.22, 0.42), rng.uniform(0.8, 2.1)
    board, rows, foot = rng.uniform(0.02, 0.045), int(rng.integers(3, 7)), rng.uniform(0, 0.1)
    parts = [box(board, depth, height).at(x=width / 2).both("x")]
    gap = (height - foot - board) / (rows - 1)
    parts += [box(width, depth, board).at(z=foot + row * gap) for row in range(rows)]
    if rng.random() < 0.55:
        parts.append(box(width, 0.015, height - foot).at(y=depth / 2, z=foot).slot(1))
    if rng.random() < 0.35:
        parts.append(box(board, depth, height - foot).at(x=rng.uniform(-0.15, 0.15) * width, z=foot))
    if rng.random() < 0.3:
        parts.append(
            box(width * 0.48, 0.02, gap * 0.92).at(x=width * 0.25, y=-depth / 2, z=foot + board).both("x").slot(1)
        )
    if rng.random() < 0.5:
        for row in range(1, rows - 1):
            x = -width * 0.46
            end = rng.uniform(-0.3, 0.4) * width
            while x < end:
                book = rng.uniform(0.03, 0.07)
                tall = gap * rng.uniform(0.55, 0.85)
                spine = box(book * 0.95, depth * 0.7, tall, edge=0).at(x + book / 2, 0, foot + row * gap + board)
                parts.append(spine.slot(int(rng.integers(2, 5))))
                x += book
    return assemble(parts, rng)
