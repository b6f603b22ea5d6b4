"""Optimisers and their rates: groups are gathered by optimiser, rates follow one schedule counted in batches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch.optim import Optimizer

from maquette.methods.base import ParamGroup

__all__ = ["Schedule", "build_optimizers", "set_rates"]


@dataclass(frozen=True)
class Schedule:
    """The factor on every group's rate at a batch, counted from 0 in optimiser steps.

    `step` multiplies by `lr_gamma` every `lr_step` batches; `cosine` falls to 0 at `batches`; both after a linear
    `warmup`. A parameter group with an `lr_step` of its own (RONO's centers) follows that instead.
    """

    kind: Literal["constant", "step", "cosine"]
    batches: int
    lr_step: int = 10_000
    lr_gamma: float = 0.1
    warmup: int = 0

    def factor(self, batch: int) -> float:
        """The factor at `batch`.

        >>> Schedule("step", 100, lr_step=10).factor(25)
        0.010000000000000002
        >>> Schedule("constant", 100, warmup=4).factor(0)
        0.25
        """
        rising = min(1.0, (batch + 1) / self.warmup) if self.warmup else 1.0
        if self.kind == "constant":
            return rising
        if self.kind == "step":
            return rising * self.lr_gamma ** (batch // self.lr_step)
        span = max(1, self.batches - self.warmup)
        return rising * 0.5 * (1.0 + math.cos(math.pi * min(1.0, max(0, batch - self.warmup) / span)))


def build_optimizers(
    groups: Sequence[ParamGroup], *, optimizer: Literal["sgd", "adam"], momentum: float, weight_decay: float
) -> list[Optimizer]:
    """One optimiser a kind; a group's own settings win over the arguments."""
    settings: dict[str, list[dict[str, object]]] = {"sgd": [], "adam": []}
    for group in groups:
        kind = group.optimizer or optimizer
        decay = weight_decay if group.weight_decay is None else group.weight_decay
        entry: dict[str, object] = {
            "params": list(group.parameters),
            "name": group.name,
            "lr": group.lr,
            "base_lr": group.lr,
            "own_step": group.lr_step,
            "own_factor": group.lr_factor,
            "weight_decay": decay,
        }
        if kind == "sgd":
            entry["momentum"] = momentum if group.momentum is None else group.momentum
        settings[kind].append(entry)
    optimizers: list[Optimizer] = []
    if settings["sgd"]:
        optimizers.append(torch.optim.SGD(settings["sgd"]))
    if settings["adam"]:
        optimizers.append(torch.optim.Adam(settings["adam"]))
    return optimizers


def set_rates(optimizers: Sequence[Optimizer], schedule: Schedule, batch: int) -> None:
    """Set every group's rate for `batch`."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            own_step = group["own_step"]
            factor = group["own_factor"] ** (batch // own_step) if own_step else schedule.factor(batch)
            group["lr"] = group["base_lr"] * factor
