"""Groups keep their own settings, and rates follow the schedule in real batches."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from maquette.methods.base import ParamGroup
from maquette.train.optimizers import Schedule, build_optimizers, set_rates


def _parameter() -> nn.Parameter:
    return nn.Parameter(torch.ones(2))


def test_groups_go_to_the_optimiser_they_ask_for() -> None:
    centers = _parameter()
    groups = [
        ParamGroup("encoders", (_parameter(),), 0.1),
        ParamGroup("head", (_parameter(),), 0.2, weight_decay=0.0),
        ParamGroup("centers", (centers,), 0.3, optimizer="sgd", momentum=0.0, weight_decay=0.0),
    ]
    sgd, adam = build_optimizers(groups, optimizer="adam", momentum=0.9, weight_decay=0.01)
    assert isinstance(sgd, torch.optim.SGD)
    assert isinstance(adam, torch.optim.Adam)
    assert [group["name"] for group in sgd.param_groups] == ["centers"]
    assert sgd.param_groups[0]["momentum"] == 0.0
    assert [group["weight_decay"] for group in adam.param_groups] == [0.01, 0.0]
    centers.grad = torch.ones(2)
    sgd.step()
    assert centers.tolist() == pytest.approx([0.7, 0.7])


def test_step_schedule_falls_at_exact_batches() -> None:
    schedule = Schedule("step", 100, lr_step=10, lr_gamma=0.5)
    assert [schedule.factor(batch) for batch in (0, 9, 10, 19, 20)] == [1, 1, 0.5, 0.5, 0.25]


def test_cosine_schedule_rises_then_falls_to_zero() -> None:
    schedule = Schedule("cosine", 110, warmup=10)
    assert schedule.factor(0) == pytest.approx(0.1)
    assert schedule.factor(9) == pytest.approx(1.0)
    assert schedule.factor(60) == pytest.approx(0.5 * (1 + math.cos(math.pi / 2)))
    assert schedule.factor(110) == pytest.approx(0.0, abs=1e-12)
    factors = [schedule.factor(batch) for batch in range(9, 111)]
    assert factors == sorted(factors, reverse=True)


def test_a_group_may_keep_a_step_of_its_own() -> None:
    groups = [
        ParamGroup("encoders", (_parameter(),), 1.0),
        ParamGroup("centers", (_parameter(),), 1.0, lr_step=5, lr_factor=0.1),
    ]
    optimizers = build_optimizers(groups, optimizer="sgd", momentum=0.0, weight_decay=0.0)
    set_rates(optimizers, Schedule("constant", 100), 12)
    rates = {group["name"]: group["lr"] for group in optimizers[0].param_groups}
    assert rates["encoders"] == 1.0
    assert rates["centers"] == pytest.approx(0.01)
