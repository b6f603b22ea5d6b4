"""The contract of a projection: a method on frozen representations, fitted at once, without gradients.

It brings modalities whose representations came from anywhere, each with its own dimensions, into one common space. A
projection is settings alone; fitting returns a new object that transforms.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int

from maquette.errors import ConfigError, InputError, UnknownNameError
from maquette.registry import Registry

__all__ = ["PROJECTIONS", "LinearMaps", "Projected", "Projection", "centered", "check_known", "check_spread", "signed"]


@runtime_checkable
class Projected(Protocol):
    """A fitted projection."""

    def transform(self, reps: Mapping[str, Float[np.ndarray, "_ _"]]) -> dict[str, Float[np.ndarray, "_ K"]]:
        """Representations in the common space, float64, of any of the modalities it was fitted on."""
        ...


class Projection(ABC):
    """One paper's way from frozen representations to a common space of at most `dimensions`.

    `uses_labels`: whether the given labels have a say. `modalities`: how many it takes, None for any number from
    `least` on.
    """

    uses_labels = False
    modalities: int | None = None
    least = 2

    def __init__(self, *, dimensions: int) -> None:
        if dimensions < 1:
            raise ConfigError(f"dimensions is {dimensions}: expected at least 1")
        self.dimensions = dimensions

    def fit(self, reps: Mapping[str, Float[np.ndarray, "_ _"]], labels: Int[np.ndarray, "N"]) -> Projected:
        """The projection fitted on N objects; row i of every modality, and label i, is object i.

        Every object must have every modality: leave the others out. The order of objects and modalities is of no
        matter. InputError for too few objects or modalities, for rows that do not match, and for values that are not
        finite.
        """
        self._check(reps, labels)
        return self._fit({name: reps[name].astype(np.float64) for name in sorted(reps)}, labels)

    @abstractmethod
    def _fit(self, reps: Mapping[str, Float[np.ndarray, "N _"]], labels: Int[np.ndarray, "N"]) -> Projected:
        """`fit` on checked float64 copies, modalities sorted by name."""

    def _check(self, reps: Mapping[str, np.ndarray], labels: np.ndarray) -> None:
        name, found = type(self).__name__, ", ".join(sorted(reps)) or "none"
        if self.modalities is not None and len(reps) != self.modalities:
            raise InputError(f"{name} takes exactly {self.modalities} modalities, there are {len(reps)}: {found}")
        if len(reps) < self.least:
            raise InputError(f"{name} takes at least {self.least} modalities, there are {len(reps)}: {found}")
        for modality, values in reps.items():
            if len(values) != len(labels) or values.ndim != 2:
                raise InputError(
                    f"{modality}: representations of shape {values.shape}, expected ({len(labels)}, dimensions), one "
                    "row per label: leave objects out that lack a modality"
                )
            if not np.isfinite(values).all():
                raise InputError(f"{modality}: representations hold values that are not finite")
        if len(labels) < 2:
            raise InputError(f"{name} is fitted on at least two objects, there are {len(labels)}")


@dataclass(frozen=True)
class LinearMaps:
    """One affine map a modality: x is brought to (x - mean) weights.

    `strengths` say how much each dimension of the common space counts (correlations, covariances, discrimination; the
    method's page says what), largest first.
    """

    means: Mapping[str, Float[np.ndarray, "_"]]
    weights: Mapping[str, Float[np.ndarray, "_ K"]]
    strengths: Float[np.ndarray, "K"]

    def transform(self, reps: Mapping[str, Float[np.ndarray, "_ _"]]) -> dict[str, Float[np.ndarray, "_ K"]]:
        """Representations in the common space, float64; UnknownNameError for a modality it was not fitted on."""
        check_known(reps, {name: len(mean) for name, mean in self.means.items()})
        return {
            name: (values.astype(np.float64) - self.means[name]) @ self.weights[name] for name, values in reps.items()
        }


PROJECTIONS: Registry[Projection] = Registry("projection")
"""Every projection is built with `dimensions` and what it needs of its own."""


def centered(
    reps: Mapping[str, Float[np.ndarray, "N _"]],
) -> tuple[dict[str, Float[np.ndarray, "_"]], dict[str, Float[np.ndarray, "N _"]]]:
    """Mean of each modality, and its representations less their mean."""
    means = {name: values.mean(axis=0) for name, values in reps.items()}
    return means, {name: values - means[name] for name, values in reps.items()}


def check_known(reps: Mapping[str, Float[np.ndarray, "_ _"]], dimensions: Mapping[str, int]) -> None:
    """Nothing, or an error for a modality that is not in `dimensions`, or has others than when it was fitted."""
    for name, values in reps.items():
        if name not in dimensions:
            raise UnknownNameError("modality of this projection", name, dimensions)
        if values.shape[1] != dimensions[name]:
            raise InputError(
                f"{name}: {values.shape[1]} dimensions, expected {dimensions[name]}, as when it was fitted"
            )


def check_spread(reps: Mapping[str, Float[np.ndarray, "N _"]]) -> None:
    """Nothing, or an InputError: a modality whose objects are all the same says nothing."""
    for name, values in reps.items():
        if not (values != values[0]).any():
            raise InputError(f"{name}: all objects have the same representation: nothing can be learned from it")


def signed(weights: Float[np.ndarray, "D K"]) -> Float[np.ndarray, "D K"]:
    """The columns with the sign that makes the entry of largest magnitude positive: solvers leave it open.

    >>> signed(np.array([[1.0, -1.0], [-2.0, 0.5]])).tolist()
    [[-1.0, 1.0], [2.0, -0.5]]
    """
    largest = weights[np.abs(weights).argmax(axis=0), np.arange(weights.shape[1])]
    return weights * np.where(largest < 0, -1.0, 1.0)
