from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn

from maquette.bench.speed.networks import NETWORK_PARTS, network_difference
from maquette.bench.speed.part import Part, Task
from maquette.bench.speed.textbook import load_textbook
from maquette.encoders import DGCNN, MeshNet, ResNet18


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same contests with networks of seconds."""
    room = "maquette.bench.speed.networks"
    monkeypatch.setattr(f"{room}._PIXELS", 64)
    monkeypatch.setattr(f"{room}.DGCNN", partial(DGCNN, channels=(8, 12), emb_dims=16, k=5))
    monkeypatch.setattr(f"{room}.MeshNet", partial(MeshNet, width=4))
    monkeypatch.setattr(f"{room}.ResNet18", partial(ResNet18, width=4))
    book = load_textbook

    class _Small:
        def __init__(self, name: str) -> None:
            self.module = book(name)

        @property
        def TextbookDGCNN(self) -> object:
            return partial(self.module.TextbookDGCNN, channels=(8, 12), emb_dims=16, k=5)

        @property
        def TextbookMeshNet(self) -> object:
            return partial(self.module.TextbookMeshNet, width=4)

        @property
        def TextbookResNet18(self) -> object:
            return partial(self.module.TextbookResNet18, width=4)

    monkeypatch.setattr(f"{room}.load_textbook", _Small)


@pytest.mark.parametrize(
    "part", [part for part in NETWORK_PARTS if part.name != "resnet18_bfloat16"], ids=lambda p: p.name
)
def test_both_sides_compute_the_same(part: Part, tmp_path: Path) -> None:
    size = 40 if part.grows_with != "objects" else 2
    contest = part.build(Task(size, size, tmp_path))
    # Sums over all faces in another order: MeshNet's gradients add up more of them.
    assert contest.difference() <= (1e-11 if part.name == "meshnet_step" else 1e-12)
    ours, textbook = contest.ours(), contest.textbook()
    if part.name.endswith("inference"):
        assert isinstance(ours, torch.Tensor) and isinstance(textbook, torch.Tensor)
        torch.testing.assert_close(ours, textbook, rtol=1e-3, atol=1e-4)


def test_the_difference_sees_a_wrong_weight_statistic_and_gradient() -> None:
    class _Scaled(nn.Module):
        def __init__(self, factor: float) -> None:
            super().__init__()
            self.norm, self.factor = nn.BatchNorm1d(3), factor

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            result: torch.Tensor = self.norm(x * self.factor)
            return result

    inputs = {"x": torch.randn(6, 3, generator=torch.Generator().manual_seed(0))}
    assert network_difference(_Scaled(1), _Scaled(1), inputs, train=True) == 0
    # BatchNorm undoes a scale of its input: outputs agree, the running statistics do not.
    assert network_difference(_Scaled(1), _Scaled(2), inputs, train=True) > 1e-3
    assert network_difference(_Scaled(1), _Scaled(2), inputs, train=False) > 1e-1


@pytest.mark.parametrize(("half", "pixels"), [(1.0, 32), (9.0, 64)])
def test_mixed_precision_takes_small_pictures_where_the_processor_lacks_it(
    half: float, pixels: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rates = {torch.bfloat16: half, torch.float32: 4.0}
    monkeypatch.setattr("maquette.bench.speed.networks.gemm_rate", lambda dtype, side: rates[dtype])
    (part,) = (part for part in NETWORK_PARTS if part.name == "resnet18_bfloat16")
    contest = part.build(Task(1, 1, tmp_path))
    # Half precision is not exact, and not far off.
    assert 0 < contest.difference() < 0.2
    assert contest.notes() == {"pixels": pixels, "rate_of_bfloat16_over_float32": half / 4}
