"""The configured label noise, put on a store's labels just before training.

Prepared arrays do not depend on labels, so one store serves every kind, rate and seed. True labels stay in the
manifest, for reports only.
"""

from __future__ import annotations

import hashlib
import inspect
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from maquette.config import NoiseConfig
from maquette.data.noise import CLASS_MAPS, NOISES, NoisyLabels
from maquette.data.store import Store
from maquette.errors import ConfigError

__all__ = ["noisy_store"]


def noisy_store(store: Store, noise: NoiseConfig) -> tuple[Store, dict[str, Any]]:
    """The store with noisy given labels for its training and validation objects, and what was done, as JSON values.

    The two splits get their noise together, in row order; the test split keeps its labels. Rate 0 changes nothing. The
    summary holds kind, parameters, seed, realised rate, and a SHA-256 of the given labels.

    For kind `file`, paths in the options are relative to the data set's root, and `{percent}` in them stands for the
    rate times 100. For kind `asymmetric`, `class_map` may be a name of `CLASS_MAPS`. Kinds that exchange objects or
    files (`open_set`, `pair`) must be put on the manifest before it is prepared: they raise a ConfigError here.
    """
    if noise.rate == 0:
        return store, {"kind": "none", "realised_rate": 0.0, "labels_digest": _digest(store)}
    rows = np.flatnonzero([item.split != "test" for item in store.manifest.items])
    made = _make(store, noise, store.manifest.labels()[rows])
    if made.partners or made.labels.ndim != 1 or not np.array_equal(made.rows, np.arange(len(rows))):
        raise ConfigError(
            f"noise.kind {noise.kind!r} with these options changes more than an object's label: make the noisy "
            "manifest first (maquette data noise) and train on that with noise.rate=0"
        )
    summary = {**made.summary(), "nominal_rate": noise.rate}
    given = {store.ids[row]: int(label) for row, label in zip(rows, made.labels, strict=True)}
    noisy = replace(store, manifest=store.manifest.with_labels(given, source={"noise": summary}))
    return noisy, {**summary, "labels_digest": _digest(noisy)}


def _make(store: Store, noise: NoiseConfig, labels: np.ndarray) -> NoisyLabels:
    options = dict(noise.options)
    for name in [name for name in options if name == "path" or name.endswith("_path")]:
        options[name] = store.manifest.root / Path(str(options[name]).replace("{percent}", f"{100 * noise.rate:.0f}"))
    if isinstance(options.get("class_map"), str):
        name = options["class_map"]
        if name not in CLASS_MAPS:
            raise ConfigError(f"class_map {name!r}: expected a table of classes, or one of {', '.join(CLASS_MAPS)}")
        options["class_map"] = CLASS_MAPS[name]
    taken = inspect.signature(NOISES.get(noise.kind)).parameters
    # Labels from a file are not drawn: they take neither a rate nor a seed.
    own = {"rate": noise.rate, **({} if noise.kind == "file" else {"seed": noise.seed})}
    options |= {name: value for name, value in own.items() if name in taken}
    return NOISES.build(noise.kind, labels=labels, class_names=store.class_names, **options)


def _digest(store: Store) -> str:
    return hashlib.sha256(store.manifest.labels().astype("<i8").tobytes()).hexdigest()
