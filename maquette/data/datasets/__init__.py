"""Data sets, one a file: each builds a `Manifest`. Importing this package registers them."""

from __future__ import annotations

from maquette.data.datasets.arrays import arrays
from maquette.data.datasets.base import DATASETS
from maquette.data.datasets.folder import folder
from maquette.data.datasets.frozen import frozen
from maquette.data.datasets.mnist3d import mnist3d
from maquette.data.datasets.modelnet import modelnet
from maquette.data.datasets.objaverse import objaverse
from maquette.data.datasets.pascal_sentence import pascal_sentence
from maquette.data.datasets.rgbd_object import rgbd_object
from maquette.data.datasets.scanobjectnn import scanobjectnn
from maquette.data.datasets.shapedb import shapedb69
from maquette.data.datasets.wikipedia import wikipedia
from maquette.data.datasets.workshop import workshop

__all__ = [
    "DATASETS",
    "arrays",
    "folder",
    "frozen",
    "mnist3d",
    "modelnet",
    "objaverse",
    "pascal_sentence",
    "rgbd_object",
    "scanobjectnn",
    "shapedb69",
    "wikipedia",
    "workshop",
]
