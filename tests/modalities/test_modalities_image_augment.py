"""Image augmentation: distinct views, shifts that stay in range, photo jitter that keeps what it must."""

from __future__ import annotations

import numpy as np

from maquette.modalities.image_augment import choose_views, crop_and_flip, jitter_as_photos, write_by_other_hands


def test_views_are_distinct_and_all_come_up() -> None:
    # Pixel values name their object and view.
    pixels = (10 * np.arange(20)[:, None] + np.arange(5)).astype(np.uint8).reshape(20, 5, 1, 1, 1)
    pixels = np.tile(pixels, (1, 1, 2, 2, 3))
    chosen = choose_views(pixels, 3, np.random.default_rng(0))[:, :, 0, 0, 0]
    assert (chosen // 10 == np.arange(20)[:, None]).all()
    assert all(len(set(row)) == 3 for row in (chosen % 10).tolist())
    assert set((chosen % 10).ravel().tolist()) == {0, 1, 2, 3, 4}


def test_crop_moves_by_up_to_a_fourteenth_and_mirrors_half() -> None:
    # A ramp with one value a column, and one with one value a row.
    columns = np.tile(np.arange(28, dtype=np.uint8), (400, 28, 1))
    pixels = np.stack([columns, columns.transpose(0, 2, 1), columns], axis=3)
    before = pixels.copy()
    moved = crop_and_flip(pixels, np.random.default_rng(1)).astype(int)
    np.testing.assert_array_equal(pixels, before)
    steps = np.diff(moved[:, 14, 5:23, 0], axis=1)
    mirrored = (steps == -1).all(axis=1)
    assert (mirrored | (steps == 1).all(axis=1)).all()
    assert 150 < mirrored.sum() < 250
    down = moved[:, 14, 14, 1] - 14
    across = np.where(mirrored, moved[:, 14, 13, 0], moved[:, 14, 14, 0]) - 14
    for shift in (down, across):
        assert set(shift.tolist()) == {-2, -1, 0, 1, 2}
    assert (moved[..., 0] == moved[..., 2]).all()


def test_photo_jitter_varies_size_and_color_around_the_middle() -> None:
    pixels = np.full((300, 33, 33, 3), 128, dtype=np.uint8)
    pixels[:, 8:25, 8:25] = (180, 128, 60)
    before = pixels.copy()
    altered = jitter_as_photos(pixels, np.random.default_rng(2)).astype(int)
    np.testing.assert_array_equal(pixels, before)
    center = altered[:, 16, 16]
    assert (center.std(axis=0) > 15).all()
    assert np.abs(center.mean(axis=0) - (180, 128, 60)).max() < 6
    # Contrast acts around 128, so the difference to the background keeps its sign.
    assert ((center - altered[:, 0, 0])[:, 0] > 0).all()
    assert ((center - altered[:, 0, 0])[:, 2] < 0).all()
    widths = (altered[:, 16, :, 0] > (altered[:, 16, :1, 0] + center[:, None, 0]) / 2).sum(axis=1)
    assert 12 <= widths.min() <= 14
    assert 20 <= widths.max() <= 22


def test_empty_batches_pass() -> None:
    empty = np.zeros((0, 16, 16, 3), dtype=np.uint8)
    assert crop_and_flip(empty, np.random.default_rng(0)).shape == empty.shape
    assert jitter_as_photos(empty, np.random.default_rng(0)).shape == empty.shape
    assert write_by_other_hands(empty, np.random.default_rng(0)).shape == empty.shape


def test_other_hands_turn_stretch_slant_and_move_about_the_middle() -> None:
    # An upright bar, two pixels wide: where its ink lies tells the affine map.
    pixels = np.zeros((400, 28, 28, 3), dtype=np.uint8)
    pixels[:, 5:23, 13:15] = 255
    before = pixels.copy()
    altered = write_by_other_hands(pixels, np.random.default_rng(3)).astype(float)[..., 0]
    np.testing.assert_array_equal(pixels, before)
    places = np.arange(28) - 13.5
    ink = altered.sum(axis=(1, 2))
    across, down = (altered.sum(axis=1) @ places) / ink, (altered.sum(axis=2) @ places) / ink
    for shift in (across, down):
        assert abs(shift.mean()) < 0.2
        # Moved by a twentieth of 28 pixels, and by what stretching makes of that.
        assert 1.0 < np.abs(shift).max() < 2.2
    centred = places[None] - down[:, None]
    lean = (altered * (places[None, None] - across[:, None, None]) * centred[:, :, None]).sum(axis=(1, 2)) / ink
    slope = lean / ((altered.sum(axis=2) * centred**2).sum(axis=1) / ink)
    assert abs(slope.mean()) < 0.05
    assert 0.25 < np.abs(slope).max() < 0.5, "0.2 of slant and 0.2 rad of turn"
    # Stretching by 0.85 to 1.15 either way changes the area, and so the ink.
    assert ink.max() / ink.min() > 1.4
