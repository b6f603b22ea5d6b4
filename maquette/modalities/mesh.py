"""Meshes: a fixed number of triangles of an object with their neighbours, as MeshNet takes them.

The 15 numbers of a face: center, three corners, unit normal (Feng et al., MeshNet, AAAI 2019,
https://arxiv.org/abs/1811.11424).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from jaxtyping import Float

from maquette.errors import ConfigError, FileError, InputError
from maquette.geometry.adjacency import face_neighbours
from maquette.geometry.mesh import MESH_SUFFIXES, Cloud, Mesh, normalise, read_mesh
from maquette.geometry.simplify import simplify
from maquette.modalities.base import MODALITIES, Arrays, Field, Modality, Prepared
from maquette.modalities.shape_augment import clipped_noise, turns_about_up

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["MeshModality"]

_AUGMENTATIONS = ("code", "paper", "none")
_JITTER = 0.01
_JITTER_LIMIT = 0.05


@MODALITIES.register("mesh")
class MeshModality(Modality):
    """`faces` triangles an object: larger meshes are simplified, smaller ones repeat some of their faces.

    Augmentation `code` is that of the paper's released code (jitter), `paper` turns about the up axis as well, `none`
    does nothing.
    """

    name: ClassVar[str] = "mesh"
    suffixes: ClassVar[frozenset[str]] = MESH_SUFFIXES

    def __init__(self, *, faces: int = 1024, augmentation: str = "code") -> None:
        if faces < 4:
            raise ConfigError(f"mesh faces {faces}: expected at least 4, the fewest that enclose anything")
        if augmentation not in _AUGMENTATIONS:
            raise ConfigError(f"mesh augmentation {augmentation!r}: expected one of {', '.join(_AUGMENTATIONS)}")
        self.faces = faces
        self.augmentation = augmentation

    def settings(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"faces": self.faces, "augmentation": self.augmentation}

    def fields(self) -> dict[str, Field]:
        """`faces`: center, corners, unit normal; `neighbours`: rows of the faces across the three edges."""
        return {"faces": Field((self.faces, 15), "float32"), "neighbours": Field((self.faces, 3), "int32")}

    def read(self, paths: Sequence[Path], rng: np.random.Generator) -> Prepared:
        """The faces of one mesh file, normalised to the unit sphere and brought to the budget."""
        if len(paths) != 1:
            raise InputError(f"{len(paths)} mesh files for an object: expected exactly one")
        mesh = read_mesh(paths[0])
        try:
            return self._prepare(normalise(mesh), rng)
        except FileError:
            raise
        except InputError as error:
            raise FileError(paths[0], str(error)) from error

    def derive(self, shape: Mesh | Cloud, rng: np.random.Generator) -> Prepared | None:
        """As `read`, from a normalised mesh; None from a point cloud, which has no faces."""
        return self._prepare(shape, rng) if isinstance(shape, Mesh) else None

    def augment(self, arrays: Arrays, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Centers and corners jittered independently of each other, as the released code does; normals only turn."""
        import torch  # here: whoever only reads files needs no PyTorch

        if self.augmentation == "none":
            return dict(arrays)
        faces = np.asarray(arrays["faces"], dtype=np.float32)
        batch, count = faces.shape[:2]
        if self.augmentation == "paper":
            turned = np.matmul(faces.reshape(batch, count * 5, 3), turns_about_up(batch, rng))
            altered = turned.reshape(batch, count, 15)
        else:
            altered = faces.copy()
        noise = clipped_noise((batch, count, 12), rng, sigma=_JITTER, limit=_JITTER_LIMIT)
        # By torch: over rows as short as these it adds more than twice as fast as numpy.
        torch.from_numpy(altered)[..., :12].add_(torch.from_numpy(noise))
        return {**arrays, "faces": altered}

    def collate(self, arrays: Arrays) -> dict[str, Tensor]:
        """`centers` (B, 3, F), `corners` (B, 9, F) relative to the center, `normals` (B, 3, F), `neighbours` int64."""
        import torch  # here: whoever only reads files needs no PyTorch

        columns = torch.from_numpy(arrays["faces"].transpose(0, 2, 1).copy())
        centers = columns[:, :3]
        return {
            "centers": centers.contiguous(),
            "corners": columns[:, 3:12] - centers.repeat(1, 3, 1),
            "normals": columns[:, 12:].contiguous(),
            "neighbours": torch.from_numpy(arrays["neighbours"].astype(np.int64)),
        }

    def _prepare(self, mesh: Mesh, rng: np.random.Generator) -> Prepared:
        if len(mesh.faces) == 0:
            raise InputError("a mesh with 0 faces: expected at least one triangle")
        small = simplify(mesh, faces=self.faces)
        rows, neighbours = _face_rows(small), face_neighbours(small.faces)
        notes = {**small.notes, "faces_before": len(mesh.faces), "faces_after": len(small.faces)}
        if len(rows) < self.faces:
            repeated = rng.integers(0, len(rows), self.faces - len(rows))
            # A repeated face keeps the neighbours of the first, by their numbers there.
            rows = np.concatenate([rows, rows[repeated]])
            neighbours = np.concatenate([neighbours, neighbours[repeated]])
            notes["faces_repeated"] = len(repeated)
        return Prepared({"faces": rows.astype(np.float32), "neighbours": neighbours.astype(np.int32)}, notes)


def _face_rows(mesh: Mesh) -> Float[np.ndarray, "F 15"]:
    """Center, corners and unit normal of every face; a face without area has a normal straight up."""
    corners = mesh.vertices[mesh.faces]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(cross, axis=1, keepdims=True)
    normals = np.zeros_like(cross)
    normals[:, 2] = 1.0
    np.divide(cross, length, out=normals, where=length > 0.0)
    return np.concatenate([corners.mean(axis=1), corners.reshape(-1, 9), normals], axis=1)
