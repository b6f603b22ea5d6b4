"""Figures about the noise are right, come once an epoch, survive an interruption, and change nothing in training."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from maquette.data.store import Store
from maquette.encoders import open_model
from maquette.methods.base import Verdicts
from maquette.train.division import DivisionLog
from maquette.train.experiment import train
from maquette.train.record import read_record
from tests.train.tiny import tiny_config, tiny_store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return tiny_store(tmp_path_factory.mktemp("division"))


def test_by_hand() -> None:
    # Object 3 is mislabelled; it is called clean, and so is 0. Object 4 is never seen.
    log = DivisionLog(torch.tensor([0, 1, 1, 1, 0]), torch.tensor([0, 1, 1, 0, 0]))
    assert log.finish() == {}
    index = torch.tensor([3, 0])
    log.add(index, verdicts=Verdicts(index, torch.tensor([True, True]), torch.zeros(2)), probabilities=None)
    index = torch.tensor([1, 2])
    corrected = torch.tensor([1, 0])
    verdicts = Verdicts(index, torch.tensor([False, True]), torch.zeros(2), corrected)
    log.add(index, verdicts=verdicts, probabilities=torch.tensor([[0.1, 0.9], [0.2, 0.8]]))
    log.add(torch.tensor([3]), verdicts=None, probabilities=torch.tensor([[0.7, 0.3]]))
    figures = log.finish()
    assert figures["division_clean_precision"] == pytest.approx(2 / 3)
    assert figures["division_clean_recall"] == pytest.approx(2 / 3)
    assert figures["division_noisy_recall"] == 0.0
    assert figures["correction_accuracy"] == 0.5
    assert figures["prediction_memorised"] == 1.0
    assert figures["prediction_noise_rate"] == pytest.approx(1 / 3)
    assert log.finish() == {}


def test_what_was_gathered_goes_through_a_checkpoint() -> None:
    labels = torch.tensor([0, 1, 1])
    first, second = DivisionLog(labels, 1 - labels), DivisionLog(labels, 1 - labels)
    first.add(torch.tensor([2]), verdicts=None, probabilities=torch.tensor([[0.0, 1.0]]))
    second.restore({name: column.clone() for name, column in first.state().items()})
    assert second.finish() == first.finish() != {}


class _StoppedError(Exception):
    pass


def test_one_entry_an_epoch_the_same_after_an_interruption(store: Store, tmp_path: Path) -> None:
    config = tiny_config(noise={"rate": 0.4}, method={"name": "rono", "options": {"warm_up": 2}})
    train(config, store, out=tmp_path / "whole")

    seen: list[object] = []

    def stop(progress: object, terms: object) -> None:
        seen.append(progress)
        if len(seen) == 9:  # within the second epoch, and past a checkpoint within it
            raise _StoppedError

    with pytest.raises(_StoppedError):
        train(config, store, out=tmp_path / "broken", on_step=stop)
    train(config, store, out=tmp_path / "broken", resume=True)
    entries = [
        [entry for entry in read_record(tmp_path / name) if entry["kind"] == "division"] for name in ("whole", "broken")
    ]
    assert [entry["epoch"] for entry in entries[0]] == [0, 1, 2]
    assert entries[0] == entries[1]
    assert {name.partition("_")[0] for name in entries[0][0]["values"]} == {"division", "prediction"}


def test_there_is_none_without_noise(store: Store, tmp_path: Path) -> None:
    train(tiny_config(train__epochs=1), store, out=tmp_path / "run")
    assert not [entry for entry in read_record(tmp_path / "run") if entry["kind"] == "division"]


def test_an_encoder_has_the_rate_it_was_given_and_the_others_keep_theirs(store: Store, tmp_path: Path) -> None:
    modalities = tiny_config().to_json()["modalities"]
    modalities["image"]["lr"] = 1e-30
    weights = []
    for epochs in (1, 2):
        config = tiny_config(modalities=modalities, train__epochs=epochs)
        run = train(config, store, out=tmp_path / str(epochs))
        weights.append(dict(open_model(run.model).encoders.named_parameters()))
    moved = {name.split(".")[0] for name in weights[0] if not torch.allclose(weights[0][name], weights[1][name])}
    assert moved == {"pointcloud"}
