"""Turns and noise: what they keep and how they are spread."""

from __future__ import annotations

import numpy as np
import pytest

from maquette.modalities.shape_augment import clipped_noise, turns_about_up


def test_turns_keep_the_up_axis_and_cover_the_circle() -> None:
    turns = turns_about_up(4000, np.random.default_rng(0))
    np.testing.assert_allclose(turns @ turns.transpose(0, 2, 1), np.broadcast_to(np.eye(3), turns.shape), atol=1e-6)
    np.testing.assert_allclose(np.linalg.det(turns), 1.0, atol=1e-5)
    np.testing.assert_array_equal(np.array([0, 0, 5], dtype=np.float32) @ turns, [[0, 0, 5]] * 4000)
    angles = np.arctan2(turns[:, 0, 1], turns[:, 0, 0])
    counts, _ = np.histogram(angles, bins=8, range=(-np.pi, np.pi))
    assert counts.min() > 420
    # A quarter turn takes x to y.
    quarter = turns[np.abs(angles - np.pi / 2).argmin()]
    np.testing.assert_allclose(np.array([1, 0, 0]) @ quarter, [0, 1, 0], atol=1e-2)


def test_noise_has_its_deviation_and_its_limit() -> None:
    wide = clipped_noise((200, 300), np.random.default_rng(1), sigma=0.01, limit=1.0)
    assert wide.std() == pytest.approx(0.01, rel=0.02)
    assert wide.dtype == np.float32
    cut = clipped_noise((200, 300), np.random.default_rng(1), sigma=0.01, limit=0.02)
    np.testing.assert_array_equal(cut, wide.clip(np.float32(-0.02), np.float32(0.02)))
    assert (np.abs(wide) > 0.02).mean() == pytest.approx(0.0455, abs=0.005)
