from __future__ import annotations

import numpy as np
import pytest

from maquette.data.noise.pairs import mispaired
from maquette.errors import ConfigError

NAMES = ("a", "b", "c", "d")
LABELS = np.repeat(np.arange(4), [100, 200, 300, 400])


@pytest.mark.parametrize("partner", ["any", "within", "across"])
@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_the_chosen_exchange_their_files(partner: str, rate: float) -> None:
    noise = mispaired(LABELS, NAMES, modality="image", rate=rate, seed=2, partner=partner)
    shown = noise.partners["image"]
    assert sorted(shown.tolist()) == list(range(1000))  # every file is used once
    assert (shown != np.arange(1000)).sum() == round(rate * 1000)
    assert noise.rate == pytest.approx(rate)
    assert (noise.labels == LABELS).all()
    moved = shown != np.arange(1000)
    same = LABELS[shown[moved]] == LABELS[moved]
    if partner == "within":
        assert same.all()
        np.testing.assert_array_equal(noise.transition, np.eye(4))
    elif partner == "across":
        assert not same.any()
    else:
        assert 0.2 < same.mean() < 0.4  # 0.3 if blind


def test_partners_are_mixed_not_the_neighbour_in_a_list() -> None:
    times = np.zeros((4, 4))
    for seed in range(900):
        shown = mispaired(np.arange(4), NAMES, modality="m", rate=0.99, seed=seed).partners["m"]
        times[np.arange(4), shown] += 1
    # Of the nine arrangements of four without a fixed point each partner occurs in three.
    assert np.abs(times[~np.eye(4, dtype=bool)] - 300).max() < 70


def test_within_small_classes_the_number_may_fall_short_by_one_a_class() -> None:
    labels = np.repeat(np.arange(4), 3)
    for seed in range(20):
        noise = mispaired(labels, NAMES, modality="m", rate=0.6, seed=seed, partner="within")
        assert 7 - 4 <= noise.wrong.sum() <= 7
        assert (labels[noise.partners["m"]] == labels).all()


def test_it_refuses() -> None:
    with pytest.raises(ConfigError, match="6 of 6 chosen objects are of one class"):
        mispaired(np.array([0] * 6 + [1]), NAMES, modality="m", rate=0.9, seed=5, partner="across")
    with pytest.raises(ConfigError, match="chooses 1 of 10 objects: none can exchange"):
        mispaired(np.arange(10) % 4, NAMES, modality="m", rate=0.1, seed=0)
    with pytest.raises(ConfigError, match="less than 1"):
        mispaired(LABELS, NAMES, modality="m", rate=1.0, seed=0)
    with pytest.raises(ConfigError, match="partner 'mine'"):
        mispaired(LABELS, NAMES, modality="m", rate=0.1, seed=0, partner="mine")
