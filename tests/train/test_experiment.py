"""An experiment is its configuration: what counts changes its identity, what does not leaves it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from maquette.data.store import Store
from maquette.encoders import open_model
from maquette.errors import ConfigError
from maquette.train.experiment import train
from tests.train.tiny import tiny_config, tiny_store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return tiny_store(tmp_path_factory.mktemp("tiny"))


def _identity(store: Store, out: Path, **changes: object) -> str:
    return train(tiny_config(train__epochs=1, **changes), store, out=out).identity


def test_identity(store: Store, tmp_path: Path) -> None:
    first = _identity(store, tmp_path / "a")
    assert _identity(store, tmp_path / "b", train__workers=1) == first
    assert _identity(store, tmp_path / "c", train__seed=5) != first
    assert _identity(store, tmp_path / "d", method__name="cross_entropy") != first


def test_the_run_says_what_it_was(store: Store, tmp_path: Path) -> None:
    run = train(tiny_config(train__validate_every=1), store, out=tmp_path / "run", title="Tiny")
    facts = json.loads((run.folder / "run.json").read_text())
    assert facts["data"]["digest"] == store.manifest.digest
    assert facts["batches"] == 15
    assert 0.0 <= facts["validation"]["map"] <= 1.0
    card = (run.model / "README.md").read_text()
    assert card.startswith("# Tiny")
    assert "30 objects of 3 classes" in card


def test_the_exported_model_holds_nothing_of_the_method(store: Store, tmp_path: Path) -> None:
    run = train(tiny_config(), store, out=tmp_path / "run")
    model = open_model(run.model)
    assert model.modalities == ("image", "pointcloud")
    assert not [name for name in model.state_dict() if "center" in name or "classifier" in name]
    assert model.specs["image"].preparation["resolution"] == 32


@pytest.mark.parametrize(
    "wrong",
    [
        {"method": {"name": "cmcl", "options": {"temperture": 1.0}}},
        {"modalities__image": {"encoder": "resnet18", "options": {"widht": 4}}},
        {"modalities__image": {"encoder": "resnet18", "prepare": {"view": 1}}},
    ],
    ids=["method", "encoder", "preparation"],
)
def test_a_misspelt_option_leaves_nothing_behind(store: Store, tmp_path: Path, wrong: dict[str, object]) -> None:
    out = tmp_path / "run"
    with pytest.raises(ConfigError, match=r"unknown option '(temperture|widht|view)': expected some of "):
        train(tiny_config(train__epochs=1, **wrong), store, out=out)
    assert not out.exists()
    assert train(tiny_config(train__epochs=1), store, out=out).finished
