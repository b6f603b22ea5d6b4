"""Every part of the benchmark, in the report's order."""

from __future__ import annotations

from maquette.bench.speed.arrays import ARRAY_PARTS
from maquette.bench.speed.epoch import EPOCH_PARTS
from maquette.bench.speed.loading import LOADING_PARTS
from maquette.bench.speed.networks import NETWORK_PARTS
from maquette.bench.speed.part import Part

__all__ = ["PARTS"]

PARTS: tuple[Part, ...] = (*NETWORK_PARTS, *ARRAY_PARTS, *LOADING_PARTS, *EPOCH_PARTS)
