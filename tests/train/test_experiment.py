"""An experiment is its configuration: what counts changes its identity, what does not leaves it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from maquette.data.store import Store
from maquette.encoders import open_model
from maquette.errors import CheckpointError, ConfigError
from maquette.methods import CrossEntropy
from maquette.train.experiment import train
from maquette.train.noise import noisy_store
from maquette.train.record import read_record
from maquette.types import Labels, Progress, Representations
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


def test_a_run_starts_from_another_runs_model(store: Store, tmp_path: Path) -> None:
    first = train(tiny_config(method__name="mvi", train__epochs=1), store, out=tmp_path / "first")
    run = train(tiny_config(train__epochs=1, train__start=first.model), store, out=tmp_path / "run")
    apart = train(tiny_config(train__epochs=1), store, out=tmp_path / "apart")
    assert run.identity != apart.identity, "what it starts from counts"
    moved = (tmp_path / "first").rename(tmp_path / "moved") / "model"
    again = train(tiny_config(train__epochs=1, train__start=moved), store, out=tmp_path / "again")
    assert again.identity == run.identity, "where that lies does not"
    assert open_model(again.model).fingerprint == open_model(run.model).fingerprint
    saw = again.facts["practice"]["encoders"]["image"]
    assert (saw["name"], saw["labels"]) == ("a run of mvi", "none")
    true = train(tiny_config(train__epochs=1, train__start=apart.model), store, out=tmp_path / "true")
    assert true.facts["practice"]["encoders"]["image"]["labels"] == "true"
    (tmp_path / "alone").mkdir()
    alone = moved.rename(tmp_path / "alone" / "model")
    last = train(tiny_config(train__epochs=1, train__start=alone), store, out=tmp_path / "last")
    assert last.facts["practice"]["encoders"]["image"]["labels"] == "undeclared"


def test_a_step_of_no_size_leaves_the_start_as_it_is(store: Store, tmp_path: Path) -> None:
    first = train(tiny_config(train__epochs=1), store, out=tmp_path / "first")
    config = tiny_config(train__epochs=1, train__start=first.model, train__lr=1e-30, train__weight_decay=0.0)
    began, ended = open_model(first.model), open_model(train(config, store, out=tmp_path / "run").model)
    for (name, ours), theirs in zip(ended.named_parameters(), began.parameters(), strict=True):
        assert torch.equal(ours, theirs), name


def test_the_run_says_what_it_was(store: Store, tmp_path: Path) -> None:
    run = train(tiny_config(train__validate_every=1), store, out=tmp_path / "run", title="Tiny")
    facts = json.loads((run.folder / "run.json").read_text())
    assert facts["data"]["digest"] == store.manifest.digest
    assert facts["batches"] == 15
    assert 0.0 <= facts["validation"]["map"] <= 1.0
    card = (run.model / "README.md").read_text()
    assert card.startswith("# Tiny")
    assert "30 objects of 3 classes" in card


def test_other_defaults_are_another_run(store: Store, tmp_path: Path) -> None:
    config = tiny_config(train__epochs=1, method__name="rono", method__options={"weight_gap": 2.0})
    run = train(config, store, out=tmp_path / "run")
    path = run.folder / "run.json"
    values = json.loads(path.read_text())
    assert values["defaults"]["method.options.temperature"] == 0.22
    assert "method.options.weight_gap" not in values["defaults"], "what is given stands in the configuration"
    assert any(key.startswith("modalities.image.options.") for key in values["defaults"])
    assert train(config, store, out=run.folder).identity == run.identity
    del values["defaults"]["method.options.temperature"]
    path.write_text(json.dumps(values))
    with pytest.raises(CheckpointError, match=r"with other defaults \(method\.options\.temperature\)"):
        train(config, store, out=run.folder)
    del values["defaults"]  # as runs of before they were kept
    path.write_text(json.dumps(values))
    assert train(config, store, out=run.folder).finished


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


_OF_EACH = {"kind": "symmetric", "rate": 0.4, "seed": 1, "options": {"modalities": ["image", "pointcloud"]}}


def test_the_loss_sees_the_label_of_each_modality(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tiny_config(train__epochs=1, method__name="cross_entropy", noise=_OF_EACH)
    seen: dict[int, list[int]] = {}
    forward = CrossEntropy.forward

    def listen(self: CrossEntropy, reps: Representations, labels: Labels, index: Tensor, progress: Progress) -> Any:
        assert reps.modalities == ("image", "pointcloud")
        seen.update(zip(index.tolist(), labels.tolist(), strict=True))
        return forward(self, reps, labels, index, progress)

    monkeypatch.setattr(CrossEntropy, "forward", listen)
    train(config, store, out=tmp_path / "run")
    noisy, _ = noisy_store(store, config.noise)
    rows = noisy.rows("train")
    wanted = [[int(noisy.modality_labels[name][row]) for name in ("image", "pointcloud")] for row in rows]
    assert [seen[place] for place in range(len(rows))] == wanted
    assert any(image != cloud for image, cloud in wanted)


def test_noise_of_each_modality_is_reproducible_and_counts(store: Store, tmp_path: Path) -> None:
    changes = {"method__name": "mrl", "train__validate_every": 1}
    first, again, shared = (
        train(tiny_config(train__epochs=2, noise=noise, **changes), store, out=tmp_path / name)
        for name, noise in (("a", _OF_EACH), ("b", _OF_EACH), ("c", {**_OF_EACH, "options": {}}))
    )
    weights = [(run.model / "model.safetensors").read_bytes() for run in (first, again, shared)]
    assert weights[0] == weights[1] != weights[2]
    assert first.identity == again.identity != shared.identity
    kinds = {entry["kind"] for entry in read_record(first.folder)}
    assert kinds == {"train", "validation"}, "no division: a verdict is on an object, and that has several labels"
    assert "division" in {entry["kind"] for entry in read_record(shared.folder)}


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"method__name": "dscmr"}, "DSCMR as configured takes one given label an object"),
        ({"method__name": "cmcl_paper"}, "CMCL as configured takes one given label an object"),
        ({"train__density": True, "method__name": "mrl"}, "measures one given label an object"),
    ],
    ids=["method", "option", "density"],
)
def test_what_takes_one_label_refuses_several(
    store: Store, tmp_path: Path, wrong: dict[str, object], reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason):
        train(tiny_config(noise=_OF_EACH, **wrong), store, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
