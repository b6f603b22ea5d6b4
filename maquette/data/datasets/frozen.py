"""A data set of which some modalities are frozen: representations of a trained model in place of files.

RONO trains on raw images and on frozen point features; the classical methods take nothing else. `maquette data freeze`
(`maquette.train.freeze`) writes such a set from any configuration and any model; this reads it:

    manifest.json              the objects, splits and labels of the set that was frozen
    vectors/<modality>/        one `.npy` vector an object, for `kind = "features"`
    everything else            the files of the other modalities, and the label files, copied

Statistics, licence and classes are those of the set that was frozen: `source` in the manifest names it and the model.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from maquette.data.datasets.base import DATASETS
from maquette.data.manifest import Manifest
from maquette.errors import FileError

__all__ = ["frozen"]


@DATASETS.register("frozen")
def frozen(root: Path | str, *, workers: int = 0, on_progress: Callable[[int, int], None] | None = None) -> Manifest:
    """The manifest that `maquette data freeze` left under `root`; FileError where there is none."""
    path = Path(root) / "manifest.json"
    if not path.is_file():
        raise FileError(path, "does not exist: make it with maquette data freeze CONFIG --model RUN --out FOLDER")
    manifest = Manifest.load(path, root=Path(root).absolute())
    if on_progress is not None:
        on_progress(len(manifest), len(manifest))
    return manifest
