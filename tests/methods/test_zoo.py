"""Views in, views out; one modality alone may be transformed."""

from __future__ import annotations

import numpy as np
import pytest

from maquette.errors import InputError, MissingExtraError, UnknownNameError
from maquette.methods.zoo import ZooMaps, zoo_model
from tests.methods.zoo_cases import Columns, install_stand_in, take_away


class _Sums:
    def transform(self, views: list[np.ndarray]) -> list[np.ndarray]:
        return [view.sum(axis=1, keepdims=True) * (place + 1) for place, view in enumerate(views)]


def test_each_modality_is_transformed_as_its_own_view() -> None:
    maps = ZooMaps(_Sums(), {"image": 2, "mesh": 3})
    assert maps.transform({"mesh": np.ones((1, 3)), "image": np.ones((2, 2))})["mesh"].tolist() == [[6.0]]
    assert maps.transform({"image": np.ones((2, 2))})["image"].tolist() == [[2.0], [2.0]]
    with pytest.raises(UnknownNameError, match="expected one of image, mesh"):
        maps.transform({"text": np.ones((1, 3))})
    with pytest.raises(InputError, match="mesh: 4 dimensions, expected 3"):
        maps.transform({"mesh": np.ones((1, 4))})


def test_models_are_found_by_module_and_name_or_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    install_stand_in(monkeypatch, "linear", "MCCA")
    model = zoo_model("linear", "MCCA", n_components=2)
    assert isinstance(model, Columns)
    assert model.settings == {"n_components": 2}
    take_away(monkeypatch)
    with pytest.raises(MissingExtraError, match="'mcca' needs cca-zoo"):
        zoo_model("linear", "MCCA", n_components=2)
