from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maquette.data.noise.base import NoisyLabels, check_rate, choose, systematic_counts
from maquette.errors import ConfigError, FileError


def _noise(labels: list[Any], true: list[int], **more: Any) -> NoisyLabels:
    given: dict[str, Any] = {
        "kind": "by hand",
        "parameters": {"rate": 0.5},
        "seed": 1,
        "rows": np.arange(len(true)),
        **more,
    }
    return NoisyLabels(np.array(labels), np.array(true), ("a", "b", "c"), **given)


def test_rate_and_transition_by_hand() -> None:
    noise = _noise([0, 0, 1, 1, 1], [0, 0, 0, 1, 1])
    assert noise.wrong.tolist() == [False, False, True, False, False]
    assert noise.rate == 0.2
    # Class c has no object: its row says that it is itself.
    np.testing.assert_allclose(noise.transition, [[2 / 3, 1 / 3, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], atol=1e-15)


def test_labels_of_two_modalities_are_counted_both() -> None:
    noise = _noise([[0, 1], [1, 1]], [0, 1], modalities=("image", "mesh"))
    assert noise.rate == 0.25
    np.testing.assert_allclose(noise.transition, [[0.5, 0.5, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])


def test_foreign_objects_are_wrong_and_have_no_row() -> None:
    noise = _noise([0, 0, 1, 1], [0, -1, 1, -1])
    assert noise.rate == 0.5
    np.testing.assert_array_equal(noise.transition, np.eye(3))


def test_partners_within_a_class_are_wrong_but_move_no_class() -> None:
    noise = _noise([0, 0, 1], [0, 0, 1], partners={"image": np.array([1, 0, 2])})
    assert noise.rate == pytest.approx(2 / 3)
    np.testing.assert_array_equal(noise.transition, np.eye(3))
    across = _noise([0, 0, 1], [0, 0, 1], partners={"image": np.array([2, 1, 0])})
    np.testing.assert_allclose(across.transition, [[0.5, 0.5, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])


def test_no_objects_at_all() -> None:
    noise = NoisyLabels(np.empty(0, np.int64), np.empty(0, np.int64), ("a",), "k", {}, 0, np.empty(0, np.int64))
    assert noise.rate == 0
    assert noise.transition.tolist() == [[1]]


def test_a_label_of_no_class_is_refused() -> None:
    with pytest.raises(ConfigError, match="run from 0 to 3: expected 0 to 2"):
        _noise([0, 3], [0, 1])


def test_saving_gives_the_same_bytes_and_loading_the_same_noise(tmp_path: Path) -> None:
    noise = _noise([[0, 1], [1, 1]], [0, 1], modalities=("image", "mesh"), partners={"image": np.array([1, 0])})
    noise.save(tmp_path / "one")
    loaded = NoisyLabels.load(tmp_path / "one")
    loaded.save(tmp_path / "two")
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == ["labels.npy", "noise.json", "partners_image.npy", "rows.npy", "true_labels.npy"]
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert loaded.summary() == noise.summary()
    np.testing.assert_array_equal(loaded.wrong, noise.wrong)


def test_half_saved_noise_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="not whole"):
        NoisyLabels.load(tmp_path)
    _noise([0], [0]).save(tmp_path)
    (tmp_path / "rows.npy").unlink()
    with pytest.raises(FileError, match="not whole"):
        NoisyLabels.load(tmp_path)
    (tmp_path / "noise.json").write_text('{"format": "other"}')
    with pytest.raises(FileError, match="format 'other'"):
        NoisyLabels.load(tmp_path)


def test_check_rate() -> None:
    check_rate(0.0, below=0.5, because="")
    check_rate(0.49, below=0.5, because="")
    for rate in (0.5, -0.01, float("nan"), 40.0):
        with pytest.raises(ConfigError, match=r"less than 0\.5, because so"):
            check_rate(rate, below=0.5, because="so")


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.33, 0.999, 1.0])
def test_choose_takes_the_exact_number(rate: float) -> None:
    labels = np.repeat([0, 1, 2], [7, 30, 64])
    for stratified in (False, True):
        chosen = choose(labels, rate=rate, rng=np.random.default_rng(0), stratified=stratified)
        assert len(chosen) == len(set(chosen.tolist())) == round(rate * 101)
        assert (np.diff(chosen) > 0).all()
        if stratified:
            shares = np.bincount(labels[chosen], minlength=3)
            assert (np.abs(shares - round(rate * 101) * np.array([7, 30, 64]) / 101) < 1).all()


def test_choose_is_even_over_objects() -> None:
    labels = np.array([0, 0, 0, 1, 1, 1, 1, 1, 2, 2])
    for stratified in (False, True):
        times = np.zeros(10)
        for seed in range(1000):
            times[choose(labels, rate=0.3, rng=np.random.default_rng(seed), stratified=stratified)] += 1
        # 1,000 draws of probability 0.3: standard deviation 14.5.
        assert np.abs(times - 300).max() < 70


def test_systematic_counts_are_whole_right_on_average_and_sum_up() -> None:
    expected = np.array([0.3, 2.5, 0.0, 4.9, 1.3])
    drawn = np.array([systematic_counts(expected, rng=np.random.default_rng(seed)) for seed in range(2000)])
    assert (drawn.sum(axis=1) == 9).all()
    assert (np.abs(drawn - expected) < 1).all()
    np.testing.assert_allclose(drawn.mean(axis=0), expected, atol=0.05)
