"""What every data set promises: the same manifest each time, files that are there and are what their checksums say."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maquette.data.datasets import DATASETS
from maquette.data.manifest import Item, Manifest
from maquette.geometry import Cloud, write_cloud
from tests.data.datasets.packed_cases import (
    write_compact,
    write_hdf5,
    write_objaverse,
    write_pairs,
    write_renders,
    write_rgbd,
    write_scanobjectnn,
)


def _own_arguments(name: str, place: Path) -> dict[str, Any]:
    if name == "folder":
        rng = np.random.default_rng(0)
        for kind in ("round", "flat"):
            (place / kind).mkdir(parents=True, exist_ok=True)
            for number in range(5):
                write_cloud(Cloud(rng.normal(size=(8, 3))), place / kind / f"{number}.xyz")
        return {"root": place}
    if name == "frozen":
        (place / "vectors" / "image").mkdir(parents=True)
        items = []
        for number in range(6):
            path = f"vectors/image/{number:06d}.npy"
            np.save(place / path, np.full(4, number, dtype=np.float32))
            sums = {path: hashlib.sha256((place / path).read_bytes()).hexdigest()}
            items.append(Item(f"{number}", "train", number % 2, number % 2, {"image": (path,)}, sums))
        Manifest("set", place, ("a", "b"), tuple(items)).save(place / "manifest.json")
        return {"root": place}
    if name == "mnist3d":
        rng = np.random.default_rng(0)
        images = rng.integers(0, 256, (30, 28, 28)).astype(np.uint8)
        labels = np.arange(30) % 10
        place.mkdir(parents=True)
        np.savez(place / "digits.npz", train_image=images, train_label=labels, test_image=images, test_label=labels)
        return {"root": place, "source": place / "digits.npz", "points": 8}
    if name == "workshop":
        return {"root": place, "objects_per_class": 3, "classes": ("cup", "bowl"), "photos": 1, "photo_resolution": 16}
    packed = place.with_name(f"{place.name}-source")
    if name in ("arrays", "shapedb69"):
        write_compact(packed, "shapedb69")
    elif name == "modelnet":
        listed = write_hdf5(packed)
        write_renders(packed, listed["train"])
    elif name in ("wikipedia", "pascal_sentence"):
        write_pairs(packed, classes=10 if name == "wikipedia" else 20)
    elif name == "scanobjectnn":
        write_scanobjectnn(packed)
    elif name == "rgbd_object":
        write_rgbd(packed)
    elif name == "objaverse":
        write_objaverse(packed)
    if packed.is_dir():
        return {"root": place, "source": packed}
    raise AssertionError(f"give data set {name!r} its arguments here")


@pytest.fixture(scope="module", params=DATASETS.names())
def twice(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Manifest, Manifest]:
    places = (tmp_path_factory.mktemp("one") / "set", tmp_path_factory.mktemp("two") / "set")
    first, second = (DATASETS.build(request.param, **_own_arguments(request.param, place)) for place in places)
    return first, second


def test_it_is_the_same_each_time(twice: tuple[Manifest, Manifest]) -> None:
    assert twice[0].digest == twice[1].digest
    assert twice[0].root != twice[1].root


@pytest.mark.parametrize("name", DATASETS.names())
def test_it_takes_workers_and_says_how_far_it_is(name: str, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    arguments = _own_arguments(name, tmp_path / "set")
    manifest = DATASETS.build(name, **arguments, workers=0, on_progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(manifest), len(manifest))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_every_file_is_there_and_is_what_its_checksum_says(twice: tuple[Manifest, Manifest]) -> None:
    for manifest in twice:
        assert len(manifest) > 0
        for item in manifest:
            assert item.paths
            for path in {path for files in item.paths.values() for path in files}:
                assert item.checksums[path] == hashlib.sha256((manifest.root / path).read_bytes()).hexdigest()


def test_every_class_is_used_and_there_is_something_to_train_on(twice: tuple[Manifest, Manifest]) -> None:
    manifest = twice[0]
    assert set(manifest.labels("train").tolist()) == set(range(len(manifest.class_names)))
    assert manifest.class_names == tuple(sorted(manifest.class_names))


def test_it_survives_the_disk(twice: tuple[Manifest, Manifest], tmp_path: Path) -> None:
    for manifest in twice:
        manifest.save(tmp_path / "manifest.json")
        loaded = Manifest.load(tmp_path / "manifest.json")
        assert loaded.digest == manifest.digest
        assert loaded.root == manifest.root
