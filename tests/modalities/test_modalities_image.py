"""Images: which files become which views, what is rendered, and the network's input by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from maquette.errors import ConfigError, FileError, InputError
from maquette.modalities.image import ImageModality, evenly_spaced
from tests.modalities.modality_cases import cloud, photo, wedge

RNG = np.random.default_rng(0)


def first_colors(paths: list[Path], views: int) -> tuple[list[int], dict[str, object]]:
    prepared = ImageModality(views=views, resolution=8, train_views=1).read(paths, RNG)
    return prepared.arrays["pixels"][:, 4, 4, 0].tolist(), dict(prepared.notes)


def test_more_files_than_views_and_fewer(tmp_path: Path) -> None:
    paths = [photo(tmp_path / f"{k}.png", (10 * k, 0, 0)) for k in range(6)]
    assert first_colors(paths, 3) == ([0, 20, 40], {"files": 6, "views_left_out": 3})
    assert first_colors(paths, 4) == ([0, 10, 30, 40], {"files": 6, "views_left_out": 2})
    assert first_colors(paths[1:3], 5) == ([10, 20, 10, 20, 10], {"files": 2, "views_repeated": 3})
    assert first_colors(paths[:2], 2) == ([0, 10], {"files": 2})


def test_files_not_needed_are_not_read(tmp_path: Path) -> None:
    paths = [photo(tmp_path / "0.png", (1, 2, 3)), tmp_path / "missing.png"]
    assert first_colors(paths, 1)[0] == [1]
    with pytest.raises(FileError, match=r"missing\.png"):
        first_colors(paths, 2)
    with pytest.raises(InputError, match="0 image files"):
        first_colors([], 2)


def test_views_are_taken_evenly_and_come_round() -> None:
    chosen = {count: evenly_spaced(12, count).tolist() for count in (1, 2, 4, 12)}
    assert chosen == {1: [0], 2: [0, 6], 4: [0, 3, 6, 9], 12: list(range(12))}
    assert evenly_spaced(3, 7).tolist() == [0, 1, 2, 0, 1, 2, 0]


def test_derived_views_show_the_object_from_different_sides() -> None:
    modality = ImageModality(views=4, resolution=48, train_views=2)
    for shape, renderer in ((wedge(), "embreex"), (cloud(3000), "splat")):
        prepared = modality.derive(shape, RNG)
        assert prepared.notes == {"rendered_by": renderer}
        pixels = prepared.arrays["pixels"].astype(int)
        assert (pixels[:, 24, 24] < 250).all()
        assert (pixels[:, 1, 1] == 255).all()
        assert len(np.unique(pixels.reshape(4, -1), axis=0)) >= 2
    # A box looks alike from opposite sides.
    pixels = modality.derive(wedge(), RNG).arrays["pixels"].astype(int)
    assert np.abs(pixels[0] - pixels[2]).mean() < 1 < np.abs(pixels[0] - pixels[1]).mean()


def test_network_input_by_hand() -> None:
    pixels = np.zeros((2, 3, 8, 8, 3), dtype=np.uint8)
    pixels[1, 2, 5, 6] = (255, 51, 0)
    batch = ImageModality(resolution=8).collate({"pixels": pixels})["pixels"]
    assert (batch.shape, batch.dtype) == ((2, 3, 3, 8, 8), torch.float32)
    wanted = [(1 - 0.485) / 0.229, (0.2 - 0.456) / 0.224, -0.406 / 0.225]
    torch.testing.assert_close(batch[1, 2, :, 5, 6], torch.tensor(wanted), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(batch[0, 0, :, 0, 0], torch.tensor([-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225]))
    # Convolutions like channels last, and get them without a copy.
    assert batch.flatten(0, 1).is_contiguous(memory_format=torch.channels_last)


def test_augmentations_differ_in_strength() -> None:
    pixels = ImageModality(views=3, resolution=32).derive(wedge(), RNG).arrays["pixels"][None]
    altered = {
        name: ImageModality(views=3, resolution=32, train_views=2, augmentation=name).augment(
            {"pixels": pixels}, np.random.default_rng(4)
        )["pixels"]
        for name in ("none", "code", "photo", "handwriting")
    }
    assert {array.shape for array in altered.values()} == {(1, 2, 32, 32, 3)}
    originals = {view.tobytes() for view in pixels[0]}
    assert {view.tobytes() for view in altered["none"][0]} < originals
    # Moved and mirrored, the gray of the object stays; photos change it.
    assert set(np.unique(altered["code"])) <= set(np.unique(pixels))
    assert not set(np.unique(altered["photo"])) <= set(np.unique(pixels))
    assert not set(np.unique(altered["handwriting"])) <= set(np.unique(pixels))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"views": 2, "train_views": 3}, "train_views 3: expected 1 to views, which is 2"),
        ({"views": 0, "train_views": 0}, "train_views 0"),
        ({"resolution": 4}, "resolution 4"),
        ({"augmentation": "hard"}, "one of code, photo, handwriting, none"),
    ],
)
def test_impossible_settings(wrong: dict[str, object], words: str) -> None:
    from maquette.modalities import MODALITIES

    with pytest.raises(ConfigError, match=words):
        MODALITIES.build("image", **wrong)
