"""Tools: hammer, axe, screwdriver, wrench, saw, shovel. The handle runs along z, what works lies along x."""

from __future__ import annotations

import numpy as np

from maquette.geometry.mesh import Mesh
from maquette.geometry.procedural.parts import (
    arc,
    body,
    box,
    curve,
    cylinder,
    lathe,
    loft,
    outline,
    pipe,
    prism,
    rounded_rectangle,
    standing,
    tube,
)
from maquette.geometry.procedural.solid import Solid, assemble, join

__all__ = ["axe", "hammer", "saw", "screwdriver", "shovel", "wrench"]


def _shaft(rng: np.random.Generator, length: float, thick: float) -> list[Solid]:
    """A wooden or gripped handle, oval, a little bent or swelling towards its end."""
    bend, swell = rng.uniform(-0.05, 0.05) * length, rng.uniform(1.0, 1.5)
    path = curve([(bend, 0), (0, length * 0.3), (-bend * 0.5, length * 0.65), (0, length)], 9)
    section = rounded_rectangle(1.0, 1.6, 0.45, steps=2)
    size = thick * np.interp(path[:, 1], [0, 0.1 * length, 0.5 * length, length], [swell, swell * 0.95, 0.85, 1.0])
    stick = tube(standing(path), size, section=section)
    if rng.random() < 0.4:
        grip = tube(standing(path[:4]), size[:4] * 1.2, section=section)
        return [stick.slot(1), grip.slot(2)]
    return [stick.slot(1)]


def hammer(rng: np.random.Generator) -> Mesh:
    """A head with a round or square face; behind it a claw, a wedge, a ball or a second face."""
    length, thick = rng.uniform(0.8, 1.2), rng.uniform(0.035, 0.06)
    face, half, tall = rng.uniform(0.06, 0.13), rng.uniform(0.14, 0.24), rng.uniform(0.07, 0.13)
    style = rng.integers(5)
    head = [box(half * 0.9, tall * 1.1, tall * 1.2).at(z=-tall * 0.6)]
    if style == 4:
        if rng.random() < 0.5:
            head.append(cylinder(face * 1.3, 2.2 * half).at(z=-1.1 * half).turned("y", 90))
        else:
            head.append(box(2.2 * half, face * 2, face * 2, edge=face * 0.25).at(z=-face))
    else:
        neck = lathe([(0, 0), (face * 0.7, 0), (face * 0.65, half * 0.6), (face, half * 0.75), (face, half), (0, half)])
        head.append(neck.turned("y", 90).at(x=half * 0.25))
    if style in (0, 1):
        prong = curve([(0, 0), (-half * 0.7, tall * 0.1), (-half * 1.5, -tall * rng.uniform(0.3, 1.2))], 7)
        section = np.array([[-0.5, -1], [0.5, -1], [0.5, 1], [-0.5, 1]])
        path = standing(prong)
        side = tube(path, tall * np.linspace(0.42, 0.12, 7), section=section).at(y=tall * 0.3).turned("z", -6)
        head.append(side.both("y"))
    elif style == 2:
        flare = tall * rng.uniform(0.5, 1.1)
        head.append(body([(-half * 1.3, -flare, flare, 0.015), (0, -tall * 0.6, tall * 0.6, tall)], roundness=0.15))
    elif style == 3:
        stalk = [(0, 0), (face * 0.5, 0), (face * 0.5, half * 0.5)]
        peen = lathe([*stalk, (face * 0.85, half * 0.8), (face * 0.6, half * 1.1), (0, half * 1.2)])
        head.append(peen.turned("y", -90).at(x=-half * 0.2))
    return assemble([*_shaft(rng, length, thick), join(head).at(z=length - tall * 0.3)], rng)


def axe(rng: np.random.Generator) -> Mesh:
    """A blade that flares to a thin edge; a poll, a spike or a second blade behind it."""
    length, thick = rng.uniform(0.8, 1.4), rng.uniform(0.03, 0.05)
    reach, tall, eye = rng.uniform(0.2, 0.36), rng.uniform(0.07, 0.12), rng.uniform(0.04, 0.055)
    up, down = tall * rng.uniform(1.0, 1.9), tall * rng.uniform(1.2, 2.6)
    blade = body(
        [
            (-eye, -tall * 0.8, tall * 0.8, 2.2 * eye), (eye, -tall * 0.8, tall * 0.8, 2.2 * eye),
            (reach * 0.5, -tall * 0.8, tall * 0.75, 1.2 * eye), (reach * 0.85, -down * 0.75, up * 0.8, 0.5 * eye),
            (reach, -down, up, 0.25 * eye), (reach * 1.12, -down * 0.6, up * 0.6, 0.01),
        ],
        roundness=0.1,
    )  # fmt: skip
    style = rng.random()
    if style < 0.2:
        head = [blade, blade.mirrored("x")]
    elif style < 0.35:
        head = [blade, body([(-reach * 0.8, -0.01, 0.01, 0.01), (-eye, -tall * 0.6, tall * 0.6, 2 * eye)])]
    elif style < 0.55:
        poll = lathe(
            [(0, 0), (tall * 0.55, 0), (tall * 0.7, reach * 0.35), (tall * 0.7, reach * 0.55), (0, reach * 0.55)]
        )
        head = [blade, poll.turned("y", -90).at(x=-eye)]
    else:
        back = rng.uniform(0.3, 1.2) * tall
        head = [blade, box(back, 2.2 * eye, tall * 1.5).at(x=-eye - back * 0.4, z=-tall * 0.75)]
    return assemble([*_shaft(rng, length, thick), join(head).at(z=length - tall)], rng)


