"""Checkpoints: one safetensors file a checkpoint, replaced in one move, read without executing anything.

Tensors (weights, buffers, optimiser moments, random state) are stored under dotted names; everything else (step,
epoch, optimiser counters, configuration) is JSON in the file's header.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.optim import Optimizer

from maquette.errors import CheckpointError

__all__ = ["Checkpoint", "load_checkpoint", "optimizer_state", "restore_optimizer", "save_checkpoint"]

_FORMAT = 1


@dataclass(frozen=True)
class Checkpoint:
    """What a run needs to go on as if it had never stopped."""

    tensors: Mapping[str, Tensor]
    meta: Mapping[str, Any]

    def part(self, prefix: str) -> dict[str, Tensor]:
        """The tensors under `prefix.`, with the prefix taken off."""
        start = prefix + "."
        return {name[len(start) :]: tensor for name, tensor in self.tensors.items() if name.startswith(start)}


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write `checkpoint` so that `path` holds either the old one or the whole new one, whatever happens meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    # Tensors that share memory (tied weights, views) are refused by the format: each is stored on its own.
    tensors = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in checkpoint.tensors.items()}
    try:
        save_file(tensors, partial, metadata={"format": str(_FORMAT), "meta": json.dumps(dict(checkpoint.meta))})
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise CheckpointError(
            f"{path}: cannot write the checkpoint ({error.strerror}): free space or choose another folder"
        ) from error


def load_checkpoint(path: Path) -> Checkpoint:
    """The checkpoint at `path`, on the CPU; CheckpointError if it is not one."""
    if not path.is_file():
        raise CheckpointError(f"{path}: no checkpoint there: start without --resume")
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in sorted(file.keys())}
        if header.get("format") != str(_FORMAT):
            raise CheckpointError(f"{path}: checkpoint format {header.get('format')!r}, expected '{_FORMAT}'")
        return Checkpoint(tensors, json.loads(header["meta"]))
    except (SafetensorError, KeyError, json.JSONDecodeError) as error:
        raise CheckpointError(
            f"{path}: not a checkpoint of Maquette ({error}): start again without --resume"
        ) from error


def optimizer_state(optimizer: Optimizer) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """An optimiser's moments as named tensors (`<parameter number>.<moment>`), and the numbers among its state."""
    tensors: dict[str, Tensor] = {}
    numbers: dict[str, Any] = {}
    for parameter, moments in optimizer.state_dict()["state"].items():
        for name, value in moments.items():
            if isinstance(value, Tensor):
                tensors[f"{parameter}.{name}"] = value
            else:
                numbers[f"{parameter}.{name}"] = value
    return tensors, numbers


def restore_optimizer(optimizer: Optimizer, tensors: Mapping[str, Tensor], numbers: Mapping[str, Any]) -> None:
    """Put the moments of `optimizer_state` back; the groups' settings stay those of `optimizer`."""
    state: dict[int, dict[str, Any]] = {}
    for key, value in {**numbers, **tensors}.items():
        parameter, _, name = key.partition(".")
        state.setdefault(int(parameter), {})[name] = torch.clone(value) if isinstance(value, Tensor) else value
    current = optimizer.state_dict()
    optimizer.load_state_dict({"state": state, "param_groups": current["param_groups"]})
