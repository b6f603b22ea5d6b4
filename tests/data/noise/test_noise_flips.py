from __future__ import annotations

import numpy as np
import pytest

from maquette.data.noise.flips import asymmetric, class_dependent, symmetric
from maquette.data.noise.maps import MODELNET40_MAP
from maquette.errors import ConfigError

NAMES = ("a", "b", "c", "d")
LABELS = np.repeat(np.arange(4), [100, 200, 300, 400])


@pytest.mark.parametrize("rate", [0.0, 0.2, 0.4, 0.6, 0.749])
@pytest.mark.parametrize("stratified", [False, True])
def test_symmetric_realises_the_rate_exactly_and_evenly(rate: float, stratified: bool) -> None:
    noise = symmetric(LABELS, NAMES, rate=rate, seed=3, stratified=stratified)
    assert (noise.labels != LABELS).sum() == round(rate * 1000)
    assert noise.rate == pytest.approx(rate)
    assert not np.shares_memory(noise.labels, LABELS)
    off = noise.transition[~np.eye(4, dtype=bool)]
    assert np.abs(off - rate / 3).max() < 0.12
    np.testing.assert_allclose(noise.transition.sum(axis=1), 1)
    if stratified:
        assert np.abs(np.diag(noise.transition) - (1 - rate)).max() < 0.01


def test_symmetric_among_all_keeps_some_of_the_chosen_right() -> None:
    noise = symmetric(LABELS, NAMES, rate=0.8, seed=0, among="all")
    # 800 draws, a quarter of them right: 600 wrong, standard deviation 12.
    assert abs((noise.labels != LABELS).sum() - 600) < 60


def test_the_seed_decides() -> None:
    one, same, other = (symmetric(LABELS, NAMES, rate=0.4, seed=seed).labels for seed in (1, 1, 2))
    assert (one == same).all()
    assert (one != other).any()


def test_each_modality_may_have_labels_of_its_own() -> None:
    noise = symmetric(LABELS, NAMES, rate=0.4, seed=0, modalities=("image", "mesh"))
    assert noise.labels.shape == (1000, 2)
    assert (noise.labels != LABELS[:, None]).sum(axis=0).tolist() == [400, 400]
    both = ((noise.labels != LABELS[:, None]).all(axis=1)).sum()
    assert 110 < both < 210  # 160 expected if independent


def test_symmetric_refuses_what_it_cannot_mean() -> None:
    with pytest.raises(ConfigError, match=r"rate 0.75: .* less than 0.75, because .* says nothing"):
        symmetric(LABELS, NAMES, rate=0.75, seed=0)
    with pytest.raises(ConfigError, match="less than 1"):
        symmetric(LABELS, NAMES, rate=1.0, seed=0, among="all")
    with pytest.raises(ConfigError, match="less than 0, "):
        symmetric(np.zeros(3, np.int64), ("only",), rate=0.1, seed=0)
    with pytest.raises(ConfigError, match="among 'some'"):
        symmetric(LABELS, NAMES, rate=0.1, seed=0, among="some")


def test_asymmetric_flips_only_along_the_map() -> None:
    noise = asymmetric(LABELS, NAMES, rate=0.4, class_map={"a": "b", "b": "a", "c": "d"}, seed=0)
    pairs = set(zip(LABELS.tolist(), noise.labels.tolist(), strict=True))
    assert pairs == {(0, 0), (1, 1), (2, 2), (3, 3), (0, 1), (1, 0), (2, 3)}
    assert (noise.labels != LABELS).sum() == 240  # 0.4 of the 600 objects of mapped classes
    exact = asymmetric(LABELS, NAMES, rate=0.4, class_map={"a": "b", "b": "a", "c": "d"}, seed=0, stratified=True)
    np.testing.assert_allclose(np.diag(exact.transition), [0.6, 0.6, 0.6, 1])


def test_asymmetric_over_modelnet40_realises_what_the_released_files_do() -> None:
    names = tuple(sorted({*MODELNET40_MAP, "desk", "sofa", "tent", "tv_stand", "vase", "wardrobe"}))
    assert len(names) == 40
    labels = np.repeat(np.arange(40), 50)
    noise = asymmetric(labels, names, rate=0.4, class_map=MODELNET40_MAP, seed=0)
    assert noise.rate == pytest.approx(0.4 * 34 / 40)
    untouched = [names[c] for c in range(40) if noise.transition[c, c] == 1]
    assert untouched == ["desk", "sofa", "tent", "tv_stand", "vase", "wardrobe"]


def test_asymmetric_refuses() -> None:
    with pytest.raises(ConfigError, match=r"less than 0\.5"):
        asymmetric(LABELS, NAMES, rate=0.5, class_map={"a": "b"}, seed=0)
    with pytest.raises(ConfigError, match="names 'z': expected one of a, b, c, d"):
        asymmetric(LABELS, NAMES, rate=0.1, class_map={"a": "z"}, seed=0)


def test_a_matrix_is_realised_to_one_object() -> None:
    matrix = np.array([[0.7, 0.1, 0.1, 0.1], [0, 1, 0, 0], [0.25, 0.25, 0.5, 0], [0.001, 0.333, 0.0, 0.666]])
    noise = class_dependent(LABELS, NAMES, matrix=matrix, seed=4)
    sizes = np.bincount(LABELS)[:, None]
    assert np.abs(noise.transition * sizes - matrix * sizes).max() < 1
    again = class_dependent(LABELS, NAMES, matrix=matrix, seed=5)
    assert (again.labels != noise.labels).any()


@pytest.mark.parametrize(
    "matrix", [np.eye(3), np.eye(4) * 0.9, np.eye(4) * 2 - 0.25, np.full((4, 4), 0.25), np.eye(4)[[1, 0, 2, 3]]]
)
def test_a_matrix_that_is_none_is_refused(matrix: np.ndarray) -> None:
    with pytest.raises(ConfigError, match="noise matrix"):
        class_dependent(LABELS, NAMES, matrix=matrix, seed=0)
