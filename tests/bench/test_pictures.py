"""Each modality of an object has a picture, which is not blank."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np

from maquette.bench.pictures import PIXELS, picture
from maquette.data.datasets import DATASETS
from maquette.data.prepare import prepare
from maquette.data.store import Store
from maquette.modalities import MODALITIES


def test_a_picture_of_each_modality(tmp_path: Path) -> None:
    manifest = DATASETS.build(
        "workshop",
        root=tmp_path / "files",
        objects_per_class=4,
        classes=["bowl", "cup"],
        photos=1,
        photo_resolution=32,
        scan="whole",
        scan_points=128,
    )
    prepare(manifest, {"image": MODALITIES.build("image", views=1, train_views=1, resolution=32)}, tmp_path / "store")
    store = Store.open(tmp_path / "store")
    made = [picture(store, 1, modality) for modality in ("image", "pointcloud", "mesh")]
    assert all(pixels.shape == (PIXELS, PIXELS, 3) and pixels.std() > 5 for pixels in made)
    assert all((a != b).any() for a, b in itertools.pairwise(made))
    np.testing.assert_array_equal(made[2], picture(store, 1, "mesh"))
