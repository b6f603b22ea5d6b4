"""Vessels: bottle, vase, cup, bowl, goblet, teapot. All but the bottle are hollow and open at the top."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from maquette.geometry.mesh import Mesh
from maquette.geometry.procedural.parts import ball, curve, lathe, standing, tube
from maquette.geometry.procedural.solid import Solid, assemble

__all__ = ["bottle", "bowl", "cup", "goblet", "teapot", "vase"]


def _hollow(outside: Float[np.ndarray, "K 2"], *, wall: float, sides: int = 24) -> Solid:
    """A vessel from its outer profile, foot to rim, with a wall and a floor of about the same strength."""
    floor = outside[0, 1] + 1.5 * wall
    above = outside[outside[:, 1] > floor + wall / 4]
    inside = np.column_stack([np.maximum(above[:, 0] - wall, wall / 4), above[:, 1]])[::-1]
    bottom = [(0.0, outside[0, 1]), *outside, *inside, (inside[-1, 0], floor), (0.0, floor)]
    return lathe(bottom, sides=sides)


def _sides(rng: np.random.Generator) -> int:
    """How many sides a turned vessel has: round mostly, faceted at times."""
    return int(rng.integers(6, 11)) if rng.random() < 0.12 else 24


def _handle(profile: Float[np.ndarray, "K 2"], reach: float, low: float, high: float, thick: float) -> Solid:
    """An ear on the +x side, from the wall of a profile at height `low` out by `reach` and back at `high`."""
    below, above = np.interp([low, high], profile[:, 1], profile[:, 0]) - thick * 0.4
    out, middle = max(below, above) + reach, (low + high) / 2
    knots = [(below, low), (out - reach * 0.25, low + (middle - low) * 0.3), (out, middle)]
    knots += [(out - reach * 0.2, high), (above, high)]
    path = curve(knots, 14)
    return tube(standing(path), thick)


def bottle(rng: np.random.Generator) -> Mesh:
    """A body, a shoulder and a narrow neck, with a cap or a cork at times."""
    radius, straight = rng.uniform(0.22, 0.42), rng.uniform(0.5, 1.2)
    neck, shoulder, throat = radius * rng.uniform(0.22, 0.5), rng.uniform(0.12, 0.45), rng.uniform(0.12, 0.55)
    waist = rng.uniform(0.88, 1.05)
    knots = [
        (radius * 0.93, 0), (radius, straight * 0.06), (radius * waist, straight * 0.5), (radius, straight),
        ((radius + neck) / 2 * rng.uniform(0.95, 1.2), straight + shoulder * 0.55), (neck, straight + shoulder),
        (neck * rng.uniform(0.9, 1.0), straight + shoulder + throat),
    ]  # fmt: skip
    profile = np.array(knots) if rng.random() < 0.3 else curve(knots, 22)
    top = profile[-1, 1]
    lip = [(neck * 1.15, top), (neck * 1.15, top + 0.04), (0, top + 0.04)]
    parts = [lathe([(0, 0), *profile, *lip], sides=_sides(rng))]
    kind = rng.random()
    if kind < 0.4:
        parts.append(lathe([(0, 0), (neck * 1.25, 0), (neck * 1.2, 0.14), (0, 0.14)], sides=12).at(z=top).slot(1))
    elif kind < 0.6:
        parts.append(lathe([(0, 0), (neck * 0.7, 0), (neck * 0.8, 0.12), (0, 0.12)], sides=12).at(z=top + 0.03).slot(1))
    if rng.random() < 0.5:
        low, high = straight * rng.uniform(0.1, 0.3), straight * rng.uniform(0.6, 0.9)
        parts.append(lathe([(0, low), (radius * 1.02, low), (radius * 1.02, high), (0, high)], sides=24).slot(2))
    return assemble(parts, rng)


def vase(rng: np.random.Generator) -> Mesh:
    """A foot, a belly and a lip that opens again; two ears at times."""
    height, belly = rng.uniform(0.9, 1.6), rng.uniform(0.28, 0.5)
    foot, neck = belly * rng.uniform(0.4, 0.75), belly * rng.uniform(0.3, 0.85)
    lip, place = neck * rng.uniform(1.1, 1.7), rng.uniform(0.3, 0.65)
    if rng.random() < 0.2:
        waist = foot * rng.uniform(0.55, 1.0)
        knots = [(foot, 0), (waist, height * rng.uniform(0.15, 0.4)), (belly * 0.75, height * 0.8), (belly, height)]
    else:
        knots = [
            (foot, 0), (foot * rng.uniform(0.85, 1), height * 0.07), (belly, height * place),
            (neck, height * (0.5 + place / 2)), (lip, height),
        ]  # fmt: skip
    profile = curve(knots, 20)
    parts = [_hollow(profile, wall=0.03, sides=_sides(rng))]
    if rng.random() < 0.3:
        low, high = height * (0.1 + place), height * rng.uniform(0.75, 0.95)
        parts.append(_handle(profile, belly * rng.uniform(0.1, 0.35), low, high, 0.035).both("x").slot(1))
    if rng.random() < 0.3:
        parts.append(lathe([(0, 0), (foot * 1.15, 0), (foot * 1.1, 0.05), (0, 0.05)]).at(z=-0.05).slot(1))
    return assemble(parts, rng)


def cup(rng: np.random.Generator) -> Mesh:
    """A mug or a teacup, nearly as wide as high; with an ear mostly, on a saucer at times."""
    radius, height = rng.uniform(0.38, 0.52), rng.uniform(0.6, 1.15)
    foot, bulge = radius * rng.uniform(0.5, 1.0), rng.uniform(0.88, 1.04)
    knots = [(foot, 0), ((foot + radius) / 2 * rng.uniform(1.0, 1.15), height * 0.25), (radius * bulge, height * 0.65)]
    profile = curve([*knots, (radius, height)], 12)
    parts = [_hollow(profile, wall=rng.uniform(0.03, 0.06), sides=_sides(rng))]
    if rng.random() < 0.78:
        low, high = height * rng.uniform(0.15, 0.35), height * rng.uniform(0.7, 0.9)
        ear = _handle(profile, rng.uniform(0.18, 0.38), low, high, rng.uniform(0.035, 0.06))
        parts.append(ear.slot(int(rng.integers(2))))
    if rng.random() < 0.25:
        rim = radius * rng.uniform(1.5, 1.9)
        saucer = curve([(foot * 0.9, 0), (rim * 0.7, 0.04), (rim, 0.12)], 6)
        parts.append(_hollow(saucer, wall=0.025).at(z=-0.05).slot(1))
    return assemble(parts, rng)


def bowl(rng: np.random.Generator) -> Mesh:
    """Wider than high and open; on a foot ring at times. The deep ones are nearly a cup without its ear."""
    radius, height = rng.uniform(0.5, 0.75), rng.uniform(0.3, 0.72)
    foot, curl = radius * rng.uniform(0.25, 0.6), rng.uniform(0.95, 1.12)
    bend = rng.uniform(0.62, 0.85)
    knots = [(foot, 0), (radius * bend, height * 0.28), (radius * 0.96, height * 0.72), (radius * curl, height)]
    profile = curve(knots, 14)
    parts = [_hollow(profile, wall=rng.uniform(0.02, 0.06), sides=_sides(rng))]
    if rng.random() < 0.5:
        tall = rng.uniform(0.03, 0.12)
        parts.append(lathe([(0, -tall), (foot * 1.02, -tall), (foot * 0.9, 0.02), (0, 0.02)]).slot(1))
    if rng.random() < 0.12:
        parts.append(_handle(profile, 0.12, height * 0.55, height * 0.85, 0.035).both("x").slot(1))
    return assemble(parts, rng)


def goblet(rng: np.random.Generator) -> Mesh:
    """A bowl on a stem on a foot: for wine, for cocktails, or a chalice with a knot in its stem."""
    radius, deep, stem = rng.uniform(0.25, 0.42), rng.uniform(0.3, 0.65), rng.uniform(0.2, 0.7)
    foot, thin = radius * rng.uniform(0.75, 1.1), rng.uniform(0.025, 0.06)
    style = rng.integers(3)
    if style == 0:
        bowl_knots = [
            (thin, 0),
            (radius * 0.9, deep * 0.3),
            (radius, deep * 0.6),
            (radius * rng.uniform(0.7, 0.95), deep),
        ]
    elif style == 1:
        bowl_knots = [(thin, 0), (radius * 0.5, deep * 0.4), (radius * 1.15, deep * rng.uniform(0.8, 1.0))]
    else:
        bowl_knots = [(thin, 0), (radius * 0.72, deep * 0.15), (radius * 0.8, deep * 0.5), (radius, deep)]
    wall = _hollow(curve(bowl_knots, 14), wall=0.022).at(z=stem)
    knot = rng.uniform(1.5, 3) if rng.random() < 0.35 else 1.0
    column = [
        (0, 0),
        (foot, 0),
        (foot, 0.03),
        (foot * 0.4, 0.08),
        (thin, 0.16),
        (thin, stem * 0.5),
        (thin * knot, stem * 0.6),
    ]
    parts = [
        wall,
        lathe([*column, (thin, stem * 0.7), (thin, stem + 0.05), (0, stem + 0.05)]).slot(int(rng.integers(2))),
    ]
    return assemble(parts, rng)


def teapot(rng: np.random.Generator) -> Mesh:
    """A round body with a spout, a lid with a knob, and an ear behind or a bail above."""
    radius, height = rng.uniform(0.4, 0.55), rng.uniform(0.55, 0.95)
    foot, mouth = radius * rng.uniform(0.55, 0.9), radius * rng.uniform(0.45, 0.65)
    middle = rng.uniform(0.35, 0.6)
    body = [(foot, 0), (radius, height * middle), (mouth, height)]
    profile = curve(body, 12)
    lid = [(mouth * 1.05, height * 0.99), (mouth * 0.9, height + 0.05), (mouth * 0.4, height + rng.uniform(0.07, 0.16))]
    top = lid[-1][1]
    parts = [
        lathe([(0, 0), *profile, (0, height)], sides=24),
        lathe([(0, height * 0.97), *lid, (0, top + 0.01)], sides=24).slot(1),
        ball(rng.uniform(0.05, 0.09), rows=6, sides=10).at(z=top + 0.05).slot(1),
    ]
    start, reach, tip = height * rng.uniform(0.25, 0.45), rng.uniform(0.28, 0.45), height * rng.uniform(0.85, 1.08)
    bend = (radius + reach * 0.5, start + (tip - start) * rng.uniform(0.3, 0.5))
    spout = curve([(radius * 0.75, start), bend, (radius + reach, tip)], 10)
    size = np.linspace(0.15, 0.05, 10)
    parts.append(tube(standing(spout), size, sides=10))
    thick = rng.uniform(0.03, 0.05)
    if rng.random() < 0.7:
        ear = _handle(profile, rng.uniform(0.2, 0.36), height * 0.25, height * 0.85, thick)
        parts.append(ear.turned("z", 180).slot(int(rng.integers(2))))
    else:
        bail = curve([(-radius * 0.7, height * 0.85), (-radius * 0.6, height * 1.5), (radius * 0.6, height * 1.5)], 10)
        bail = np.concatenate([bail, curve([(radius * 0.66, height * 1.3), (radius * 0.7, height * 0.85)], 4)])
        parts.append(tube(standing(bail), thick).slot(1))
    return assemble(parts, rng)
