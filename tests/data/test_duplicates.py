"""Duplicates across the split: equal files, new samples of one surface, equal vectors; and nothing else."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from maquette.data.datasets.unpack import Packed, array_bytes, unpack
from maquette.data.duplicates import find_duplicates, near_comparison, surface_ratio
from maquette.data.prepare import prepare
from maquette.data.store import Store
from maquette.modalities import FeaturesModality, PointCloudModality


def _surface(shape: int, *, seed: int, count: int = 600) -> np.ndarray:
    """Points of a box whose sides depend on the number of the shape."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(-1, 1, (count, 3))
    points[np.arange(count), rng.integers(0, 3, count)] = rng.choice([-1.0, 1.0], count)
    return np.asarray(points * np.array([1.0, 0.3 + 0.2 * shape, 1.3 - 0.2 * shape]))


def test_the_ratio_is_one_for_one_surface_and_larger_for_others() -> None:
    one, again = _surface(0, seed=0), _surface(0, seed=1)
    assert surface_ratio(one, again) == pytest.approx(1.0, abs=0.08)
    assert surface_ratio(one, _surface(1, seed=2)) > 1.3
    assert surface_ratio(one, one) == 0.0


def test_files_surfaces_and_vectors_that_are_in_both_splits(tmp_path: Path) -> None:
    clouds = {f"a{n}": _surface(n, seed=n) for n in range(4)}
    clouds |= {"b0": _surface(0, seed=50), "b1": clouds["a1"], "b2": _surface(8, seed=51)}
    rng = np.random.default_rng(3)
    vectors = {name: rng.normal(size=5) for name in clouds}
    vectors["b2"] = 3 * vectors["a3"]
    objects = [
        Packed(
            name,
            "test" if name.startswith("b") else "train",
            int(name == "b1"),
            {
                "pointcloud": (f"c/{name}.npy", partial(array_bytes, clouds[name])),
                "text": (f"t/{name}.npy", partial(array_bytes, vectors[name])),
            },
        )
        for name in clouds
    ]
    manifest = unpack(tmp_path / "set", name="set", class_names=("x", "y"), objects=objects, recipe={})
    modalities = {"pointcloud": PointCloudModality(points_prepared=512, points=512), "text": FeaturesModality(size=5)}
    prepare(manifest, modalities, tmp_path / "prepared")
    store = Store.open(tmp_path / "prepared")
    found = find_duplicates(store)
    assert [(d.test, d.train, d.modality, d.how, d.same_class) for d in found] == [
        ("b0", "a0", "pointcloud", "surface", True),
        ("b1", "a1", "pointcloud", "file", False),
        ("b2", "a3", "text", "vector", True),
    ]
    near = {d.test: d.distance for d in found}
    points = store.arrays("pointcloud", np.array([store.ids.index(name) for name in ("b0", "a0")]))["points"]
    assert near["b0"] == surface_ratio(points[0], points[1]) == pytest.approx(1.0, abs=0.1)
    assert near["b1"] == 0.0 and near["b2"] == pytest.approx(0.0, abs=1e-6)


def test_a_modality_of_pixels_is_compared_by_its_files_alone(tiny_demo: Path) -> None:
    store = Store.open(tiny_demo / "prepared")
    assert {name: near_comparison(store, name) for name in store.modalities} == {
        "image": "",
        "mesh": "",
        "pointcloud": "surface",
    }
