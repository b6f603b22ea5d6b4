"""RGB-D Object: depth becomes points in metres with z up, and no object is in two splits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maquette.data.datasets import rgbd_object
from maquette.data.datasets.rgbd_object import depth_to_points
from maquette.errors import ConfigError, FileError
from tests.data.datasets.packed_cases import write_rgbd


def test_points_by_hand() -> None:
    depth = np.array([[1000, 0], [2000, 500]])
    mask = np.array([[True, True], [True, False]])
    # The crop's corner is the middle of the picture: its first pixel looks straight ahead.
    found = depth_to_points(depth, mask, (320, 240))
    np.testing.assert_allclose(found, [[0.0, 1.0, 0.0], [0.0, 2.0, -2 / 570.3]], atol=1e-12)
    aside = depth_to_points(np.array([[1000]]), np.array([[True]]), (320 + 57, 240 - 57))
    np.testing.assert_allclose(aside, [[57 / 570.3, 1, 57 / 570.3]], atol=1e-12)


def test_a_frame_has_its_crop_and_its_cloud(tmp_path: Path) -> None:
    write_rgbd(tmp_path / "tree")
    manifest = rgbd_object(tmp_path / "set", source=tmp_path / "tree", every=1, points=30)
    assert manifest.class_names == ("apple", "food_bag") and len(manifest) == 12
    item = next(item for item in manifest if item.id == "food_bag/food_bag_2/food_bag_2_1_3")
    with Image.open(manifest.files(item, "image")[0]) as picture:
        assert picture.getpixel((0, 0)) == (200, 60, 20)
    cloud = np.load(manifest.files(item, "pointcloud")[0])
    assert cloud.shape == (30, 3) and (cloud[:, 1] == 2.0).all()
    objects = {split: {i.metadata["object"] for i in manifest if i.split == split} for split in ("train", "test")}
    assert not objects["train"] & objects["test"]
    assert [len(names) for names in objects.values()] == [2, 2]


def test_every_other_frame_and_frames_without_depth(tmp_path: Path) -> None:
    write_rgbd(tmp_path / "tree", frames=4)
    stem = tmp_path / "tree" / "apple" / "apple_1" / "apple_1_1_1"
    Image.fromarray(np.zeros((6, 8), np.uint16)).save(f"{stem}_depthcrop.png")
    Path(f"{tmp_path}/tree/apple/apple_1/apple_1_1_3_loc.txt").unlink()
    manifest = rgbd_object(tmp_path / "set", source=tmp_path / "tree", every=2)
    assert sorted({item.id.split("_")[-1] for item in manifest}) == ["1", "3"]
    without = [item.id for item in manifest if "pointcloud" not in item.paths]
    assert without == ["apple/apple_1/apple_1_1_1", "apple/apple_1/apple_1_1_3"]


def test_what_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match="holds no <category>"):
        rgbd_object(tmp_path / "set", source=tmp_path / "empty")
    with pytest.raises(ConfigError, match="every 0"):
        rgbd_object(tmp_path / "set", source=tmp_path / "empty", every=0)
    write_rgbd(tmp_path / "tree")
    loc = tmp_path / "tree" / "apple" / "apple_1" / "apple_1_1_1_loc.txt"
    loc.write_text("somewhere")
    with pytest.raises(FileError, match="expected the crop's corner as column,row"):
        rgbd_object(tmp_path / "set", source=tmp_path / "tree")
    loc.write_text("1,1")
    Image.new("L", (3, 3)).save(str(loc).replace("_loc.txt", "_maskcrop.png"))
    with pytest.raises(FileError, match=r"is of size \(3, 3\)"):
        rgbd_object(tmp_path / "set", source=tmp_path / "tree")
