"""Parametric objects a person recognises at once: the shapes of the built-in data set, made of numbers alone.

`CLASSES` lists them by group; each builds a new object, never twice the same, from a random generator.
"""

from maquette.geometry.procedural.catalog import CLASSES, CLOSE_PAIRS, ClassSpec

__all__ = ["CLASSES", "CLOSE_PAIRS", "ClassSpec"]
