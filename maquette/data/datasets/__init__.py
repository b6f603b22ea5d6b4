"""Data sets, one a file: each builds a `Manifest`. Importing this package registers them."""

from __future__ import annotations

from maquette.data.datasets.base import DATASETS
from maquette.data.datasets.folder import folder
from maquette.data.datasets.frozen import frozen
from maquette.data.datasets.mnist3d import mnist3d
from maquette.data.datasets.workshop import workshop

__all__ = ["DATASETS", "folder", "frozen", "mnist3d", "workshop"]
