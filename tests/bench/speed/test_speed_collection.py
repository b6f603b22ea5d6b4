from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from maquette.bench.speed.collection import make_collection
from maquette.modalities import MODALITIES


def test_files_hold_what_the_store_holds(tmp_path: Path) -> None:
    modalities = {
        "image": MODALITIES.build("image", views=2, resolution=16, train_views=1),
        "pointcloud": MODALITIES.build("pointcloud", points_prepared=32, points=16),
        "mesh": MODALITIES.build("mesh", faces=2000),
    }
    make = partial(
        make_collection, classes=("chair", "cup"), objects_per_class=3, photos=2, photo_pixels=32, scan_points=32
    )
    store, files = make(tmp_path, modalities)
    rows = store.rows("train")
    assert len(files) == len(rows) > 0
    assert [item.label for item in files] == store.labels("train").tolist()
    for row, item in zip(rows, files, strict=True):
        one = np.array([row])
        assert np.array_equal(np.load(item.points), store.arrays("pointcloud", one)["points"][0])
        with np.load(item.mesh) as mesh:
            own = len(mesh["faces"])
            assert 4 <= own < 2000
            assert np.array_equal(mesh["faces"], store.arrays("mesh", one)["faces"][0][:own])
            assert mesh["neighbours"].max() < own
        assert len(item.images) == 2
    changed = [path.stat().st_mtime_ns for item in files for path in item.images]
    again, same = make(tmp_path, modalities)
    assert same == files and again.ids == store.ids
    assert changed == [path.stat().st_mtime_ns for item in files for path in item.images]
