"""The clay of the procedural objects: a closed body that can be moved, turned, copied, and joined into a mesh.

A face carries a *slot*, a small number that says which colour of the object's palette it gets. The palette is drawn
only when the parts are joined, by the same rule for every class, so that no colour ever gives a class away.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Float, Int, UInt8

from maquette.geometry.mesh import Mesh

__all__ = ["Axis", "Length", "Solid", "around", "assemble", "join", "palette", "solid"]

Axis = Literal["x", "y", "z"]

Length = float | int
"""A number without a unit; angles too, in degrees. Whole numbers are as good as any."""


@dataclass(frozen=True)
class Solid:
    """A closed body, or several, whose faces look outward; every method returns a new one."""

    vertices: Float[np.ndarray, "P 3"]
    faces: Int[np.ndarray, "F 3"]
    slots: Int[np.ndarray, "F"]

    def at(self, x: Length = 0.0, y: Length = 0.0, z: Length = 0.0) -> Solid:
        """The body moved by (x, y, z)."""
        return replace(self, vertices=self.vertices + np.array([x, y, z]))

    def scaled(self, x: Length = 1.0, y: Length = 1.0, z: Length = 1.0) -> Solid:
        """The body stretched about the origin by factors above 0."""
        return replace(self, vertices=self.vertices * np.array([x, y, z]))

    def turned(self, axis: Axis, degrees: Length) -> Solid:
        """The body turned about an axis through the origin, counter-clockwise seen from the axis' positive end."""
        first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
        cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        vertices = self.vertices.copy()
        vertices[:, first] = cosine * self.vertices[:, first] - sine * self.vertices[:, second]
        vertices[:, second] = sine * self.vertices[:, first] + cosine * self.vertices[:, second]
        return replace(self, vertices=vertices)

    def mirrored(self, axis: Axis) -> Solid:
        """The mirror image in the plane through the origin at right angles to the axis; faces still look outward."""
        signs = np.ones(3)
        signs["xyz".index(axis)] = -1.0
        return replace(self, vertices=self.vertices * signs, faces=self.faces[:, ::-1])

    def both(self, axis: Axis) -> Solid:
        """The body together with its mirror image."""
        return join([self, self.mirrored(axis)])

    def slot(self, number: int) -> Solid:
        """The body with every face in the palette's slot `number`, 0 or above."""
        return replace(self, slots=np.full(len(self.faces), number, dtype=np.int64))

    def volume(self) -> float:
        """Signed volume, in cubed units of the vertices: above 0 where faces look outward."""
        a, b, c = (self.vertices[self.faces[:, corner]] for corner in range(3))
        return float((a * np.cross(b, c)).sum() / 6.0)


def solid(vertices: Float[np.ndarray, "P 3"], faces: Int[np.ndarray, "F 3"]) -> Solid:
    """A body in slot 0 from a closed surface, turned inside out where its faces looked inward."""
    body = Solid(vertices, faces, np.zeros(len(faces), dtype=np.int64))
    return replace(body, faces=faces[:, ::-1]) if body.volume() < 0 else body


def join(parts: Iterable[Solid]) -> Solid:
    """One body of all parts, in their order; they may touch or overlap, as no surface is cut."""
    parts = list(parts)
    starts = np.cumsum([0] + [len(part.vertices) for part in parts[:-1]])
    return Solid(
        np.concatenate([part.vertices for part in parts]),
        np.concatenate([part.faces + start for part, start in zip(parts, starts, strict=True)]),
        np.concatenate([part.slots for part in parts]),
    )


def around(part: Solid, count: int, *, first_degrees: Length = 0.0) -> Solid:
    """`count` copies of a part, evenly turned about the z axis."""
    return join(part.turned("z", first_degrees + 360.0 * number / count) for number in range(count))


def palette(count: int, *, rng: np.random.Generator) -> UInt8[np.ndarray, "count 3"]:
    """`count` colours as 8-bit RGB: any hue, from grey to strong, never near black, so that shading stays visible."""
    hue, saturation, value = rng.uniform(0, 6, count), rng.uniform(0, 0.8, count), rng.uniform(0.35, 1.0, count)
    # The hue circle: each channel is a trapezoid of the hue, two sixths of a turn after the one before.
    phase = np.abs((hue[:, None] - np.array([3.0, 5.0, 1.0])) % 6 - 3)
    full = np.clip(2 - phase, 0, 1)
    colors: UInt8[np.ndarray, "count 3"] = (255 * value[:, None] * (1 - saturation[:, None] * full)).astype(np.uint8)
    return colors


def assemble(parts: Iterable[Solid], rng: np.random.Generator) -> Mesh:
    """The finished object: all parts joined, painted with a palette drawn from `rng`."""
    body = join(parts)
    colors = palette(int(body.slots.max()) + 1, rng=rng)
    return Mesh(body.vertices, body.faces, colors[body.slots])
