"""Primitive bodies: everything an object is made of is a *loft*, rings of points joined into a closed skin.

Unless said otherwise a part stands on z = 0, centered in x and y. Lengths have no unit: objects are normalised later.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped

from maquette.geometry.procedural.solid import Length, Solid, solid

__all__ = [
    "Points",
    "arc",
    "ball",
    "body",
    "box",
    "cone",
    "curve",
    "cylinder",
    "helix",
    "lathe",
    "loft",
    "outline",
    "pipe",
    "prism",
    "rounded_rectangle",
    "standing",
    "torus",
    "tube",
]


Points = Sequence[Any] | Shaped[np.ndarray, "..."]
"""One point or several, as tuples or as an array."""


def loft(
    rings: Float[np.ndarray, "K n 3"], *, closed: bool = False, ends: tuple[Points, Points] | None = None
) -> Solid:
    """The skin over K rings of n points each, ring after ring.

    `closed` joins the last ring to the first (a torus has no ends). Else each end is a fan around a point: the ring's
    own center, or those of `ends` (the tips of a cone, the poles of a ball). An end's ring must be star-shaped.
    """
    count, sides = rings.shape[:2]
    rows = np.arange(count if closed else count - 1)
    lower, upper = rows[:, None] * sides, ((rows + 1) % count)[:, None] * sides
    here = np.arange(sides)
    there = (here + 1) % sides
    a, b, c, d = (lower + here).ravel(), (lower + there).ravel(), (upper + there).ravel(), (upper + here).ravel()
    vertices, faces = [rings.reshape(-1, 3)], [np.stack([a, b, c], 1), np.stack([a, c, d], 1)]
    if not closed:
        bottom, top = ends if ends is not None else (rings[0].mean(0), rings[-1].mean(0))
        last, start = count * sides, (count - 1) * sides
        vertices.append(np.array([bottom, top], dtype=np.float64))
        faces.append(np.stack([there, here, np.full(sides, last)], 1))
        faces.append(np.stack([start + here, start + there, np.full(sides, last + 1)], 1))
    return solid(np.concatenate(vertices), np.concatenate(faces))


def standing(path: Points) -> Float[np.ndarray, "K 3"]:
    """A path of (x, z) points as a path in space, in the plane y = 0."""
    points = np.asarray(path, dtype=np.float64)
    return np.column_stack([points[:, 0], np.zeros(len(points)), points[:, 1]])


def outline(
    radii: Length | Points, sides: int | None = None, *, first_degrees: Length = 0.0
) -> Float[np.ndarray, "n 2"]:
    """Points around the origin, counter-clockwise at even angles; one radius for all, or one a point."""
    radius = np.asarray(radii, dtype=np.float64)
    count = sides if sides is not None else radius.size
    angles = np.radians(first_degrees) + np.arange(count) * (2 * np.pi / count)
    points: Float[np.ndarray, "n 2"] = radius[..., None] * np.stack([np.cos(angles), np.sin(angles)], 1)
    return points


def rounded_rectangle(width: Length, depth: Length, radius: Length, *, steps: int = 2) -> Float[np.ndarray, "n 2"]:
    """A rectangle with quarter circles of `steps` segments for corners, 4 (steps + 1) points counter-clockwise."""
    angles = np.radians(np.arange(4)[:, None] * 90 + np.linspace(0, 90, steps + 1))
    centers = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * np.array([width / 2 - radius, depth / 2 - radius])
    corners: Float[np.ndarray, "4 n 2"] = centers[:, None] + radius * np.stack([np.cos(angles), np.sin(angles)], 2)
    return corners.reshape(-1, 2)


def prism(section: Float[np.ndarray, "n 2"], height: Length, *, top: Length = 1.0) -> Solid:
    """A star-shaped outline raised to `height`; `top` scales the upper end (0.5: a truncated pyramid)."""
    floor = np.concatenate([section, np.zeros((len(section), 1))], 1)
    return loft(np.stack([floor, floor * [top, top, 1] + [0, 0, height]]))


def box(width: Length, depth: Length, height: Length, *, edge: Length | None = None, steps: int = 1) -> Solid:
    """A box along x, y, z whose edges are rounded by radius `edge` (0: sharp; by default an eighth of its least side).

    More `steps` make rounder edges: a cushion.
    """
    radius = min(width, depth, height) / 8 if edge is None else min(edge, 0.499 * min(width, depth, height))
    if radius <= 0:
        corners = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * [width / 2, depth / 2]
        return prism(corners, height)
    levels = []
    for tilt in np.radians(np.linspace(0, 90, steps + 1)):
        # The floor's ring is narrower by what the rounded edge takes away; at 90 degrees stands the upright wall.
        inset, rise = radius * (1 - np.sin(tilt)), radius * (1 - np.cos(tilt))
        corner = max(radius - inset, 0.02 * radius)
        section = rounded_rectangle(width - 2 * inset, depth - 2 * inset, corner, steps=steps)
        levels.append((section, rise))
    levels += [(section, height - rise) for section, rise in reversed(levels)]
    return loft(np.stack([np.column_stack([section, np.full(len(section), z)]) for section, z in levels]))


def lathe(profile: Points, *, sides: int = 20, closed: bool = False) -> Solid:
    """A profile of (radius, z) points turned about the z axis; first and last may lie on the axis (radius 0).

    A hollow vessel is a profile that climbs outside and comes down inside; `closed` makes a ring of the profile.
    """
    points = np.asarray(profile, dtype=np.float64)
    first, last = int(points[0, 0] == 0 and not closed), int(points[-1, 0] == 0 and not closed)
    inner = points[first : len(points) - last]
    circle = outline(1.0, sides)
    rings = np.concatenate(
        [inner[:, None, :1] * circle, np.broadcast_to(inner[:, None, 1:], (len(inner), sides, 1))], axis=2
    )
    return loft(rings, closed=closed, ends=((0, 0, points[0, 1]), (0, 0, points[-1, 1])))


def cylinder(radius: Length, height: Length, *, top: Length | None = None, sides: int = 16) -> Solid:
    """A cylinder, or a truncated cone where the radius at the `top` differs."""
    return lathe([(radius, 0), (radius if top is None else top, height)], sides=sides)


def cone(radius: Length, height: Length, *, sides: int = 16) -> Solid:
    """A cone with its tip up; few sides make a pyramid."""
    return lathe([(0, 0), (radius, 0), (0, height)], sides=sides)


def ball(radius: Length, *, rows: int = 8, sides: int = 14) -> Solid:
    """A ball centered at the origin."""
    tilt = np.linspace(-np.pi / 2, np.pi / 2, rows + 1)
    profile = radius * np.stack([np.cos(tilt), np.sin(tilt)], 1)
    profile[[0, -1], 0] = 0
    return lathe(profile, sides=sides)


def torus(radius: Length, thickness: Length, *, sides: int = 24, around: int = 8) -> Solid:
    """A ring lying around the origin, its tube of radius `thickness`."""
    return lathe(outline(thickness, around) + np.array([radius, 0]), sides=sides, closed=True)


def pipe(outer: Float[np.ndarray, "n 2"], inner: Float[np.ndarray, "n 2"], height: Length) -> Solid:
    """A prism with a hole: two outlines of the same number of points, one inside the other."""
    levels = [(outer, 0.0), (outer, height), (inner, height), (inner, 0.0)]
    return loft(np.stack([np.column_stack([flat, np.full(len(flat), z)]) for flat, z in levels]), closed=True)


def tube(
    path: Points,
    radius: Length | Points,
    *,
    sides: int = 8,
    section: Float[np.ndarray, "n 2"] | None = None,
    closed: bool = False,
) -> Solid:
    """A section (a circle, or the outline given) swept along a path, its size `radius` at all or at each point.

    The section's second axis stays as near as can be to the coordinate axis that the path turns about, so a path
    should run in a coordinate plane or wind around one axis. `closed` joins the path's end to its start.
    """
    points = np.asarray(path, dtype=np.float64)
    if closed:
        steps = np.roll(points, -1, 0) - np.roll(points, 1, 0)
    else:
        steps = np.concatenate([points[1:2] - points[:1], points[2:] - points[:-2], points[-1:] - points[-2:-1]])
    tangents = steps / np.linalg.norm(steps, axis=1, keepdims=True)
    reference = np.eye(3)[np.abs(tangents).max(0).argmin()]
    across = np.cross(reference, tangents)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    upright = np.cross(tangents, across)
    flat = outline(1.0, sides) if section is None else section
    size = np.broadcast_to(np.asarray(radius, dtype=np.float64), (len(points),))[:, None, None]
    rings = points[:, None] + size * (flat[:, :1] * across[:, None] + flat[:, 1:] * upright[:, None])
    return loft(rings, closed=closed)


def curve(points: Points, count: int) -> Float[np.ndarray, "count d"]:
    """`count` points of a smooth curve (Catmull-Rom) through the given ones, in two or three dimensions."""
    knots = np.asarray(points, dtype=np.float64)
    padded = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    place = np.linspace(0, len(knots) - 1, count)
    index = np.minimum(place.astype(np.int64), len(knots) - 2)
    t = (place - index)[:, None]
    a, b, c, d = (padded[index + offset] for offset in range(4))
    doubled = 2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    smooth: Float[np.ndarray, "count d"] = 0.5 * doubled
    return smooth


def arc(
    radius: Length, first_degrees: Length, last_degrees: Length, count: int, *, z: Length = 0.0
) -> Float[np.ndarray, "count 3"]:
    """`count` points of a circle in the plane of x and z, from one angle above the x axis to another, lifted by z."""
    angles = np.radians(np.linspace(first_degrees, last_degrees, count))
    return np.stack([radius * np.cos(angles), np.zeros(count), z + radius * np.sin(angles)], 1)


def helix(radius: Length | Points, height: Length, turns: Length, *, steps: int = 12) -> Float[np.ndarray, "count 3"]:
    """A path that climbs around the z axis, `steps` points a turn; the radius may be given as (bottom, top)."""
    count = max(int(turns * steps), 2) + 1
    radii = np.interp(np.linspace(0, 1, count), [0, 1], np.broadcast_to(np.asarray(radius, dtype=np.float64), (2,)))
    angles = np.linspace(0, 2 * np.pi * turns, count)
    return np.stack([radii * np.cos(angles), radii * np.sin(angles), np.linspace(0, height, count)], 1)


def body(stations: Points, *, roundness: Length = 0.3, steps: int = 2) -> Solid:
    """A hull along x through stations (x, low, high, width): its silhouette from the side, and how wide it is there.

    `roundness` 0 gives boxy sections, 1 makes them round. Cars, boats, blades and gables are bodies.
    """
    rings = []
    for x, low, high, width in np.asarray(stations, dtype=np.float64):
        tall = high - low
        if roundness > 0:
            section = rounded_rectangle(width, tall, 0.499 * roundness * min(width, tall), steps=steps)
        else:
            section = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * [width / 2, tall / 2]
        rings.append(np.column_stack([np.full(len(section), x), section + np.array([0, (low + high) / 2])]))
    return loft(np.stack(rings))
