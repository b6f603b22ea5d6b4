"""What every noise model promises, whatever it does: exact numbers, the same bytes for the same seed, no peeking."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maquette.data.noise import NOISES, NoisyLabels

NAMES = ("a", "b", "c", "d", "e")
LABELS = np.random.default_rng(7).permutation(np.repeat(np.arange(5), [40, 60, 80, 50, 70]))
RATE = 0.2


def _own_arguments(folder: Path) -> dict[str, dict[str, Any]]:
    rng = np.random.default_rng(1)
    np.save(folder / "file.npy", np.where(np.arange(300) % 5 == 0, (LABELS + 1) % 5, LABELS).astype(np.float64))
    return {
        "asymmetric": {"rate": RATE, "class_map": {name: NAMES[(c + 1) % 5] for c, name in enumerate(NAMES)}},
        "class_dependent": {"matrix": np.eye(5) * 0.75 + 0.05},
        "file": {"path": folder / "file.npy", "seed": None},
        "instance_dependent": {"rate": RATE, "representations": np.eye(5)[LABELS] + rng.normal(size=(300, 5))},
        "open_set": {"rate": RATE, "known": ("a", "b", "c")},
        "pair": {"rate": RATE, "modality": "image"},
        "symmetric": {"rate": RATE},
    }


def _make(name: str, folder: Path, **more: Any) -> NoisyLabels:
    own = _own_arguments(folder)
    assert name in own, f"give noise {name!r} its arguments here"
    return NOISES.build(name, labels=LABELS, class_names=NAMES, **{"seed": 0, **own[name], **more})


@pytest.mark.parametrize("name", NOISES.names())
def test_the_realised_rate_is_the_nominal_one(name: str, tmp_path: Path) -> None:
    noise = _make(name, tmp_path)
    assert noise.kind == name
    assert abs(noise.wrong.sum() - RATE * len(noise)) <= (5 if name == "class_dependent" else 0)
    assert noise.rate == noise.wrong.mean()


@pytest.mark.parametrize("name", NOISES.names())
def test_the_transition_matrix_is_a_matrix_of_shares(name: str, tmp_path: Path) -> None:
    noise = _make(name, tmp_path)
    classes = len(noise.class_names)
    assert noise.transition.shape == (classes, classes)
    assert (noise.transition >= 0).all()
    np.testing.assert_allclose(noise.transition.sum(axis=1), 1, atol=1e-12)
    shown = noise.true_labels
    for partner in noise.partners.values():
        shown = shown[partner]
    for truth in range(classes):
        given = np.bincount(noise.labels[shown == truth], minlength=classes)
        np.testing.assert_allclose(noise.transition[truth] * given.sum(), given, atol=1e-9)


@pytest.mark.parametrize("name", NOISES.names())
def test_twice_is_the_same_bytes_and_another_seed_is_not(name: str, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        _make(name, tmp_path).save(tmp_path / folder)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert {"noise.json", "labels.npy", "true_labels.npy", "rows.npy"} <= set(files)
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    if name != "file":
        _make(name, tmp_path, seed=1).save(tmp_path / "three")
        assert any((tmp_path / "one" / file).read_bytes() != (tmp_path / "three" / file).read_bytes() for file in files)


@pytest.mark.parametrize("name", NOISES.names())
def test_the_given_labels_are_left_as_they_are(name: str, tmp_path: Path) -> None:
    before = LABELS.copy()
    noise = _make(name, tmp_path)
    noise.labels[:] = 0
    np.testing.assert_array_equal(LABELS, before)
