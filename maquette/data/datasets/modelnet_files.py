"""ModelNet as single files: Princeton's OFF tree, and the renders and MeshNet faces of CMCL's layout.

<class>/{train,test}/<name>.off                             Princeton's
ModelNet40-Images-180/<class>/<name>/<name>.<v>.png         CMCL's renders, v from 0 to 179
ModelNet40_Mesh/<class>/{train,test}/<name>.npz             CMCL's faces, as MeshNet takes them
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from maquette.data.archives import NPZ_ERRORS
from maquette.errors import ConfigError, FileError

__all__ = ["IMAGES", "MESHES", "find_faces", "find_views", "list_off_tree", "read_meshnet_faces"]

IMAGES, MESHES = "ModelNet40-Images-180", "ModelNet40_Mesh"
"""CMCL's folders, which serve the 10-class set as well."""

_SPELLINGS = (("face", "neighbor_index"), ("faces", "neighbors"))
_SPLITS = ("train", "test")


def list_off_tree(source: Path) -> dict[str, tuple[str, str]]:
    """Split and path relative to `source` of every model `class/name` of Princeton's tree; empty where it is none."""
    found: dict[str, tuple[str, str]] = {}
    for folder in sorted(path for path in source.iterdir() if path.is_dir()):
        for split in _SPLITS:
            inner = folder / split
            if not inner.is_dir():
                continue
            for path in sorted(inner.iterdir()):
                if path.suffix.lower() == ".off" and not path.name.startswith("."):
                    identity = f"{folder.name}/{path.stem}"
                    if identity in found:
                        raise FileError(path, f"is in {found[identity][0]} already: expected a model in one split")
                    found[identity] = split, path.relative_to(source).as_posix()
    return found


def find_views(folder: Path, name: str, views: int) -> tuple[str, ...]:
    """`views` evenly spaced of an object's renders `class/name`, relative to `folder`; empty where it has none.

    CMCL's code draws its views anew at each test, unseeded; here they are the same every time.
    """
    place = folder / name
    if not place.is_dir():
        return ()
    stem = Path(name).name
    numbered = {
        int(path.name[len(stem) + 1 : -4]): path.name
        for path in sorted(place.glob("*.png"))
        if path.name.startswith(f"{stem}.") and path.name[len(stem) + 1 : -4].isdecimal()
    }
    if views < 1:
        raise ConfigError(f"views {views}: expected at least 1")
    numbers = sorted(numbered)
    chosen = [numbers[at * len(numbers) // views] for at in range(views)] if len(numbers) >= views else numbers
    return tuple(f"{name}/{numbered[number]}" for number in chosen)


def find_faces(folder: Path, name: str, split: str) -> Path | None:
    """An object's MeshNet file, under its own split or else under the other; None where it has none."""
    kind, stem = name.split("/")
    for part in (split, *(other for other in _SPLITS if other != split)):
        path = folder / kind / part / f"{stem}.npz"
        if path.is_file():
            return path
    return None


def read_meshnet_faces(path: Path) -> tuple[Float[np.ndarray, "P 3"], Int[np.ndarray, "F 3"]]:
    """Vertices and triangles of a MeshNet file: `face` and `neighbor_index`, or `faces` and `neighbors`.

    A row of the faces is center, three corners, normal. Corners in one place become one vertex, so that neighbours,
    which the file lists as well, follow from the triangles; they are checked only for their number.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            spelling = next((pair for pair in _SPELLINGS if pair[0] in archive.files), None)
            if spelling is None or spelling[1] not in archive.files:
                raise FileError(
                    path, f"holds {', '.join(archive.files)}: expected face, neighbor_index or faces, neighbors"
                )
            rows, neighbours = archive[spelling[0]], archive[spelling[1]]
    except NPZ_ERRORS as error:
        raise FileError(path, f"is no MeshNet archive: {error}") from error
    if rows.ndim != 2 or rows.shape[1] != 15 or neighbours.shape != (len(rows), 3) or not len(rows):
        raise FileError(path, f"has faces {rows.shape} and neighbours {neighbours.shape}: expected (n, 15) and (n, 3)")
    corners = rows[:, 3:12].astype(np.float64).reshape(-1, 3)
    vertices, numbers = np.unique(corners, axis=0, return_inverse=True)
    return vertices, numbers.reshape(-1, 3).astype(np.int64)
