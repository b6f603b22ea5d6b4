"""The list of all classes, group by group, and the pairs that are close on purpose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from maquette.geometry.mesh import Mesh
from maquette.geometry.procedural import (
    buildings,
    craft,
    furniture,
    lamps,
    machine_parts,
    motor_vehicles,
    tools,
    toys,
    vessels,
)

__all__ = ["CLASSES", "CLOSE_PAIRS", "ClassSpec"]


@dataclass(frozen=True)
class ClassSpec:
    """One class of objects: `build(rng)` draws a new object of it, z up, of any size, painted, each part closed."""

    name: str
    group: str
    build: Callable[[np.random.Generator], Mesh]


_GROUPS: dict[str, tuple[ModuleType, ...]] = {
    "furniture": (furniture,),
    "vessels": (vessels,),
    "tools": (tools,),
    "machine parts": (machine_parts,),
    "vehicles": (motor_vehicles, craft),
    "buildings": (buildings,),
    "lamps": (lamps,),
    "toys": (toys,),
}

CLASSES: tuple[ClassSpec, ...] = tuple(
    ClassSpec(name, group, getattr(module, name))
    for group, modules in _GROUPS.items()
    for module in modules
    for name in module.__all__
)

CLOSE_PAIRS: tuple[tuple[str, str], ...] = (
    ("stool", "table"),
    ("stool", "chair"),
    ("table", "desk"),
    ("cup", "bowl"),
    ("vase", "bottle"),
    ("hammer", "axe"),
    ("bolt", "screw"),
    ("gear", "pulley"),
    ("car", "van"),
    ("van", "truck"),
    ("house", "barn"),
    ("lighthouse", "windmill"),
    ("table_lamp", "floor_lamp"),
)
"""Classes whose ranges of parameters overlap, so that a careful person hesitates at times."""
