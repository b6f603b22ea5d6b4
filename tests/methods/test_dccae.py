"""Between correlation and reconstruction the weight decides."""

from __future__ import annotations

import numpy as np
import pytest

from maquette.errors import ConfigError
from maquette.methods.dccae import DCCAE

LABELS = np.zeros(200, dtype=np.int64)


def test_a_heavy_weight_keeps_what_is_not_shared() -> None:
    """A modality has something shared and, larger, something of its own: to rebuild it, that must not be forgotten."""
    rng = np.random.default_rng(0)
    shared = rng.normal(size=200)
    own = 3 * rng.normal(size=(200, 2))
    reps = {name: np.stack([shared, own[:, place]], axis=1) for place, name in enumerate(("image", "mesh"))}
    kept = []
    for weight in (0.01, 100.0):
        fitted = DCCAE(dimensions=1, weight_reconstruction=weight, steps=60, lr=1e-2, hidden=(16,)).fit(reps, LABELS)
        common = fitted.transform(reps)["image"][:, 0]
        kept.append([abs(np.corrcoef(common, values)[0, 1]) for values in (shared, own[:, 0])])
    (light_shared, light_own), (heavy_shared, heavy_own) = kept
    assert light_shared > 0.9 > 0.4 > light_own
    assert heavy_own > 0.7 > heavy_shared


def test_it_refuses() -> None:
    with pytest.raises(ConfigError, match="weight_reconstruction is 0"):
        DCCAE(dimensions=1, weight_reconstruction=0.0)
    with pytest.raises(ConfigError, match="hidden is"):
        DCCAE(dimensions=1, hidden=())
