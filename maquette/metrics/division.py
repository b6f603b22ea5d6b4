"""How well a method saw through the noise: its clean/noisy split, its corrected labels, what it memorised.

True labels come in here and nowhere near a loss. Every function returns a flat dict of floats in [0, 1], ready to be
logged; a share of nothing is 0.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Int

__all__ = ["correction_scores", "division_scores", "memorisation_scores"]


def division_scores(called_clean: Bool[np.ndarray, "N"], is_clean: Bool[np.ndarray, "N"]) -> dict[str, float]:
    """Precision, recall and F1 of a clean/noisy split, once for what it calls clean and once for what it calls noisy.

    >>> scores = division_scores(np.array([True, True, True, False]), np.array([True, True, False, False]))
    >>> round(scores["clean_precision"], 4), scores["clean_recall"], scores["clean_f1"]
    (0.6667, 1.0, 0.8)
    """
    return {
        **_precision_recall("clean", called_clean, is_clean),
        **_precision_recall("noisy", ~called_clean, ~is_clean),
        "accuracy": _share(called_clean == is_clean),
    }


def correction_scores(
    corrected: Int[np.ndarray, "N"], true_labels: Int[np.ndarray, "N"], *, given: Int[np.ndarray, "N"]
) -> dict[str, float]:
    """Accuracy of corrected labels: over all, where the given label was wrong, where it was right; and of the given.

    >>> correction_scores(np.array([1, 1, 0]), np.array([1, 1, 1]), given=np.array([1, 0, 0]))["accuracy_on_noisy"]
    0.5
    """
    right, clean = corrected == true_labels, given == true_labels
    return {
        "accuracy": _share(right),
        "accuracy_on_noisy": _share(right[~clean]),
        "accuracy_on_clean": _share(right[clean]),
        "accuracy_of_given": _share(clean),
    }


def memorisation_scores(
    predicted: Int[np.ndarray, "N"], true_labels: Int[np.ndarray, "N"], *, given: Int[np.ndarray, "N"]
) -> dict[str, float]:
    """Among objects whose given label is wrong: the share predicted as that wrong label, as the true one, as another.

    `noise_rate` is the share of such objects among all. No wrong label: all 0.

    >>> memorisation_scores(np.array([0, 1, 2, 1]), np.array([1, 1, 1, 1]), given=np.array([0, 0, 0, 1]))["memorised"]
    0.3333333333333333
    """
    noisy = given != true_labels
    memorised, recovered = predicted == given, predicted == true_labels
    return {
        "memorised": _share(memorised[noisy]),
        "recovered": _share(recovered[noisy]),
        "neither": _share(~(memorised | recovered)[noisy]),
        "noise_rate": _share(noisy),
    }


def _precision_recall(name: str, called: Bool[np.ndarray, "N"], truth: Bool[np.ndarray, "N"]) -> dict[str, float]:
    precision, recall = _share(truth[called]), _share(called[truth])
    # F1 as one fraction of counts, so that no 0/0 can arise from precision and recall.
    both, either = 2 * int((called & truth).sum()), int(called.sum()) + int(truth.sum())
    return {f"{name}_precision": precision, f"{name}_recall": recall, f"{name}_f1": both / max(1, either)}


def _share(mask: Bool[np.ndarray, "N"]) -> float:
    return float(mask.mean()) if len(mask) else 0.0
