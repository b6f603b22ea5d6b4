"""Motor vehicles: car, van, truck. They drive along +x; sizes are metres, more or less."""

from __future__ import annotations

import numpy as np

from maquette.geometry.mesh import Mesh
from maquette.geometry.procedural.parts import body, box, cylinder, lathe
from maquette.geometry.procedural.solid import Solid, assemble, join

__all__ = ["car", "truck", "van"]


def _wheels(rng: np.random.Generator, places: list[float], radius: float, half: float) -> list[Solid]:
    """Pairs of wheels with hubs at the given places along x, their outer sides at y = +-half."""
    wide = radius * rng.uniform(0.5, 0.75)
    tyre = [(0, 0), (radius * 0.9, 0), (radius, wide * 0.2), (radius, wide * 0.8), (radius * 0.9, wide), (0, wide)]
    hub = lathe([(0, 0), (radius * 0.55, 0), (radius * 0.5, wide * 0.1), (0, wide * 0.1)], sides=12).at(z=wide)
    wheel = join([lathe(tyre, sides=16).slot(1), hub.slot(3)]).turned("x", -90).at(y=half - wide, z=radius)
    return [wheel.at(x=place).both("y") for place in places]


def _lights(x: float, half: float, z: float, size: float) -> Solid:
    """Two lamps on a front."""
    return box(size * 0.6, size, size * 0.7).at(x=x, y=half - size, z=z).both("y").slot(3)


def car(rng: np.random.Generator) -> Mesh:
    """A low hull with a cabin on it and four wheels: saloon, hatchback, coupe, estate, pick-up or open."""
    length, half = rng.uniform(3.4, 4.9), rng.uniform(0.75, 0.95)
    wheel, clear = rng.uniform(0.28, 0.38), rng.uniform(0.16, 0.3)
    belt, roof = rng.uniform(0.75, 0.98), rng.uniform(1.25, 1.75)
    nose = rng.uniform(0.75, 1.0)
    front, rear = length / 2, -length / 2
    hull = body(
        [
            (rear, clear + 0.1, belt * rng.uniform(0.85, 1), half * 1.8), (rear + 0.15, clear, belt, half * 2),
            (0, clear, belt, half * 2), (front * 0.45, clear, belt * 0.97, half * 2),
            (front - 0.2, clear, belt * nose, half * 1.95), (front, clear + 0.1, belt * nose * 0.8, half * 1.7),
        ],
        roundness=0.25,
    )  # fmt: skip
    parts = [hull]
    screen, slope = front * rng.uniform(0.3, 0.55), rng.uniform(0.35, 0.9)
    back = {0: rear * 0.6, 1: rear * 0.97, 2: rear * 0.97, 3: -0.15 * length}[style := int(rng.integers(4))]
    tail = {0: rng.uniform(0.4, 0.8), 1: rng.uniform(0.25, 0.6), 2: 0.12, 3: 0.15}[style]
    if rng.random() < 0.9:
        wide = half * 1.86
        glass = body(
            [
                (back, belt - 0.05, belt + 0.02, wide), (back + tail, belt - 0.05, roof - 0.06, wide * 0.86),
                (screen - slope, belt - 0.05, roof - 0.06, wide * 0.86), (screen, belt - 0.05, belt + 0.02, wide),
            ],
            roundness=0.12,
        )  # fmt: skip
        middle = (back + tail + screen - slope) / 2
        top = box(screen - slope - back - tail + 0.1, wide * 0.84, 0.09, edge=0.04).at(x=middle, z=roof - 0.07)
        pillar = body([(middle - 0.05, belt - 0.03, roof, wide * 0.9), (middle + 0.05, belt - 0.03, roof, wide * 0.9)])
        parts += [glass.slot(2), top, pillar.scaled(y=0.99)]
    else:
        parts.append(box(0.05, half * 1.7, 0.35).turned("y", -30).at(x=screen - 0.2, z=belt - 0.05).slot(2))
        parts += [
            box(0.5, 0.5, 0.45).at(x=place, y=half * 0.45, z=belt - 0.25).both("y").slot(2) for place in (-0.3, -1.1)
        ]
    axle = length * rng.uniform(0.29, 0.33)
    parts += _wheels(rng, [-axle, axle], wheel, half * 1.04)
    parts.append(_lights(front - 0.06, half, belt * 0.62, 0.26))
    if rng.random() < 0.2:
        parts.append(box(0.35, half * 1.7, 0.05).at(x=rear + 0.2, z=belt + 0.2))
        parts.append(box(0.1, 0.08, 0.25).at(x=rear + 0.2, y=half * 0.6, z=belt - 0.03).both("y"))
    return assemble(parts, rng)


