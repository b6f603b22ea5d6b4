"""Pascal Sentence: photos of 20 kinds of things, each with five sentences about it, as features.

| | |
|---|---|
| classes | 20: the object classes of PASCAL VOC |
| pairs | 1,000, 50 a class; divided by whoever made the features (commonly 800 to train, 200 to test) |
| images, texts | any two feature vectors: a `.npz` or `.mat` with them, see `image_text` |
| source | Rashtchian et al., Collecting Image Annotations Using Amazon's Mechanical Turk, NAACL HLT Workshop 2010, |
| | https://vision.cs.uiuc.edu/pascal-sentences/ |
| licence | none stated; the photos are Flickr's |
| checksums | none published; features are made by each author anew |
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from maquette.data.datasets.base import DATASETS
from maquette.data.datasets.image_text import pairs_manifest
from maquette.data.manifest import Manifest

__all__ = ["pascal_sentence"]

_CLASSES = (
    "aeroplane",
    "bicycle",
    "bird",
    "boat",
    "bottle",
    "bus",
    "car",
    "cat",
    "chair",
    "cow",
    "diningtable",
    "dog",
    "horse",
    "motorbike",
    "person",
    "pottedplant",
    "sheep",
    "sofa",
    "train",
    "tvmonitor",
)


@DATASETS.register("pascal_sentence")
def pascal_sentence(
    root: Path | str,
    *,
    source: Path | str | None = None,
    validation_fraction: float = 0.0,
    seed: int = 0,
    workers: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> Manifest:
    """The manifest of the pairs in `source`, a file or its folder (None: a built-in stand-in), under `root`.

    `validation_fraction` of each class's training pairs become the validation split, by a hash with `seed`.
    """
    return pairs_manifest(
        Path(root).absolute(),
        None if source is None else Path(source),
        name="pascal_sentence",
        class_names=_CLASSES,
        validation_fraction=validation_fraction,
        seed=seed,
        workers=workers,
        on_progress=on_progress,
    )
