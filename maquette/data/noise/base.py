"""What a noise model gives: the given labels, and everything needed to say how noisy they are and to make them again.

Every model chooses an exact number of objects, round(rate · n), not each object by a coin: the realised rate is then
the nominal one wherever that can be. What was realised is always computed from the labels, never from the request.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from maquette.data.atomic import write_atomically
from maquette.errors import ConfigError, FileError
from maquette.registry import Registry

__all__ = ["NOISES", "NoisyLabels", "check_rate", "choose", "systematic_counts"]

_FORMAT = "maquette-noise-1"


@dataclass(frozen=True, eq=False)
class NoisyLabels:
    """Given labels for some objects of a split, beside the true ones.

    `rows` are the objects' positions in the labels that the model was called with: all of them, but for open-set noise,
    which replaces objects. `labels` are the given ones, one an object, or one an object and entry of `modalities`.
    `true_labels` are `FOREIGN` (-1) for objects outside `class_names`. `partners[m]` says for each object whose files
    of modality m it shows (positions in `rows`); modalities that show their own object are left out.
    """

    labels: Int[np.ndarray, "N *M"]
    true_labels: Int[np.ndarray, "N"]
    class_names: tuple[str, ...]
    kind: str
    parameters: Mapping[str, Any]
    seed: int | None
    rows: Int[np.ndarray, "N"]
    modalities: tuple[str, ...] = ()
    partners: Mapping[str, Int[np.ndarray, "N"]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        classes = len(self.class_names)
        if self.labels.size and not 0 <= self.labels.min() <= self.labels.max() < classes:
            raise ConfigError(
                f"{self.kind} labels run from {self.labels.min()} to {self.labels.max()}: expected 0 to {classes - 1}"
            )

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def wrong(self) -> Bool[np.ndarray, "N *M"]:
        """Where the given label is not the true one, or the object shows another's files."""
        shape = (-1,) + (1,) * (self.labels.ndim - 1)
        wrong = self.labels != self.true_labels.reshape(shape)
        for partner in self.partners.values():
            wrong = wrong | (partner != np.arange(len(self))).reshape(shape)
        return np.asarray(wrong)

    @property
    def rate(self) -> float:
        """Realised share of wrong labels (or pairs), from 0 to 1."""
        return float(self.wrong.mean()) if len(self) else 0.0

    @cached_property
    def transition(self) -> Float[np.ndarray, "C C"]:
        """Share of each given class (column) among the objects that truly are, or show, a class (row).

        Rows sum to 1; a class with no object has 1 on the diagonal. Foreign objects have no row and are not counted.
        """
        classes = len(self.class_names)
        counts = np.zeros((classes, classes))
        shown = [self.true_labels[partner] for partner in self.partners.values()] or [self.true_labels]
        given = self.labels if self.labels.ndim == 2 else self.labels[:, None]
        for truth in shown:
            own = truth >= 0
            for column in given[own].T:
                np.add.at(counts, (truth[own], column), 1)
        totals = counts.sum(axis=1, keepdims=True)
        return np.where(totals > 0, counts / np.maximum(totals, 1), np.eye(classes))

    def summary(self) -> dict[str, Any]:
        """Kind, parameters, seed, number of objects and realised rate, as JSON values."""
        return {
            "kind": self.kind,
            "parameters": dict(self.parameters),
            "seed": self.seed,
            "objects": len(self),
            "realised_rate": self.rate,
        }

    def save(self, folder: Path) -> None:
        """Write `noise.json` and the arrays, each a `.npy`; equal noise gives equal bytes."""
        arrays = {"labels": self.labels, "true_labels": self.true_labels, "rows": self.rows}
        arrays |= {f"partners_{name}": partner for name, partner in self.partners.items()}
        for name, array in arrays.items():
            buffer = BytesIO()
            np.save(buffer, array)
            write_atomically(folder / f"{name}.npy", buffer.getvalue())
        head = {
            "format": _FORMAT,
            **self.summary(),
            "class_names": self.class_names,
            "modalities": self.modalities,
            "partners": sorted(self.partners),
            "transition": [[round(share, 9) for share in row] for row in self.transition.tolist()],
        }
        write_atomically(folder / "noise.json", (json.dumps(head, indent=1, sort_keys=True) + "\n").encode())

    @classmethod
    def load(cls, folder: Path) -> NoisyLabels:
        """The noise in a folder that `save` wrote; FileError if it is not whole."""
        path = folder / "noise.json"
        try:
            head = json.loads(path.read_text(encoding="utf-8"))
            if head["format"] != _FORMAT:
                raise FileError(path, f"has format {head['format']!r}, expected {_FORMAT!r}")
            return cls(
                labels=np.load(folder / "labels.npy"),
                true_labels=np.load(folder / "true_labels.npy"),
                class_names=tuple(head["class_names"]),
                kind=head["kind"],
                parameters=head["parameters"],
                seed=head["seed"],
                rows=np.load(folder / "rows.npy"),
                modalities=tuple(head["modalities"]),
                partners={name: np.load(folder / f"partners_{name}.npy") for name in head["partners"]},
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FileError(path, f"is not whole noise: {error}") from error


NOISES: Registry[NoisyLabels] = Registry("noise")
"""Every model is called with (labels, class_names, seed=…, and what it needs of its own)."""


def check_rate(rate: float, *, below: float, because: str) -> None:
    """Raise ConfigError unless 0 <= rate < below."""
    if not 0 <= rate < below:
        raise ConfigError(f"noise rate {rate:g}: expected at least 0 and less than {below:.4g}, because {because}")


def choose(
    labels: Int[np.ndarray, "N"], *, rate: float, rng: np.random.Generator, stratified: bool = False
) -> Int[np.ndarray, "K"]:
    """Positions of exactly round(rate · n) objects, ascending: any of them, or if `stratified` each class's share.

    Stratified, each class gives the whole number below or above its share.
    """
    count = round(rate * len(labels))
    if not stratified or not len(labels):
        return np.sort(rng.choice(len(labels), count, replace=False))
    classes, sizes = np.unique(labels, return_counts=True)
    shares = systematic_counts(count * sizes / sizes.sum(), rng=rng)
    chosen = [
        rng.choice(np.flatnonzero(labels == label), share, replace=False)
        for label, share in zip(classes, shares, strict=True)
    ]
    return np.sort(np.concatenate(chosen))


def systematic_counts(expected: Float[np.ndarray, "C"], *, rng: np.random.Generator) -> Int[np.ndarray, "C"]:
    """Whole numbers next to the expected ones, with the same (whole) sum, right on average.

    Madow, On the theory of systematic sampling II, Annals of Mathematical Statistics 1949: one random offset, then the
    whole numbers that the running sum passes. The order is shuffled first, so that no entry is favoured.

    >>> systematic_counts(np.array([2.0, 0.0, 3.0]), rng=np.random.default_rng(0)).tolist()
    [2, 0, 3]
    """
    order = rng.permutation(len(expected))
    passed = np.floor(np.cumsum(expected[order]) + rng.random() + 1e-9).astype(np.int64)
    passed[-1:] = round(float(expected.sum()))
    counts = np.empty(len(expected), np.int64)
    counts[order] = np.diff(passed, prepend=0)
    return counts