def van(rng: np.random.Generator) -> Mesh:
    """One tall hull with a short nose: a delivery van, a bus, or a people carrier that is nearly a car."""
    length, half = rng.uniform(3.9, 6.0), rng.uniform(0.82, 1.05)
    roof, clear, wheel = rng.uniform(1.6, 2.6), rng.uniform(0.2, 0.32), rng.uniform(0.3, 0.4)
    front, rear = length / 2, -length / 2
    hood, nose = rng.uniform(0.15, 1.0), rng.uniform(0.8, 1.1)
    rake = rng.uniform(0.25, 0.8)
    glass_low = rng.uniform(0.55, 0.62) * roof
    sill = max(glass_low, nose)
    hull = body(
        [
            (rear, clear, roof * 0.97, half * 1.94), (rear + 0.12, clear, roof, half * 2),
            (front - hood - rake, clear, roof, half * 2), (front - hood, clear, sill + 0.03, half * 1.98),
            (front - 0.08, clear, nose, half * 1.9), (front, clear + 0.08, nose * 0.75, half * 1.8),
        ],
        roundness=0.16,
    )  # fmt: skip
    tall = (roof - glass_low) * 0.62
    parts = [hull, *_wheels(rng, [rear * rng.uniform(0.6, 0.68), front * rng.uniform(0.58, 0.66)], wheel, half * 1.03)]
    angle = np.degrees(np.arctan2(rake, roof - sill))
    pane = box(0.05, half * 1.7, np.hypot(rake, roof - sill) * 0.75).turned("y", -angle)
    parts.append(pane.at(x=front - hood - rake * 0.12, z=sill + 0.1).slot(2))
    panes = int(rng.integers(1, 5))
    start, end = front - hood - rake - 0.1, rear + 0.3
    for number in range(panes if rng.random() < 0.7 else 1):
        wide = (start - end) / max(panes, 3)
        middle = start - wide * (number + 0.5)
        parts.append(box(wide * 0.88, half * 2.015, tall, edge=0.02).at(x=middle, z=glass_low).slot(2))
    parts.append(box(0.05, half * 1.5, tall).at(x=rear, z=glass_low).slot(2))
    parts.append(_lights(front - 0.04, half * 0.95, nose * 0.62, 0.24))
    if rng.random() < 0.3:
        rack = box(length * 0.5, 0.05, 0.05).at(x=rear * 0.2, y=half * 0.7, z=roof + 0.08).both("y")
        parts += [rack.slot(1), box(0.06, half * 1.4, 0.06).at(x=rear * 0.5, z=roof + 0.04).slot(1)]
    return assemble(parts, rng)


def truck(rng: np.random.Generator) -> Mesh:
    """A cab in front and behind it, apart, a box, a tank, a tipper or a bare bed, on four to ten wheels."""
    cab, load = rng.uniform(1.4, 2.4), rng.uniform(3.0, 7.0)
    half, wheel = rng.uniform(1.0, 1.25), rng.uniform(0.42, 0.55)
    floor, tall = wheel * 1.7, rng.uniform(1.5, 2.3)
    gap = rng.uniform(0.12, 0.4)
    front = cab
    hood = rng.uniform(0.7, 1.3) if rng.random() < 0.35 else 0.0
    rake = rng.uniform(0.05, 0.3)
    stations = [
        (0.0, wheel, floor + tall * 0.95, half * 1.9),
        (front - hood - rake, wheel, floor + tall * 0.95, half * 1.9),
    ]
    stations += [(front - hood, wheel, floor + tall * 0.45, half * 1.9), (front, wheel, floor + tall * 0.4, half * 1.8)]
    if not hood:
        stations[-1] = (front + 0.06, wheel, floor + tall * 0.35, half * 1.85)
    parts = [body(stations, roundness=0.12)]
    pane = box(0.06, half * 1.6, tall * 0.36).turned("y", -np.degrees(np.arctan2(rake, tall * 0.5)))
    parts.append(pane.at(x=front - hood - rake * 0.1, z=floor + tall * 0.5).slot(2))
    parts.append(
        box(min(cab - hood, 1.2) * 0.55, half * 1.93, tall * 0.34)
        .at(x=(cab - hood) * 0.5, z=floor + tall * 0.5)
        .slot(2)
    )
    parts.append(
        box(load + cab * 0.8, half * 0.9, wheel * 0.4, edge=0.03).at(x=(cab * 0.8 - load) / 2, z=wheel * 1.15).slot(1)
    )
    parts.append(_lights(front, half * 0.9, wheel * 1.5, 0.28))
    rear, style = -gap - load, int(rng.integers(5))
    middle = (rear - gap) / 2
    if style <= 1:
        high = tall * rng.uniform(0.85, 1.5)
        parts.append(box(load, half * 2.1, high, edge=0.06).at(x=middle, z=floor).slot(3))
        ribs = int(rng.integers(0, 7))
        rib = box(0.07, half * 2.2, high * 0.96, edge=0).at(z=floor + 0.02).slot(3)
        parts += [rib.at(x=place) for place in np.linspace(rear + 0.3, -gap - 0.3, ribs)]
    elif style == 2:
        size = half * rng.uniform(0.85, 1.0)
        tank = lathe(
            [(0, 0), (size * 0.7, 0.02), (size, 0.25), (size, load - 0.25), (size * 0.7, load - 0.02), (0, load)]
        )
        parts.append(tank.turned("y", 90).at(x=rear, z=floor + size).slot(3))
        parts.append(cylinder(size * 0.25, 0.2).at(x=middle, z=floor + 2 * size - 0.06).slot(3))
    elif style == 3:
        side = rng.uniform(0.5, 1.2)
        wall = box(load, 0.1, side).at(x=middle, y=half, z=floor).both("y")
        ends = [box(0.1, half * 2, side).at(x=rear, z=floor), box(0.1, half * 2, side * 1.3).at(x=-gap, z=floor)]
        tipped = join([wall, *ends, box(load, half * 2, 0.1).at(x=middle, z=floor)])
        parts.append(tipped.slot(3))
    else:
        parts.append(box(load, half * 2.1, 0.16).at(x=middle, z=floor).slot(3))
        log = cylinder(rng.uniform(0.2, 0.45), half * 1.8).at(z=-half * 0.9).turned("x", 90).at(z=floor + 0.5).slot(4)
        parts += [log.at(x=place) for place in np.linspace(rear + 0.3, -gap - 0.3, int(rng.integers(1, 4)))]
    axles = [front - hood * 0.5 - 0.6, rear + load * 0.18]
    if load > 4.0:
        axles.append(axles[1] + 2.3 * wheel)
    parts += _wheels(rng, axles, wheel, half)
    return assemble(parts, rng)
