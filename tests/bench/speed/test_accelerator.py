"""The benchmark of an accelerator, on a CPU with small networks: what it measures and says, not how fast."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch
from torch import nn

from maquette.bench.speed import accelerator
from maquette.bench.speed.accelerator import ACCELERATED, Accelerated, run_accelerator
from maquette.bench.speed.accelerator_report import write_accelerator
from maquette.bench.speed.networks import clouds
from maquette.bench.speed.textbook import load_textbook
from maquette.encoders import DGCNN
from maquette.errors import UnknownNameError

CPU = torch.device("cpu")
SMALL: dict[str, Any] = {"channels": (8, 12), "emb_dims": 16, "k": 5}


def small() -> dict[str, Accelerated]:
    return {
        "dgcnn": Accelerated(
            partial(DGCNN, **SMALL),
            partial(load_textbook("dgcnn").TextbookDGCNN, **SMALL),
            lambda objects: clouds(40 if objects else 0, objects or 2),
        )
    }


def test_a_report_has_each_side_in_each_precision() -> None:
    seen: list[int] = []
    report = run_accelerator(
        CPU, objects=4, repeats=2, networks=small(), on_report=lambda report: seen.append(len(report["rows"]))
    )
    assert seen == [1, 2]
    assert [row["name"] for row in report["rows"]] == ["dgcnn_step", "dgcnn_inference"]
    for row in report["rows"]:
        assert row["difference"] < 1e-11
        for found in row["precisions"].values():
            assert found["ours"]["milliseconds"]["median"] > 0
            assert found["ours"]["share_of_gemm"] > 0 and found["ours"]["share_of_copy"] > 0
            assert found["ratio"]["low"] <= found["ratio"]["median"] <= found["ratio"]["high"]
    text = write_accelerator(report, command="maquette bench --device cuda")
    assert text.count("| dgcnn_step |") == 2 and "differs by" in text


def test_what_compiling_gives_or_why_not_stands_in_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(network: nn.Module) -> nn.Module:
        raise RuntimeError("no compiler")

    for make, key in ((lambda network: network, "milliseconds"), (fail, "error")):
        monkeypatch.setattr(torch, "compile", make)
        report = run_accelerator(CPU, objects=2, repeats=1, networks=small(), compiled=True)
        assert all(key in found["compiled"] for row in report["rows"] for found in row["precisions"].values())
    assert "RuntimeError" in write_accelerator(report, command="x")


def test_bytes_are_those_of_operators_that_move_them() -> None:
    values = torch.ones(10)
    assert accelerator._touched(lambda: values.view(2, 5)) == 0
    assert accelerator._touched(lambda: values + values) == 3 * 40


def test_unknown_networks_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="dgcnn"):
        run_accelerator(CPU, only=["alexnet"])


@pytest.mark.parametrize("name", list(ACCELERATED))
def test_both_sides_take_the_inputs(name: str) -> None:
    kind = ACCELERATED[name]
    inputs, small = kind.inputs(3), kind.inputs(0)
    assert {len(value) for value in inputs.values()} == {3}
    assert sum(value.numel() for value in small.values()) < sum(value.numel() for value in inputs.values())
    assert kind.ours().state_dict().keys() == kind.textbook().state_dict().keys()