def screwdriver(rng: np.random.Generator) -> Mesh:
    """A thick handle and a thin blade with a flat or a pointed tip, tip up."""
    grip, radius = rng.uniform(0.32, 0.6), rng.uniform(0.07, 0.13)
    shank, thin = rng.uniform(0.45, 1.1), rng.uniform(0.018, 0.04)
    knots = [
        (radius * 0.75, 0),
        (radius, grip * 0.25),
        (radius * rng.uniform(0.75, 1), grip * 0.6),
        (radius * 0.7, grip),
    ]
    profile = curve([*knots], 9)
    flutes = int(rng.integers(4, 9))
    wave = 1 + rng.uniform(0.0, 0.14) * np.cos(np.arange(32) * (2 * np.pi / 32) * flutes)
    rings = np.stack([np.column_stack([outline(r * wave), np.full(32, z)]) for r, z in profile])
    parts = [loft(rings)]
    if rng.random() < 0.5:
        collar = lathe([(0, 0), (radius * 0.8, 0), (radius * 0.5, 0.07), (0, 0.07)], sides=16)
        parts.append(collar.at(z=grip).slot(1))
    parts.append(cylinder(thin, shank, sides=6 if rng.random() < 0.3 else 12).at(z=grip).slot(2))
    top = grip + shank
    if rng.random() < 0.5:
        wide = min(thin * rng.uniform(1.2, 2.6), radius * 0.7)
        tip = body([(0, -thin, thin, 2 * thin), (0.07, -wide, wide, thin), (0.16, -wide * 0.9, wide * 0.9, 0.012)])
        parts.append(tip.turned("y", -90).at(z=top - 0.01).slot(2))
    else:
        star = outline(np.where(np.arange(16) % 4 < 2, thin, thin * 0.5))
        parts.append(prism(star, thin * 3, top=0.15).at(z=top - 0.005).slot(2))
    return assemble(parts, rng)


def _jaw(rng: np.random.Generator, radius: float, thick: float, *, ring: bool) -> Solid:
    """One end of a wrench around the origin, its mouth up the z axis: a closed ring or an open fork."""
    if ring:
        sides = 36
        corners = 6 if rng.random() < 0.5 else 12
        wave = 1 - 0.12 * np.cos(np.arange(sides) * (2 * np.pi / sides) * corners)
        return pipe(outline(radius, sides), outline(radius * 0.62 * wave), thick).at(z=-thick / 2).turned("x", 90)
    mouth = rng.uniform(28, 42)
    strength = radius * np.interp(np.linspace(-1, 1, 19), [-1, -0.7, 0, 0.7, 1], [0.2, 0.34, 0.42, 0.34, 0.2])
    section = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    path = arc(radius * 0.75, 90 + mouth, 450 - mouth, 19)
    fork = tube(path, strength, section=section)
    squeeze = thick / (fork.vertices[:, 1].max() - fork.vertices[:, 1].min())
    return fork.scaled(y=squeeze).turned("y", rng.choice([0.0, 15.0]))


def wrench(rng: np.random.Generator) -> Mesh:
    """A flat bar with a fork or a ring at each end, or with a fork at one end only."""
    length, radius, thick = rng.uniform(0.9, 1.5), rng.uniform(0.11, 0.19), rng.uniform(0.05, 0.09)
    style = rng.integers(4)
    first, second = {0: (False, False), 1: (False, True), 2: (True, True), 3: (False, None)}[int(style)]
    small = radius * rng.uniform(0.7, 1.0)
    wide = radius * rng.uniform(0.45, 0.75)
    bar = body([(radius * 0.7, -wide / 2, wide / 2, thick * 0.8), (length / 2, -wide * 0.42, wide * 0.42, thick * 0.6),
                (length - small * 0.7, -wide / 2, wide / 2, thick * 0.8)], roundness=0.5)  # fmt: skip
    parts = [bar.turned("y", -90), _jaw(rng, radius, thick, ring=first).turned("y", 180)]
    if second is not None:
        parts.append(_jaw(rng, small, thick, ring=second).at(z=length))
    else:
        parts.append(pipe(outline(wide * 0.7, 16), outline(wide * 0.3, 16), thick * 0.6).at(z=-thick * 0.3)
                     .turned("x", 90).at(z=length - small * 0.6))  # fmt: skip
    if rng.random() < 0.25:
        parts.append(bar.scaled(1, 1.3, 0.9).turned("y", -90).scaled(z=0.5).at(z=length * 0.25).slot(1))
    return assemble(parts, rng)


