"""Rows of a table that are projections: fitted at once on frozen representations, where other rows are trained."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64, Int

from maquette.config import RunConfig
from maquette.data.store import Store
from maquette.encoders import Embedded
from maquette.errors import ConfigError
from maquette.methods import PROJECTIONS
from maquette.train.noise import noisy_store
from maquette.train.practice import practice
from maquette.train.provenance import provenance

__all__ = ["Projection", "project"]


@dataclass(frozen=True)
class Projection:
    """A fitted projection's representations of the test split, and what stands beside them in a result."""

    embedded: Embedded
    rows: Int[np.ndarray, "N"]
    facts: dict[str, Any]


def project(config: RunConfig, store: Store, *, name: str, dimensions: int) -> Projection:
    """Fit the projection `name` on the training split, by its given labels, and bring the test split into its space.

    All modalities of the configuration must be frozen (`kind = "features"`); it is fitted on the training objects that
    have them all. ConfigError where one is not frozen, and where labels count but differ between modalities.
    """
    raw = [modality for modality, section in config.modalities.items() if section.kind != "features"]
    if raw:
        raise ConfigError(f"projection {name!r} takes frozen representations: {', '.join(raw)} are files")
    began = time.monotonic()
    noisy, noise_made = noisy_store(store, config.noise)
    names = sorted(config.modalities)
    projection = PROJECTIONS.build(name, dimensions=dimensions)
    if projection.uses_labels and noisy.modality_labels:
        raise ConfigError(f"projection {name!r} takes one given label an object, and each modality has its own")
    train, test = noisy.rows("train"), noisy.rows("test")
    whole = train[_having(noisy, names, train).all(axis=0)]
    fitted = projection.fit(
        {modality: noisy.arrays(modality, whole)["features"] for modality in names}, noisy.manifest.labels()[whole]
    )
    present = dict(zip(names, _having(noisy, names, test), strict=True))
    found = fitted.transform({m: noisy.arrays(m, test[present[m]])["features"] for m in names})
    embedded = Embedded(
        {m: _spread(values, present[m]).astype(np.float32) for m, values in found.items()},
        present,
        np.arange(len(test)),
        {},
    )
    identity = json.dumps(
        {"projection": name, "dimensions": dimensions, "noise": noise_made, "data": noisy.manifest.digest},
        sort_keys=True,
    )
    facts = {
        "identity": hashlib.sha256(identity.encode()).hexdigest(),
        "data": {"name": noisy.manifest.name, "digest": noisy.manifest.digest, "objects": len(noisy)},
        "noise": noise_made,
        "practice": practice(config, store),
        "provenance": provenance(),
        "seconds": round(time.monotonic() - began, 1),
    }
    return Projection(embedded, test, facts)


def _having(store: Store, names: list[str], rows: Int[np.ndarray, "N"]) -> Bool[np.ndarray, "M N"]:
    return np.stack([store.present(name)[rows] for name in names])


def _spread(values: Float64[np.ndarray, "R K"], present: Bool[np.ndarray, "N"]) -> Float64[np.ndarray, "N K"]:
    """One row an object, zeros where it lacks the modality."""
    everywhere: Float64[np.ndarray, "N K"] = np.zeros((len(present), values.shape[1]))
    everywhere[present] = values
    return everywhere
