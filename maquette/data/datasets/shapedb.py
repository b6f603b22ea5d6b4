"""ShapeDB69: real CAD and web meshes of 69 classes, from the Princeton Shape Benchmark and SHREC's generic tracks.

| | |
|---|---|
| classes | 69, uneven: 12 to 114 objects each |
| objects | 1,977 to train, 493 to test; the division is ours: 20 % of each class by hash, duplicates on one side |
| meshes | 1,024 faces at most, simplified from the originals |
| clouds | 1,024 points sampled from each original |
| images | rendered from the meshes when the set is prepared |
| poses | as in the sources: not aligned |
| checksums | recorded in the manifest for the files at hand (`digests`); the arrays are published nowhere |
| sources | Shilane et al., The Princeton Shape Benchmark, SMI 2004; SHREC generic tracks, Eurographics 3DOR |
| licence | none stated by the sources; research use |

The files are compact arrays: see `maquette.data.datasets.arrays`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from maquette.data.datasets.arrays import arrays
from maquette.data.datasets.base import DATASETS
from maquette.data.manifest import Manifest

__all__ = ["shapedb69"]


@DATASETS.register("shapedb69")
def shapedb69(
    root: Path | str,
    *,
    source: Path | str,
    classes: Sequence[str] = (),
    validation_fraction: float = 0.0,
    seed: int = 0,
    workers: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> Manifest:
    """The manifest of `shapedb69_{mesh1024,points1024}_{train,test}.npz` in `source`, unpacked under `root`.

    Options are those of `arrays`.
    """
    return arrays(
        root,
        source=source,
        name="shapedb69",
        classes=classes,
        validation_fraction=validation_fraction,
        seed=seed,
        workers=workers,
        on_progress=on_progress,
    )
