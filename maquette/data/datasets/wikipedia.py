"""Wikipedia: sections of featured articles, each a text with its image, as features; the classic image-text set.

| | |
|---|---|
| classes | 10: art, biology, geography, history, literature, media, music, royalty, sport, warfare |
| pairs | 2,173 to train, 693 to test |
| images | 128 numbers: bag of SIFT words |
| texts | 10 numbers: topics by latent Dirichlet allocation |
| source | Rasiwasia et al., A New Approach to Cross-Modal Multimedia Retrieval, ACM MM 2010, |
| | http://www.svcl.ucsd.edu/projects/crossmodal/ |
| licence | none stated; the texts and images are Wikipedia's |
| checksums | none published |

CMCL claims to serve any modalities; this is where that is tried on images and texts. Files: see `image_text`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from maquette.data.datasets.base import DATASETS
from maquette.data.datasets.image_text import pairs_manifest
from maquette.data.manifest import Manifest

__all__ = ["wikipedia"]

_CLASSES = ("art", "biology", "geography", "history", "literature", "media", "music", "royalty", "sport", "warfare")


@DATASETS.register("wikipedia")
def wikipedia(
    root: Path | str,
    *,
    source: Path | str | None = None,
    validation_fraction: float = 0.0,
    seed: int = 0,
    workers: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> Manifest:
    """The manifest of the Wikipedia pairs in `source`, a file or its folder (None: a built-in stand-in), under `root`.

    `validation_fraction` of each class's training pairs become the validation split, by a hash with `seed`.
    """
    return pairs_manifest(
        Path(root).absolute(),
        None if source is None else Path(source),
        name="wikipedia",
        class_names=_CLASSES,
        validation_fraction=validation_fraction,
        seed=seed,
        workers=workers,
        on_progress=on_progress,
    )
