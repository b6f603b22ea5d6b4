"""The self-test: noise is planted among the labels that are believed, and what the audit finds of it is counted.

How good a detector of wrong labels is depends on the data: how far its classes lie apart, how many objects they have,
which mistakes are made. Nobody knows which of the given labels are wrong; which ones were planted is known. So the test
says for these very objects what a threshold is worth against three kinds of mistakes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import stats

from maquette.audit.suspects import Audit, judge
from maquette.data.noise import NoisyLabels, asymmetric, instance_dependent, symmetric
from maquette.errors import ConfigError

__all__ = ["KINDS", "Trial", "self_test"]

KINDS = ("symmetric", "asymmetric", "instance_dependent")
"""Kinds of planted mistakes: any other class; the class most like its own; objects that look like another class."""


@dataclass(frozen=True)
class Trial:
    """One kind and rate of planted noise, counted over all repeats.

    `planted` objects got a wrong label; `found` of them are called wrong, of `called` in all. Objects that the audit
    doubts before anything is planted are counted nowhere. `rates` are what it estimates the whole noise at, a repeat
    each, and `expected` what that should be: the rate estimated before, and what was planted on labels that were right.
    """

    kind: str
    rate: float
    planted: int
    called: int
    found: int
    rates: tuple[float, ...]
    expected: tuple[float, ...]

    @property
    def precision(self) -> float:
        """Share of the labels called wrong that were planted, 0 to 1."""
        return self.found / max(self.called, 1)

    @property
    def recall(self) -> float:
        """Share of the planted labels that are called wrong, 0 to 1."""
        return self.found / max(self.planted, 1)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 0 to 1."""
        return 2 * self.found / max(self.called + self.planted, 1)

    def interval(self, of: str) -> tuple[float, float]:
        """95 % interval (Wilson) of the `precision` or the `recall`, taking objects as independent."""
        total = {"precision": self.called, "recall": self.planted}[of]
        if not total:
            return 0.0, 1.0
        low, high = stats.binomtest(self.found, total).proportion_ci(method="wilson")
        return float(low), float(high)


def self_test(
    audit: Audit,
    representations: Mapping[str, Float[np.ndarray, "N D"]],
    *,
    present: Mapping[str, Bool[np.ndarray, "N"]],
    class_names: Sequence[str],
    rng: np.random.Generator,
    threshold: float = 0.5,
    rates: Sequence[float] = (0.1, 0.3),
    kinds: Sequence[str] = KINDS,
    repeats: int = 3,
) -> tuple[Trial, ...]:
    """Plant each kind of noise at each rate, `repeats` times, and judge anew; `audit` is that of the given labels.

    ConfigError for a kind that is not one of `KINDS`; rates are those that the kind of noise can mean.
    """
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown or repeats < 1:
        raise ConfigError(f"self-test of {', '.join(unknown) or kinds}, {repeats} repeats: expected {', '.join(KINDS)}")
    believed = (audit.joint.wrong < threshold) & audit.joint.present
    vectors = _together(representations, present)
    trials = []
    for kind in kinds:
        for rate in rates:
            planted = called = found = 0
            estimated, expected = [], []
            for _ in range(repeats):
                noise = _planted(
                    kind, audit.labels[believed], class_names, vectors[believed], rate, seed=int(rng.integers(2**31))
                )
                labels = audit.labels.copy()
                labels[believed] = noise.labels
                again = judge(representations, labels, present=present, classes=len(class_names))
                doubted = again.joint.wrong[believed] >= threshold
                planted += int(noise.wrong.sum())
                called += int(doubted.sum())
                found += int((doubted & noise.wrong).sum())
                estimated.append(again.rate)
                right = float((believed * (1 - audit.joint.wrong)).mean())
                expected.append(audit.rate + float(noise.wrong.mean()) * right)
            trials.append(Trial(kind, rate, planted, called, found, tuple(estimated), tuple(expected)))
    return tuple(trials)


def _planted(
    kind: str,
    labels: Int[np.ndarray, "N"],
    names: Sequence[str],
    vectors: Float[np.ndarray, "N D"],
    rate: float,
    *,
    seed: int,
) -> NoisyLabels:
    if kind == "symmetric":
        return symmetric(labels, names, rate=rate, seed=seed)
    if kind == "asymmetric":
        return asymmetric(labels, names, rate=rate, seed=seed, class_map=_most_alike(labels, names, vectors))
    return instance_dependent(labels, names, representations=vectors, rate=rate, seed=seed)


def _most_alike(
    labels: Int[np.ndarray, "N"], names: Sequence[str], vectors: Float[np.ndarray, "N D"]
) -> dict[str, str]:
    """Every class's nearest other one, by the cosine of their mean representations."""
    used = np.unique(labels)
    means = np.stack([vectors[labels == label].mean(axis=0) for label in used])
    means = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
    cosines = means @ means.T
    np.fill_diagonal(cosines, -np.inf)
    return {names[used[place]]: names[used[int(other)]] for place, other in enumerate(cosines.argmax(axis=1))}


def _together(
    representations: Mapping[str, Float[np.ndarray, "N D"]], present: Mapping[str, Bool[np.ndarray, "N"]]
) -> Float[np.ndarray, "N D"]:
    """The sum of an object's unit representations: its place in the common space by all modalities that it has."""
    units = []
    for name in sorted(representations):
        values = np.asarray(representations[name], np.float64)
        norms = np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-12)
        units.append(np.where(np.asarray(present[name])[:, None], values / norms, 0.0))
    together: Float[np.ndarray, "N D"] = np.sum(units, axis=0)
    return together
