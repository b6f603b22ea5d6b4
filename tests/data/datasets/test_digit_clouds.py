"""Clouds lie where the pixels are bright, as deep as they should be, and turn rigidly about the vertical."""

from __future__ import annotations

import numpy as np
import pytest

from maquette.data.datasets.digit_clouds import lift_digit
from maquette.errors import InputError


def two_dots() -> np.ndarray:
    image = np.zeros((28, 28), np.uint8)
    image[2, 3], image[20, 24] = 60, 180
    return image


def test_points_fall_into_the_bright_pixels_in_proportion_to_their_brightness() -> None:
    points = lift_digit(two_dots(), 4000, rng=np.random.default_rng(0), turn_degrees=0.0)
    columns, rows = np.floor(points[:, 0] * 14 + 14), np.floor(14 - points[:, 2] * 14)
    assert set(zip(rows.tolist(), columns.tolist(), strict=True)) == {(2, 3), (20, 24)}
    assert np.mean(rows == 20) == pytest.approx(0.75, abs=0.03)
    assert abs(points[:, 1]).max() == pytest.approx(6 / 28, rel=0.02)


def test_a_turn_keeps_heights_and_distances_from_the_axis() -> None:
    straight, turned = (
        lift_digit(two_dots(), 50, rng=np.random.default_rng(3), turn_degrees=turn) for turn in (0.0, 90.0)
    )
    np.testing.assert_allclose(turned[:, 2], straight[:, 2], atol=1e-6)
    radius = [np.hypot(points[:, 0], points[:, 1]) for points in (straight, turned)]
    np.testing.assert_allclose(radius[1], radius[0], atol=1e-6)
    angles = np.angle((turned[:, 0] + 1j * turned[:, 1]) / (straight[:, 0] + 1j * straight[:, 1]))
    assert np.ptp(angles) < 1e-5
    assert abs(angles[0]) > 0.01


def test_turns_are_spread_over_the_range_and_not_beyond() -> None:
    image = np.zeros((28, 28), np.uint8)
    image[:, 27] = 255
    angles = []
    for seed in range(200):
        points = lift_digit(image, 40, rng=np.random.default_rng(seed), thickness_pixels=0.0, turn_degrees=45.0)
        angles.append(np.degrees(np.arctan2(points[:, 1], points[:, 0])).mean())
    assert -45.01 <= min(angles) < -35
    assert 35 < max(angles) <= 45.01


def test_a_black_picture_is_refused() -> None:
    with pytest.raises(InputError, match="black picture"):
        lift_digit(np.zeros((28, 28), np.uint8), 5, rng=np.random.default_rng(0))
