"""Point clouds: what is sampled, what is repeated, and what augmentation does to distances."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from maquette.errors import ConfigError, FileError, InputError
from maquette.geometry.mesh import Cloud, write_cloud, write_mesh
from maquette.modalities import MODALITIES
from maquette.modalities.pointcloud import PointCloudModality
from tests.modalities.modality_cases import cloud, wedge


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def rows(points: np.ndarray) -> list[tuple[float, ...]]:
    return [tuple(row) for row in np.round(points, 5).tolist()]


def test_points_of_a_mesh_lie_on_it_by_area() -> None:
    points = PointCloudModality(points_prepared=4000).derive(wedge(), rng()).arrays["points"] * np.sqrt(14.0)
    sides = np.abs(np.abs(points) - (3, 2, 1)) < 1e-5
    assert sides.any(axis=1).all()
    # Areas 2·(4·2), 2·(6·2), 2·(6·4) of 88.
    np.testing.assert_allclose(sides.mean(axis=0), np.array([16, 24, 48]) / 88, atol=0.03)


def test_large_clouds_give_a_random_part_and_small_ones_repeat() -> None:
    modality = PointCloudModality(points_prepared=64, points=32)
    large, small = cloud(1000), cloud(40)
    prepared = modality.derive(large, rng())
    assert prepared.notes == {"points_in_file": 1000}
    drawn = rows(prepared.arrays["points"])
    assert len(set(drawn)) == 64
    assert set(drawn) < set(rows(large.points.astype(np.float32)))
    # Anywhere in the file, and in random order.
    numbers = [rows(large.points.astype(np.float32)).index(row) for row in drawn]
    assert max(numbers) > 900
    assert numbers != sorted(numbers)
    prepared = modality.derive(small, rng())
    assert prepared.notes == {"points_in_file": 40, "points_repeated": 24}
    assert set(rows(prepared.arrays["points"])) == set(rows(small.points.astype(np.float32)))


def test_files_are_normalised(tmp_path: Path) -> None:
    modality = PointCloudModality(points_prepared=500, points=100)
    write_cloud(Cloud(cloud(500).points * (3, 2, 1) + 7), tmp_path / "a.xyz")
    read = modality.read([tmp_path / "a.xyz"], rng())
    points = read.arrays["points"]
    assert np.linalg.norm(points, axis=1).max() == pytest.approx(1.0, abs=1e-6)
    np.testing.assert_allclose(points.min(axis=0) + points.max(axis=0), 0.0, atol=1e-6)
    assert read.notes["format"] == "xyz"
    write_mesh(wedge(), tmp_path / "b.off")
    read = modality.read([tmp_path / "b.off"], rng())
    assert read.notes["points_sampled"] == 500
    assert 0.9 < np.linalg.norm(read.arrays["points"], axis=1).max() <= 1.0 + 1e-6


def test_bad_files_name_themselves(tmp_path: Path) -> None:
    modality = PointCloudModality()
    (tmp_path / "one.xyz").write_text("1 2 3\n1 2 3\n")
    with pytest.raises(FileError, match=r"one\.xyz"):
        modality.read([tmp_path / "one.xyz"], rng())
    with pytest.raises(FileError, match=r"none\.ply"):
        modality.read([tmp_path / "none.ply"], rng())
    with pytest.raises(InputError, match="2 point cloud files"):
        modality.read([tmp_path / "a.ply", tmp_path / "b.ply"], rng())


@pytest.mark.parametrize(("name", "limit"), [("code", 0.02), ("paper", 0.04)])
def test_augmentation_is_stretch_move_turn_and_jitter(name: str, limit: float) -> None:
    modality = MODALITIES.build("pointcloud", points_prepared=256, points=200, augmentation=name)
    # Three points only, so that the drawn ones are known again; the first two on the up axis.
    base = np.array([[0, 0, 0], [0, 0, 1], [1, 0, 0]], dtype=np.float32)
    points = np.tile(base[np.arange(256) % 3], (300, 1, 1))
    altered = modality.augment({"points": points}, rng(3))["points"]
    assert altered.shape == (300, 200, 3)
    turned, heights = np.empty((300, 2)), np.empty(300)
    for number, part in enumerate(altered):
        # Of three tight clusters the middle of each.
        low = part[:, 2] < (part[:, 2].min() + part[:, 2].max()) / 2
        bottom = part[low]
        axis = part[~low].mean(axis=0)
        distance = np.linalg.norm(bottom[:, :2] - axis[:2], axis=1)
        far = distance > 0.3
        origin, along = bottom[~far].mean(axis=0), bottom[far].mean(axis=0)
        assert np.abs(bottom[~far] - origin).max() < limit * 1.3
        assert np.abs(origin[:2] - axis[:2]).max() < limit
        turned[number], heights[number] = (along - origin)[:2], (axis - origin)[2]
        assert np.linalg.norm(origin) <= 0.2 * np.sqrt(3) + limit
    # Lengths are the scales, uniform in 2/3 to 3/2; angles go all around.
    for scales in (heights, np.linalg.norm(turned, axis=1)):
        assert scales.min() == pytest.approx(2 / 3, abs=0.04)
        assert scales.max() == pytest.approx(3 / 2, abs=0.04)
        assert scales.mean() == pytest.approx(13 / 12, abs=0.05)
    assert np.abs(turned.mean(axis=0)).max() < 0.15


def test_jitter_is_twice_as_strong_in_the_paper() -> None:
    # All points at 0: what varies within an object is jitter.
    points = {"points": np.zeros((50, 64, 3), dtype=np.float32)}
    spread = {
        name: MODALITIES.build("pointcloud", points_prepared=64, points=64, augmentation=name)
        .augment(points, rng())["points"]
        .std(axis=1, ddof=1)
        .mean()
        for name in ("code", "paper")
    }
    # A normal cut at two deviations has 0.959 of the deviation.
    assert spread["code"] == pytest.approx(0.0096, rel=0.03)
    assert spread["paper"] == pytest.approx(0.0192, rel=0.03)


def test_drawn_with_replacement_from_all_that_was_prepared() -> None:
    modality = PointCloudModality(points_prepared=100, points=100)
    points = np.zeros((200, 100, 3), dtype=np.float32)
    points[..., 2] = 100.0 * np.arange(100)
    altered = modality.augment({"points": points}, rng())["points"][..., 2]
    distinct = [len(np.unique(np.round(row / 10))) for row in altered]
    # 100 · (1 − (1 − 1/100)^100)
    assert np.mean(distinct) == pytest.approx(63.4, abs=1.0)


def test_network_input_is_the_first_points() -> None:
    points = rng().standard_normal((2, 6, 3)).astype(np.float32)
    batch = PointCloudModality(points_prepared=6, points=4).collate({"points": points})["points"]
    assert batch.shape == (2, 3, 4)
    torch.testing.assert_close(batch[1, :, 2], torch.tensor(points[1, 2]))


@pytest.mark.parametrize("wrong", [{"points": 0}, {"points": 100, "points_prepared": 50}, {"augmentation": "x"}])
def test_impossible_settings(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="expected"):
        MODALITIES.build("pointcloud", **wrong)


@pytest.mark.parametrize(("augmentation", "turned"), [("turn", True), ("draw", False)])
def test_turn_and_draw_keep_proportions(augmentation: str, turned: bool) -> None:
    # All points of an object lie on one line: what is drawn must lie within the jitter of that line, turned or not.
    line = np.linspace(-0.5, 0.5, 64, dtype=np.float32)[:, None] * np.array([1.0, 0.0, 1.0], dtype=np.float32)
    modality = PointCloudModality(points_prepared=64, points=48, augmentation=augmentation)
    altered = modality.augment({"points": np.stack([line] * 20)}, np.random.default_rng(0))["points"]
    assert altered.shape == (20, 48, 3)
    level = np.hypot(altered[..., 0], altered[..., 1])
    assert np.abs(level - np.abs(altered[..., 2])).max() < 0.06
    assert (np.abs(altered[..., 1]).max() > 0.2) == turned
    assert np.abs(altered[..., 2]).max() <= 0.52


def test_handwriting_stretches_slants_and_moves_but_does_not_turn() -> None:
    # An upright rod and a point beside it: leaning shows in x against z, turning would bring the rod's side into y.
    rod = np.zeros((64, 3), dtype=np.float32)
    rod[:, 2] = np.linspace(-1, 1, 64)
    modality = PointCloudModality(points_prepared=64, points=64, augmentation="handwriting")
    altered = modality.augment({"points": np.tile(rod, (300, 1, 1))}, np.random.default_rng(5))["points"]
    lean = np.array([np.polyfit(cloud[:, 2], cloud[:, 0], 1)[0] for cloud in altered])
    assert 0.15 < np.abs(lean).max() < 0.26, "slant of up to 0.2 over stretched heights"
    assert abs(lean.mean()) < 0.03
    moved = altered.mean(axis=1)[:, 1]
    assert 0.08 < np.abs(moved).max() < 0.11
    heights = np.ptp(altered[:, :, 2], axis=1)
    assert 1.55 < heights.min() < 1.8
    assert 2.2 < heights.max() < 2.4
    assert (np.ptp(altered[:, :, 1], axis=1) < 0.05).all(), "only jitter in depth"
