"""Kinds of data an object comes in: images, point clouds and meshes, each read, augmented and collated in its own way.

Importing this registers the built-in modalities in `MODALITIES`.
"""

from __future__ import annotations

from maquette.modalities.base import MODALITIES, Arrays, Field, Modality, Prepared
from maquette.modalities.features import FeaturesModality
from maquette.modalities.image import ImageModality
from maquette.modalities.mesh import MeshModality
from maquette.modalities.pointcloud import PointCloudModality

__all__ = [
    "MODALITIES",
    "Arrays",
    "FeaturesModality",
    "Field",
    "ImageModality",
    "MeshModality",
    "Modality",
    "PointCloudModality",
    "Prepared",
]
