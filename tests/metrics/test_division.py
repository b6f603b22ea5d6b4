from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support

from maquette.metrics.division import correction_scores, division_scores, memorisation_scores


def test_division_by_hand() -> None:
    called = np.array([True, True, True, True, False, False])
    truth = np.array([True, True, True, False, True, False])
    scores = division_scores(called, truth)
    assert scores == {
        "clean_precision": 3 / 4,
        "clean_recall": 3 / 4,
        "clean_f1": 3 / 4,
        "noisy_precision": 1 / 2,
        "noisy_recall": 1 / 2,
        "noisy_f1": 1 / 2,
        "accuracy": 4 / 6,
    }


def test_division_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    called, truth = rng.random(200) < 0.7, rng.random(200) < 0.6
    scores = division_scores(called, truth)
    for name, positive in (("clean", True), ("noisy", False)):
        expected = precision_recall_fscore_support(truth, called, pos_label=positive, average="binary")[:3]
        assert [scores[f"{name}_{part}"] for part in ("precision", "recall", "f1")] == pytest.approx(expected)


@pytest.mark.parametrize("called", [True, False])
@pytest.mark.parametrize("truth", [True, False])
def test_a_split_with_an_empty_side_is_finite(called: bool, truth: bool) -> None:
    scores = division_scores(np.full(5, called), np.full(5, truth))
    assert set(scores.values()) <= {0.0, 1.0}
    assert scores["accuracy"] == (called == truth)


def test_corrections_by_hand() -> None:
    true = np.array([0, 0, 1, 1, 2])
    given = np.array([0, 1, 1, 0, 0])
    corrected = np.array([0, 0, 2, 0, 2])
    assert correction_scores(corrected, true, given=given) == {
        "accuracy": 3 / 5,
        "accuracy_on_noisy": 2 / 3,
        "accuracy_on_clean": 1 / 2,
        "accuracy_of_given": 2 / 5,
    }


def test_memorised_noise_by_hand() -> None:
    true = np.array([0, 0, 1, 1, 2])
    given = np.array([0, 1, 2, 0, 0])
    predicted = np.array([0, 1, 1, 2, 0])
    assert memorisation_scores(predicted, true, given=given) == {
        "memorised": 2 / 4,
        "recovered": 1 / 4,
        "neither": 1 / 4,
        "noise_rate": 4 / 5,
    }


def test_without_noise_nothing_is_memorised_and_nothing_given_is_nothing() -> None:
    labels = np.array([0, 1, 2])
    assert set(memorisation_scores(labels, labels, given=labels).values()) == {0.0}
    assert correction_scores(labels, labels, given=labels)["accuracy_on_noisy"] == 0
    empty = np.empty(0, dtype=np.int64)
    assert set(memorisation_scores(empty, empty, given=empty).values()) == {0.0}
