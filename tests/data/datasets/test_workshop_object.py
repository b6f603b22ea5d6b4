from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maquette.data.datasets.workshop_object import Recipe, make_object, object_id, split_of
from maquette.geometry.mesh import normalise, read_cloud, read_mesh
from maquette.geometry.sample import sample_surface

RECIPE = Recipe(seed=0, photos=2, photo_style="plain", photo_resolution=24, scan="mixed", scan_points=128)


def test_of_ten_seven_train_one_validates_two_test() -> None:
    for count, shares in ((10, (7, 1, 2)), (200, (140, 20, 40))):
        splits = [split_of(number) for number in range(count)]
        assert tuple(splits.count(name) for name in ("train", "validation", "test")) == shares
    assert {split_of(number) for number in range(4)} == {"train", "validation", "test"}


def test_files_are_listed_and_as_their_checksums_say(tmp_path: Path) -> None:
    item = make_object(tmp_path, RECIPE, class_name="cup", number=6, label=3)
    assert (item.id, item.split, item.label, item.true_label) == (object_id("cup", 6), "test", 3, 3)
    listed = {path for paths in item.paths.values() for path in paths}
    assert listed == {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert set(item.checksums) == listed and len(listed) == 4
    for path, checksum in item.checksums.items():
        assert hashlib.sha256((tmp_path / path).read_bytes()).hexdigest() == checksum
    assert item.metadata["group"] == "vessels"


def test_the_three_modalities_show_one_object(tmp_path: Path) -> None:
    item = make_object(tmp_path, replace(RECIPE, scan="whole"), class_name="bottle", number=1, label=0)
    mesh = normalise(read_mesh(tmp_path / item.paths["mesh"][0]))
    cloud = read_cloud(tmp_path / item.paths["pointcloud"][0])
    with Image.open(tmp_path / item.paths["image"][1]) as picture:
        assert picture.size == (24, 24) and picture.mode == "RGB"
    assert len(cloud.points) == 128
    assert len(mesh.faces) == item.metadata["faces"]
    # A bottle is round about z, so distance from the axis and height survive the scan's turn.
    surface = sample_surface(mesh, 4000, rng=np.random.default_rng(0))

    def profile(points: np.ndarray) -> np.ndarray:
        return np.column_stack([np.linalg.norm(points[:, :2], axis=1), points[:, 2]])

    gaps = np.linalg.norm(profile(cloud.points)[:, None] - profile(surface)[None], axis=2).min(axis=1)
    assert np.quantile(gaps, 0.95) < 0.06


@pytest.mark.parametrize("number", range(3))
def test_an_object_is_itself_in_any_company(tmp_path: Path, number: int) -> None:
    first = make_object(tmp_path / "a", RECIPE, class_name="bolt", number=number, label=0)
    more = make_object(tmp_path / "b", replace(RECIPE, photos=3), class_name="bolt", number=number, label=9)
    assert first.checksums.items() <= more.checksums.items()
    other = make_object(tmp_path / "c", replace(RECIPE, seed=1), class_name="bolt", number=number, label=0)
    assert set(first.checksums.values()).isdisjoint(other.checksums.values())


def test_formats_and_scans_are_mixed(tmp_path: Path) -> None:
    bare = replace(RECIPE, photos=0)
    items = [make_object(tmp_path, bare, class_name="toy_brick", number=number, label=0) for number in range(40)]
    suffixes = {Path(item.paths["mesh"][0]).suffix for item in items}
    assert suffixes == {".off", ".obj", ".stl", ".ply", ".glb", ".3mf"}
    assert {Path(item.paths["pointcloud"][0]).suffix for item in items} == {".ply", ".xyz", ".npy"}
    assert 8 < sum(item.metadata["scan"] == "partial" for item in items) < 32
    assert all("image" not in item.paths for item in items)
