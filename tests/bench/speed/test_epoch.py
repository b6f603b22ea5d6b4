from __future__ import annotations

from pathlib import Path

import pytest
import torch

import maquette.bench.speed.epoch as epoch
from maquette.bench.speed.part import Task
from maquette.bench.speed.textbook import load_textbook


@pytest.fixture(autouse=True)
def two_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(epoch, "_CLASSES", 2)


def test_both_sides_have_the_same_objective_and_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (part,) = epoch.EPOCH_PARTS
    contest = part.build(Task(4, 4, tmp_path))
    assert contest.difference() <= 1e-12
    assert contest.notes() == {}
    before = torch.get_rng_state()
    contest.ours()
    contest.textbook()
    assert (tmp_path / "epoch-4" / "run" / "record.jsonl").is_file()
    assert contest.notes()["waited_seconds_an_epoch"] >= 0
    assert torch.equal(torch.get_rng_state(), before)

    losses = load_textbook("losses")
    monkeypatch.setattr(losses, "mean_square_error", lambda values: 2 * values[0].sum())
    assert contest.difference() > 1e-6


def test_waiting_is_averaged_over_epochs() -> None:
    assert epoch._waits([0.5, 1.0, 1.8]) == {"waited_seconds_an_epoch": pytest.approx(0.6)}
