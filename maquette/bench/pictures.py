"""Pictures of a set's objects as a modality sees them, for sheets of rankings."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from maquette.data.store import Store
from maquette.geometry import normalise, read_cloud, read_mesh
from maquette.geometry.cameras import ring_cameras
from maquette.geometry.render import render
from maquette.geometry.splat import splat

__all__ = ["PIXELS", "picture"]

PIXELS = 96
"""Width and height of a picture."""


def picture(store: Store, row: int, modality: str) -> UInt8[np.ndarray, "96 96 3"]:
    """The object in a row of the store: its first view, its point cloud as discs, or its mesh rendered."""
    if modality == "image":
        pixels = store.arrays("image", np.array([row]))["pixels"][0, 0]
        return np.asarray(Image.fromarray(pixels).resize((PIXELS, PIXELS), Image.Resampling.LANCZOS))
    (path,) = store.manifest.files(store.manifest.items[row], modality)[:1]
    cameras = ring_cameras(1)
    if modality == "pointcloud":
        return np.asarray(splat(normalise(read_cloud(path)), cameras, resolution=PIXELS)[0])
    return np.asarray(render(normalise(read_mesh(path)), cameras, resolution=PIXELS)[0])
