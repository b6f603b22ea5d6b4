"""Loading one item after the other, as a data set class is usually written: open the file, decode, alter, to a tensor.

Sizes, alterations and their order are those of CMCL's training: Jing et al., CVPR 2021; the released loader pads a mesh
one face at a time, and so does this. Without a generator nothing is altered.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

__all__ = ["MeshTensors", "read_image", "read_mesh", "read_points"]

MeshTensors = dict[str, Tensor]
_MEAN = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
_STD = torch.tensor([0.229, 0.224, 0.225])[:, None, None]


def read_image(path: Path, *, resolution: int, rng: np.random.Generator | None = None) -> Tensor:
    """(3, H, W): a random crop of seven eighths of the picture's width, resized, mirrored or not, normalised."""
    with Image.open(path) as file:
        picture = file.convert("RGB")
    if rng is None:
        picture = picture.resize((resolution, resolution), Image.Resampling.BICUBIC)
    else:
        side = picture.width * 7 // 8
        left, top = (int(rng.integers(0, picture.width - side + 1)) for _ in range(2))
        picture = picture.crop((left, top, left + side, top + side))
        picture = picture.resize((resolution, resolution), Image.Resampling.BILINEAR)
        if rng.random() < 0.5:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1).float() / 255
    return (pixels - _MEAN) / _STD


def read_points(path: Path, *, points: int, rng: np.random.Generator | None = None, stretch: bool = True) -> Tensor:
    """(3, N): drawn with replacement, scaled and shifted along every axis (`stretch`), turned about z, jittered."""
    cloud = np.load(path)
    if rng is None:
        return torch.from_numpy(cloud[:points].T.copy())
    cloud = cloud[rng.integers(0, len(cloud), points)]
    if stretch:
        cloud = cloud * rng.uniform(2 / 3, 3 / 2, 3) + rng.uniform(-0.2, 0.2, 3)
    cloud = cloud @ _turn(rng)
    cloud = cloud + np.clip(0.01 * rng.standard_normal(cloud.shape), -0.02, 0.02)
    rng.shuffle(cloud)
    return torch.from_numpy(cloud.T.astype(np.float32))


def read_mesh(path: Path, *, faces: int, rng: np.random.Generator | None = None, turn: bool = False) -> MeshTensors:
    """A .npz of `faces` (F, 15) and `neighbours` (F, 3): jittered, padded face by face, taken apart."""
    with np.load(path) as file:
        rows, neighbours = file["faces"], file["neighbours"]
    own = len(rows)
    if rng is not None:
        if turn:
            rows = (rows.reshape(-1, 3) @ _turn(rng)).reshape(rows.shape)
        jitter = np.clip(0.01 * rng.standard_normal((own, 12)), -0.05, 0.05)
        rows = np.concatenate([rows[:, :12] + jitter, rows[:, 12:]], axis=1)
    if own < faces:
        more_rows, more_neighbours = [], []
        for missing in range(faces - own):
            repeated = missing % own if rng is None else rng.integers(0, own)
            more_rows.append(rows[repeated])
            more_neighbours.append(neighbours[repeated])
        rows = np.concatenate([rows, np.stack(more_rows)])
        neighbours = np.concatenate([neighbours, np.stack(more_neighbours)])
    columns = torch.from_numpy(rows.astype(np.float32).T.copy())
    centers = columns[:3]
    return {
        "centers": centers,
        "corners": columns[3:12] - torch.cat([centers, centers, centers]),
        "normals": columns[12:],
        "neighbours": torch.from_numpy(neighbours.astype(np.int64)),
    }


def _turn(rng: np.random.Generator) -> np.ndarray:
    angle = rng.uniform(0, 2 * np.pi)
    return np.array([[np.cos(angle), np.sin(angle), 0], [-np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
