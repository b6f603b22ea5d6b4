"""An adapter: what it hands to the package, and what it says where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from maquette.errors import ConfigError, MissingExtraError
from maquette.methods.mcca import MCCA
from maquette.methods.zoo import ZooMaps
from tests.methods.zoo_cases import LABELS, REPS, install_stand_in, take_away


def test_the_package_gets_sorted_views_and_our_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    install_stand_in(monkeypatch, "linear", "MCCA")
    fitted = MCCA(dimensions=2, shrinkage=0.25).fit(REPS, LABELS)
    assert isinstance(fitted, ZooMaps)
    assert [view.shape[1] for view in fitted.model.seen] == [5, 3]
    assert fitted.model.settings["n_components"] == 2
    assert fitted.model.settings["shrinkage"] == 0.25
    for name, values in REPS.items():
        np.testing.assert_array_equal(fitted.transform({name: values})[name], values[:, :2])


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    take_away(monkeypatch)
    with pytest.raises(MissingExtraError, match=r"'mcca' needs cca-zoo, .*'maquette\[baselines\]'"):
        MCCA(dimensions=2).fit(REPS, LABELS)


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"shrinkage is 1\.5: expected 0 to 1"):
        MCCA(dimensions=2, shrinkage=1.5)
