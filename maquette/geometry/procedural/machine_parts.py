"""Machine parts: bolt, screw, nut, gear, spring, pulley. Their axis is z."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from maquette.geometry.mesh import Mesh
from maquette.geometry.procedural.parts import arc, box, cylinder, helix, lathe, loft, outline, pipe, prism, tube
from maquette.geometry.procedural.solid import Solid, around, assemble, join

__all__ = ["bolt", "gear", "nut", "pulley", "screw", "spring"]

_RIDGE = np.array([[0.9, 0.0], [-0.6, 0.8], [-0.6, -0.8]])
"""Cross section of a thread: a triangle whose edge points away from the axis."""


def _polygon(corners: int, flats: float, points: int) -> Float[np.ndarray, "n 2"]:
    """A regular polygon whose flats are at distance `flats` from the center, as `points` points at even angles."""
    angle = np.arange(points) * (2 * np.pi / points)
    sector = 2 * np.pi / corners
    return outline(flats / np.cos((angle + sector / 2) % sector - sector / 2))


def _thread(radius: tuple[float, float], low: float, high: float, pitch: float) -> Solid:
    """A ridge that winds up a shaft from z = low to z = high, its radius given there and there."""
    path = helix(radius, high - low, (high - low) / pitch, steps=12)
    # The ridge grows and fades over its first and last half turn, as a cut thread does.
    place = np.arange(len(path), dtype=np.float64)
    size = np.clip(np.minimum(place, place[::-1]) / 6, 0.1, 1.0)
    return tube(path, pitch * 0.45 * size, section=_RIDGE).at(z=low)


def _driven(section: Float[np.ndarray, "n 2"], deep: float, drive: int, gap: float) -> Solid:
    """The top layer of a head, parted by a slot (drive 1) or a cross (drive 2) of width `gap`."""
    radius = np.linalg.norm(section, axis=1).max()
    angles = np.radians(np.linspace(0, 180 / drive, 9))
    if drive == 1:
        half = np.column_stack([radius * np.cos(angles), np.maximum(radius * np.sin(angles), 0) + gap / 2])
        return around(prism(half, deep), 2)
    quarter = np.column_stack([radius * np.cos(angles), radius * np.sin(angles)]) + gap / 2
    quarter = np.concatenate([[[gap / 2, gap / 2]], quarter])
    return around(prism(quarter, deep), 4)


def _head(rng: np.random.Generator, style: str, radius: float) -> list[Solid]:
    """The head of a bolt or screw above z = 0."""
    tall = radius * rng.uniform(0.5, 0.8)
    drive = int(rng.integers(1, 3))
    if style in ("hexagon", "square"):
        corners = 6 if style == "hexagon" else 4
        head = [prism(_polygon(corners, radius * 0.9, 12 if corners == 6 else 16), tall)]
        if rng.random() < 0.4:
            head.append(cylinder(radius * 1.3, tall * 0.25, top=radius * 1.1, sides=24))
        return head
    if style == "socket":
        wall = pipe(outline(radius * 0.85, 24), _polygon(6, radius * 0.45, 24), tall * 1.2)
        return [wall, cylinder(radius * 0.8, tall * 0.4, sides=24)]
    if style == "dome":
        rise = tall * rng.uniform(0.8, 1.2)
        tilt = np.radians(np.linspace(0, 90, 6))
        return [
            lathe([(0, 0), *np.column_stack([radius * np.cos(tilt), rise * np.sin(tilt)])[:-1], (0, rise)], sides=24)
        ]
    top = _driven(outline(radius, 24), tall * 0.4, drive, radius * 0.26)
    if style == "countersunk":
        sink = radius * rng.uniform(0.5, 0.9)
        return [lathe([(0, -sink), (radius * 0.4, -sink), (radius, 0), (0, 0)], sides=24), top.scaled(0.98, 0.98, 0.7)]
    return [lathe([(0, 0), (radius, 0), (radius * 1.02, tall * 0.6), (0, tall * 0.6)], sides=24), top.at(z=tall * 0.6)]


def bolt(rng: np.random.Generator) -> Mesh:
    """A straight shank with a blunt end, threaded wholly or in part, under a hexagon, square, socket or round head."""
    radius, length = rng.uniform(0.09, 0.17), rng.uniform(0.5, 1.2)
    style = str(rng.choice(["hexagon", "hexagon", "hexagon", "square", "socket", "dome", "pan"]))
    part = rng.uniform(0.4, 1.0) if rng.random() < 0.6 else 0.97
    pitch = radius * rng.uniform(0.28, 0.45)
    blunt = rng.uniform(0.5, 0.85)
    shank = lathe([(0, 0), (radius * blunt, 0), (radius, radius * 0.25), (radius, length), (0, length)], sides=16)
    thread = _thread((radius, radius), radius * 0.3, length * part, pitch)
    head = join(_head(rng, style, radius * rng.uniform(1.6, 2.1))).at(z=length)
    return assemble([shank, thread, head.slot(int(rng.integers(2)))], rng)


def screw(rng: np.random.Generator) -> Mesh:
    """A shank with a coarse thread and (mostly) a point, under a slotted head; some are blunt as a bolt."""
    radius, length = rng.uniform(0.07, 0.13), rng.uniform(0.6, 1.2)
    style = str(rng.choice(["countersunk", "countersunk", "pan", "pan", "dome", "hexagon"]))
    taper, pitch = rng.uniform(0.12, 0.4) * length, radius * rng.uniform(0.5, 0.9)
    blunt = rng.uniform(0.55, 0.8) if rng.random() < 0.15 else 0.0
    part = rng.uniform(0.6, 0.95)
    core = radius * rng.uniform(0.65, 0.9)
    point = core * max(blunt, 0.2)
    tip = [(0, 0), (core * blunt, 0)] if blunt else [(0, 0)]
    shank = lathe(
        [*tip, (core, taper), (core, length * part), (radius, length * part + 0.03), (radius, length), (0, length)],
        sides=14,
    )
    threads = [_thread((point, core), taper * 0.15, taper, pitch), _thread((core, core), taper, length * part, pitch)]
    head = join(_head(rng, style, radius * rng.uniform(1.8, 2.5))).at(z=length)
    return assemble([shank, *threads, head.slot(int(rng.integers(2)))], rng)


def nut(rng: np.random.Generator) -> Mesh:
    """A hexagon or square with a threaded bore; with a flange, a crown, a dome or wings at times."""
    flats, tall = rng.uniform(0.45, 0.55), rng.uniform(0.25, 0.8)
    bore, sides = flats * rng.uniform(0.5, 0.72), 48
    corners = int(rng.choice([6, 6, 6, 6, 4, 8]))
    hexagon, circle, hole = _polygon(corners, flats, sides), outline(flats * 1.06, sides), outline(bore, sides)
    rim = np.minimum(np.linalg.norm(hexagon, axis=1), flats * 1.06)
    bevel, chamfer = outline(rim), tall * 0.12
    levels = [(bevel, 0), (hexagon, chamfer), (hexagon, tall - chamfer), (bevel, tall), (hole * 1.1, tall)]
    depth = np.linspace(tall * 0.94, tall * 0.06, 9)
    levels += [(hole * (1.06 if row % 2 else 0.96), z) for row, z in enumerate(depth)] + [(hole * 1.1, 0)]
    rings = np.stack([np.column_stack([flat, np.full(sides, z)]) for flat, z in levels])
    parts = [loft(rings, closed=True)]
    style = rng.random()
    if style < 0.2:
        parts.append(pipe(circle * rng.uniform(1.15, 1.45), hole * 1.1, tall * 0.15).at(z=-tall * 0.1))
    elif style < 0.35:
        block = box((flats - bore) * 0.95, flats * 0.42, tall * 0.35).at(x=(flats + bore) / 2, z=tall * 0.98)
        parts.append(around(block, 6, first_degrees=30))
    elif style < 0.47:
        tilt = np.radians(np.linspace(0, 90, 6))
        dome = np.column_stack([flats * 0.9 * np.cos(tilt), flats * 0.8 * np.sin(tilt)])
        parts.append(lathe([(0, 0), *dome[:-1], (0, flats * 0.8)], sides=24).at(z=tall * 0.97))
    elif style < 0.6:
        wing = tube(
            [(flats * 0.8, 0, tall * 0.4), (flats * 1.7, 0, tall * 1.3), (flats * 1.9, 0, tall * 1.8)],
            [0.16, 0.26, 0.14],
        )
        parts.append(wing.scaled(y=0.4).both("x"))
    return assemble(parts, rng)


def gear(rng: np.random.Generator) -> Mesh:
    """A toothed wheel: full, with spokes or with holes between rim and hub; a hub or a shaft at times."""
    teeth, deep = int(rng.integers(9, 30)), rng.uniform(0.1, 0.2)
    thick = rng.uniform(0.12, 0.5)
    steps = np.tile([1 - deep, 1 - deep * 0.75, 1.0, 1.0, 1 - deep * 0.75, 1 - deep], teeth)
    teeth_outline = outline(steps)
    sides, root = len(steps), 1 - deep
    hub, bore = rng.uniform(0.22, 0.35), rng.uniform(0.08, 0.18)
    if rng.random() < 0.5:
        parts = [pipe(teeth_outline, outline(bore, sides), thick)]
    else:
        inner = root * rng.uniform(0.72, 0.85)
        spokes = int(rng.integers(3, 7))
        spoke = box(inner - hub * 0.6, rng.uniform(0.1, 0.22), thick * 0.6).at(x=(inner + hub * 0.9) / 2, z=thick * 0.2)
        parts = [pipe(teeth_outline, outline(inner, sides), thick), around(spoke, spokes)]
        parts.append(pipe(outline(hub, 32), outline(bore, 32), thick))
    if rng.random() < 0.5:
        tall = thick * rng.uniform(1.2, 2.2)
        parts.append(pipe(outline(hub, 32), outline(bore, 32), tall).slot(1))
    if rng.random() < 0.2:
        parts.append(cylinder(bore * 0.98, rng.uniform(0.8, 1.8)).at(z=-0.4).slot(2))
    return assemble(parts, rng)


def spring(rng: np.random.Generator) -> Mesh:
    """A wire wound around the axis: straight, conical or waisted, with flat ends or hooks."""
    turns, height = rng.uniform(4, 11), rng.uniform(0.7, 1.8)
    radius, wire = rng.uniform(0.22, 0.5), rng.uniform(0.025, 0.06)
    wire = min(wire, 0.35 * height / turns)
    path = helix(radius, height, turns, steps=18)
    share = path[:, 2] / height
    style = rng.random()
    if style < 0.2:
        size = np.interp(share, [0, 1], [1.0, rng.uniform(0.3, 0.6)])
    elif style < 0.4:
        size = 1 + rng.choice([-0.35, 0.35]) * np.sin(np.pi * share)
    else:
        size = np.ones(len(share))
    path[:, :2] *= size[:, None]
    hooked = rng.random() < 0.3
    if not hooked:
        path[:, 2] = height * np.interp(share, [0, 1 / turns, 1 - 1 / turns, 1], [0, 0.3 / turns, 1 - 0.3 / turns, 1])
    parts = [tube(path, wire, sides=7)]
    if hooked:
        for end in (0, -1):
            big = float(np.linalg.norm(path[end, :2]))
            loop = arc(big * 0.8, -80, 250, 16, z=big * 0.8)
            stub = tube([(big * 0.15, 0, 0), (big, 0, -0.01)], wire)
            turn = float(np.degrees(np.arctan2(path[end, 1], path[end, 0])))
            hook = join([tube(loop, wire, sides=7), stub])
            hook = hook.mirrored("z") if end == 0 else hook
            parts.append(hook.turned("z", turn).at(z=float(path[end, 2])))
    if rng.random() < 0.2:
        parts.append(cylinder(radius * 0.25, height * 1.15, sides=12).at(z=-height * 0.07).slot(1))
    return assemble(parts, rng)


def pulley(rng: np.random.Generator) -> Mesh:
    """A wheel with one to three grooves around it, full or spoked; in a fork with a hook at times."""
    grooves, wide = int(rng.integers(1, 4)), rng.uniform(0.16, 0.3)
    deep, bore, hub = rng.uniform(0.12, 0.25), rng.uniform(0.08, 0.16), rng.uniform(0.2, 0.32)
    round_groove = rng.random() < 0.4
    rim = [(1.0, 0.0)]
    for groove in range(grooves):
        z = groove * wide
        bottom = [0.25, 0.5, 0.75] if round_groove else [0.4, 0.6]
        depths = [0.8, 1.0, 0.8] if round_groove else [1.0, 1.0]
        rim.append((1.0, z + wide * 0.12))
        rim += [(1 - deep * d, z + wide * share) for share, d in zip(bottom, depths, strict=True)]
        rim.append((1.0, z + wide * 0.88))
    thick = grooves * wide
    rim.append((1.0, thick))
    inner = 1 - deep - rng.uniform(0.08, 0.16)
    parts = []
    if rng.random() < 0.5:
        dish = thick * rng.uniform(0.0, 0.3)
        profile = [
            *rim,
            (inner, thick),
            (inner, thick - dish),
            (bore, thick - dish),
            (bore, dish),
            (inner, dish),
            (inner, 0.0),
        ]
        parts.append(lathe(profile, sides=32, closed=True))
    else:
        parts.append(lathe([*rim, (inner, thick), (inner, 0.0)], sides=32, closed=True))
        spoke = box(inner - hub * 0.7, rng.uniform(0.1, 0.2), thick * 0.5).at(x=(inner + hub * 0.8) / 2, z=thick * 0.25)
        parts.append(around(spoke, int(rng.integers(3, 7))))
    parts.append(pipe(outline(hub, 24), outline(bore, 24), thick * rng.uniform(1.05, 1.6)).slot(1))
    wheel = join(parts)
    if rng.random() < 0.3:
        gap, bar = thick * 0.75, 0.06
        upright = wheel.at(z=-thick / 2).turned("x", 90)
        cheek = box(hub * 1.2, bar, 1.9).at(y=gap + bar, z=-0.45).both("y").slot(2)
        bridge = box(hub * 1.2, 2 * gap + 4 * bar, bar * 1.5).at(z=1.4).slot(2)
        hook = tube(arc(0.22, -90, 180, 14, z=1.85), 0.06).slot(2)
        pin = cylinder(bore, 2 * gap + 4 * bar).at(z=-gap - 2 * bar).turned("x", 90).slot(2)
        return assemble([upright, cheek, bridge, hook, pin], rng)
    return assemble([wheel], rng)
