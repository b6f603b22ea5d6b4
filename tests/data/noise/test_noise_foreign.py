from __future__ import annotations

import numpy as np
import pytest

from maquette.data.noise.foreign import open_set
from maquette.errors import ConfigError

NAMES = ("a", "b", "c", "d")
LABELS = np.random.default_rng(0).permutation(np.repeat(np.arange(4), [100, 200, 50, 60]))


def test_foreign_objects_take_the_places_and_labels_of_known_ones() -> None:
    noise = open_set(LABELS, NAMES, known=("b", "a"), rate=0.3, seed=1)
    assert noise.class_names == ("b", "a")
    assert len(noise) == 300
    assert np.bincount(noise.labels).tolist() == [200, 100]  # as before
    foreign = noise.true_labels == -1
    assert foreign.sum() == 90
    assert noise.rate == 0.3
    assert (np.diff(noise.rows) > 0).all()
    assert set(LABELS[noise.rows[foreign]]) == {2, 3}
    truth = LABELS[noise.rows[~foreign]]
    assert (np.array([1, 0])[noise.true_labels[~foreign]] == truth).all()
    assert (noise.labels[~foreign] == noise.true_labels[~foreign]).all()


def test_it_refuses() -> None:
    with pytest.raises(ConfigError, match="needs 120 foreign objects, there are 110"):
        open_set(LABELS, NAMES, known=("a", "b"), rate=0.4, seed=1)
    with pytest.raises(ConfigError, match=r"less than 0\.5"):
        open_set(LABELS, NAMES, known=("a", "b"), rate=0.5, seed=1)
    for known in (("a", "z"), ("a", "a"), ()):
        with pytest.raises(ConfigError, match="expected different ones of a, b, c, d"):
            open_set(LABELS, NAMES, known=known, rate=0.1, seed=1)
