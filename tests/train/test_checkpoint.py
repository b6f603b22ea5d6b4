"""A checkpoint holds everything or is refused; replacing one never leaves half of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from torch import nn

from maquette.errors import CheckpointError
from maquette.train.checkpoint import (
    Checkpoint,
    load_checkpoint,
    optimizer_state,
    restore_optimizer,
    save_checkpoint,
)


def test_round_trip_keeps_bits_and_meta(tmp_path: Path) -> None:
    values = {"model.w": torch.tensor([1.0, float("nan"), -0.0]), "n": torch.tensor(7)}
    save_checkpoint(tmp_path / "c.safetensors", Checkpoint(values, {"epoch": 3, "name": "ä"}))
    back = load_checkpoint(tmp_path / "c.safetensors")
    assert back.meta == {"epoch": 3, "name": "ä"}
    assert back.tensors["model.w"].view(torch.int32).tolist() == values["model.w"].view(torch.int32).tolist()
    assert list(back.part("model")) == ["w"]
    assert [path.name for path in tmp_path.iterdir()] == ["c.safetensors"]


def test_tied_weights_are_stored(tmp_path: Path) -> None:
    shared = torch.arange(6.0)
    save_checkpoint(tmp_path / "c.safetensors", Checkpoint({"a": shared, "b": shared[2:4]}, {}))
    assert load_checkpoint(tmp_path / "c.safetensors").tensors["b"].tolist() == [2.0, 3.0]


@pytest.mark.parametrize("damage", ["missing", "empty", "text", "cut"])
def test_what_is_no_checkpoint_is_refused(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "c.safetensors"
    save_checkpoint(path, Checkpoint({"a": torch.ones(1000)}, {}))
    if damage == "missing":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-100])
    else:
        path.write_bytes(b"" if damage == "empty" else b"this is no checkpoint at all")
    with pytest.raises(CheckpointError, match=r"c.safetensors: .*without --resume"):
        load_checkpoint(path)


def test_a_failed_write_keeps_the_old_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "c.safetensors"
    save_checkpoint(path, Checkpoint({"a": torch.ones(3)}, {"step": 1}))

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(CheckpointError, match="No space left on device"):
        save_checkpoint(path, Checkpoint({"a": torch.zeros(3)}, {"step": 2}))
    monkeypatch.undo()
    assert load_checkpoint(path).meta == {"step": 1}


@pytest.mark.parametrize("kind", ["sgd", "adam"])
def test_a_restored_optimiser_takes_the_same_steps(kind: str, tmp_path: Path) -> None:
    def make(layer: nn.Linear) -> torch.optim.Optimizer:
        if kind == "sgd":
            return torch.optim.SGD(layer.parameters(), lr=0.1, momentum=0.9)
        return torch.optim.Adam(layer.parameters(), lr=0.1)

    def step(layer: nn.Linear, optimizer: torch.optim.Optimizer, seed: int) -> None:
        optimizer.zero_grad()
        layer(torch.randn(4, 3, generator=torch.Generator().manual_seed(seed))).square().sum().backward()
        optimizer.step()

    first = nn.Linear(3, 2)
    second = nn.Linear(3, 2)
    optimizer = make(first)
    step(first, optimizer, 1)
    tensors, numbers = optimizer_state(optimizer)
    weights = {f"m.{name}": value for name, value in first.state_dict().items()}
    moments = {f"o.{name}": value for name, value in tensors.items()}
    save_checkpoint(tmp_path / "c.safetensors", Checkpoint(weights | moments, {"numbers": numbers}))
    step(first, optimizer, 2)

    back = load_checkpoint(tmp_path / "c.safetensors")
    second.load_state_dict(back.part("m"))
    other = make(second)
    restore_optimizer(other, back.part("o"), back.meta["numbers"])
    step(second, other, 2)
    assert torch.equal(first.weight, second.weight)
    assert torch.equal(first.bias, second.bias)
