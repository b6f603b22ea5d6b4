"""A model small enough to encode in milliseconds, and objects that are easily told apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from maquette.encoders import CrossModalModel, ModalitySpec, export_model
from maquette.geometry import Mesh

SPECS = {
    "image": ModalitySpec(
        "resnet18", {"width": 4, "blocks": [1, 1, 1, 1], "stem": "small"}, {"views": 2, "resolution": 32}
    ),
    "mesh": ModalitySpec("meshnet", {"width": 4}, {"faces": 32}),
    "pointcloud": ModalitySpec(
        "pointnet", {"channels": [8, 16], "hidden": [16]}, {"points_prepared": 128, "points": 64}
    ),
}


def box(*sides: float) -> Mesh:
    """A box with these sides, of twelve triangles."""
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], dtype=np.float64) * sides
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    return Mesh(corners, np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))], dtype=np.int64))


def export(folder: Path, *, seed: int, names: tuple[str, ...] = ("image", "mesh", "pointcloud")) -> Path:
    model = CrossModalModel(12, {name: SPECS[name] for name in names}, generator=torch.Generator().manual_seed(seed))
    export_model(model, folder, card={})
    return folder
