"""What the size `full` needs of ModelNet is looked for before any row begins: preparing the set takes hours."""

from __future__ import annotations

from pathlib import Path

from maquette.data.datasets.modelnet_files import IMAGES, MESHES
from maquette.data.datasets.modelnet_hdf5 import find_hdf5
from maquette.errors import FileError

__all__ = ["check_modelnet"]


def check_modelnet(source: Path, *, classes: int, meshes: bool) -> None:
    """FileError unless the folder has CMCL's layout: clouds, renders, and `meshes` where they are asked for."""
    needed = {IMAGES: "renders", **({MESHES: "meshes"} if meshes else {})}
    missing = [f"{name} ({word})" for name, word in needed.items() if not (source / name).is_dir()]
    found = find_hdf5(source, classes)
    # Those of forty classes hold the ten, but rows of released features are known by the files that they were made of.
    if found is None or found[1] != classes:
        missing.insert(0, f"modelnet{classes}'s HDF5 files (clouds)")
    ask = "size full takes CMCL's layout (docs/data/modelnet.md): or use small or large"
    if missing:
        raise FileError(source, f"lacks {', '.join(missing)}: {ask}")
    # Compact arrays have neither, and would be read in the place of all the others.
    if any(source.glob("modelnet40_points*_train.npz")):
        raise FileError(source, f"holds compact arrays beside the papers' files, and they are read first: {ask}")