def saw(rng: np.random.Generator) -> Mesh:
    """A toothed blade with a handle at one end, or a bow that holds a thin blade."""
    length, teeth = rng.uniform(1.0, 1.5), int(rng.integers(14, 34))
    bow = rng.random() < 0.35
    tip = rng.uniform(0.08, 0.18)
    heel = tip if bow else rng.uniform(0.2, 0.36)
    thin = rng.uniform(0.012, 0.03)
    x = np.linspace(0, length, 2 * teeth + 1)
    bite = np.where(np.arange(len(x)) % 2 == 0, 0.0, length / teeth * rng.uniform(0.4, 0.8))
    top = np.interp(x, [0, length], [0.06, 0.06]) if bow else np.interp(x, [0, length], [heel, tip])
    stations = np.column_stack([x, bite, top + bite.max(), np.full(len(x), thin)])
    parts = [body(stations, roundness=0)]
    if bow:
        rise, bar = rng.uniform(0.25, 0.5), rng.uniform(0.02, 0.035)
        frame = [
            (0, 0.04),
            (0, rise * 0.8),
            (rise * 0.2, rise),
            (length - rise * 0.2, rise),
            (length, rise * 0.8),
            (length, 0.04),
        ]
        points = np.array(frame)
        parts.append(tube(standing(points), bar).slot(1))
        heel = rise * 0.7
    grip, wide = heel * rng.uniform(0.9, 1.2), rng.uniform(0.035, 0.06)
    if bow and rng.random() < 0.5:
        parts.append(tube([(0, 0, 0.05), (-0.1, 0, 0.0), (-0.4, 0, -0.08)], [wide * 0.8, wide, wide * 0.9]).slot(2))
    else:
        ring = outline(1.0, 22) * [grip * 0.55, grip * 0.62]
        path = np.column_stack([ring[:, 0] - grip * 0.45, np.zeros(22), ring[:, 1] + heel * 0.5])
        section = rounded_rectangle(1.4, 2.0, 0.5, steps=2)
        parts.append(tube(path, wide, section=section, closed=True).slot(2))
    return assemble(parts, rng)


def shovel(rng: np.random.Generator) -> Mesh:
    """A hollow blade, pointed or flat, on a long stick with a D, a T or nothing at its end; blade down."""
    long, wide = rng.uniform(0.35, 0.5), rng.uniform(0.13, 0.24)
    stick, thick = rng.uniform(0.6, 1.3), rng.uniform(0.022, 0.035)
    hollow = rng.uniform(0.2, 0.5) * wide
    if rng.random() < 0.6:
        place, spread = [0, 0.12, 0.3, 0.55, 0.85, 1.0], [0.1, 0.5, 0.82, 1.0, 0.95, 0.75]
    else:
        place, spread = [0, 0.03, 0.3, 0.55, 0.9, 1.0], [0.9, 1.0, 1.0, 1.0, 0.98, 0.8]
    across = np.linspace(-1, 1, 9)
    rings = []
    for part, share in zip(place, spread, strict=True):
        x, dent = across * wide * share, -hollow * (1 - (across * share) ** 2) * min(1.0, 0.25 + part)
        front = np.column_stack([x, dent - 0.012, np.full(9, part * long)])
        rings.append(np.concatenate([front, front[::-1] + np.array([0, 0.024, 0])]))
    parts = [loft(np.stack(rings)), cylinder(thick * 1.3, long * 0.5, sides=10).at(y=-hollow * 0.8, z=long * 0.75)]
    end = long * 1.1 + stick
    parts.append(tube([(0, -hollow * 0.8, long * 0.9), (0, 0, end)], thick, sides=10).slot(1))
    style = rng.integers(3)
    span = rng.uniform(0.09, 0.13)
    if style == 0:
        bow = np.array(
            [
                (0, -0.02),
                (-span * 0.5, 0.05),
                (-span, 0.14),
                (-span, 0.2),
                (span, 0.2),
                (span, 0.14),
                (span * 0.5, 0.05),
            ]
        )
        path = standing(bow + np.array([0, end]))
        parts.append(tube(path, thick * 0.8, closed=True).slot(2))
    elif style == 1:
        parts.append(cylinder(thick * 1.1, 2 * span, sides=10).at(z=-span).turned("y", 90).at(z=end).slot(2))
    return assemble(parts, rng)
