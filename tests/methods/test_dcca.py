"""The correlation of what it makes of two modalities is what it was trained for."""

from __future__ import annotations

import numpy as np
import pytest

from maquette.errors import ConfigError, InputError
from maquette.methods.dcca import DCCA
from maquette.methods.deep_cca import DeepMaps
from tests.methods.test_deep_cca import radii

LABELS = np.zeros(300, dtype=np.int64)


def test_training_raises_the_correlation_and_dimensions_come_in_its_order() -> None:
    reps = radii(seed=0)
    sums = []
    for steps in (1, 40):
        fitted = DCCA(dimensions=2, steps=steps, lr=1e-2).fit(reps, LABELS)
        assert isinstance(fitted, DeepMaps)
        assert fitted.correlations[0] >= fitted.correlations[1]
        common = fitted.transform(reps)
        measured = [abs(np.corrcoef(common["image"][:, k], common["mesh"][:, k])[0, 1]) for k in range(2)]
        np.testing.assert_allclose(measured, fitted.correlations, atol=0.02)
        sums.append(sum(measured))
    assert sums[1] > sums[0] + 0.2


def test_it_refuses() -> None:
    with pytest.raises(ConfigError, match="steps 0"):
        DCCA(dimensions=2, steps=0)
    with pytest.raises(InputError, match="takes exactly 2 modalities, there are 1"):
        DCCA(dimensions=2).fit({"mesh": radii(seed=0)["mesh"]}, LABELS)
