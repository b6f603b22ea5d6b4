"""Data: manifests of objects, noise on their labels, prepared stores, and batches from them."""

from __future__ import annotations

from maquette.data.loader import Loader
from maquette.data.manifest import FOREIGN, SPLITS, Item, Manifest
from maquette.data.prepare import PreparationReport, prepare
from maquette.data.store import Refusal, State, Store

__all__ = [
    "FOREIGN",
    "SPLITS",
    "Item",
    "Loader",
    "Manifest",
    "PreparationReport",
    "Refusal",
    "State",
    "Store",
    "prepare",
]
