from __future__ import annotations

import numpy as np
import pytest

from maquette.data.noise.instance import instance_dependent
from maquette.errors import ConfigError

NAMES = ("a", "b", "c", "unused")


def _clusters(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Three classes; a and b are near each other, c is far off."""
    centers = np.array([[1, 0.2, 0], [1, -0.2, 0], [-1, 0, 1]])
    labels = np.repeat(np.arange(3), 100)
    return labels, centers[labels] + 0.1 * rng.normal(size=(300, 3))


def test_those_alike_are_mislabelled_as_what_they_resemble() -> None:
    labels, representations = _clusters(np.random.default_rng(0))
    noise = instance_dependent(labels, NAMES, representations=representations, rate=0.2, seed=0, temperature=0.02)
    assert (noise.labels != labels).sum() == 60
    assert (noise.labels[200:] == 2).all()  # nothing looks like c
    assert noise.transition[0, 2] == noise.transition[1, 2] == 0
    unit = representations / np.linalg.norm(representations, axis=1, keepdims=True)
    centers = np.stack([unit[labels == c].mean(axis=0) for c in range(3)])
    cosines = unit @ (centers / np.linalg.norm(centers, axis=1, keepdims=True)).T
    margin = np.where(labels == 0, cosines[:, 1] - cosines[:, 0], cosines[:, 0] - cosines[:, 1])[:200]
    wrong = noise.wrong[:200]
    assert margin[wrong].mean() > margin[~wrong].mean() + 0.05


def test_a_high_temperature_is_blind() -> None:
    labels, representations = _clusters(np.random.default_rng(0))
    noise = instance_dependent(labels, NAMES, representations=representations, rate=0.4, seed=0, temperature=1e3)
    assert np.abs(np.diag(noise.transition)[:3] - 0.6).max() < 0.15
    assert noise.transition[2, 0] > 0.1
    assert (noise.labels < 3).all()  # the class without objects is nobody's label


def test_it_refuses() -> None:
    labels, representations = _clusters(np.random.default_rng(0))
    with pytest.raises(ConfigError, match=r"less than 0\.5"):
        instance_dependent(labels, NAMES, representations=representations, rate=0.5, seed=0)
    with pytest.raises(ConfigError, match="4 representations for 300"):
        instance_dependent(labels, NAMES, representations=representations[:4], rate=0.1, seed=0)
    with pytest.raises(ConfigError, match="temperature 0"):
        instance_dependent(labels, NAMES, representations=representations, rate=0.1, seed=0, temperature=0.0)
    with pytest.raises(ConfigError, match="two classes"):
        instance_dependent(labels * 0, NAMES, representations=representations, rate=0.1, seed=0)
