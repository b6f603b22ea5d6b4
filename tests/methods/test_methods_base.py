from __future__ import annotations

import pytest
import torch
from jaxtyping import Int
from torch import Tensor, nn

from maquette.methods.base import METHODS, Method
from maquette.types import Progress, Representations
from tests.methods.method_cases import PROGRESS, VECTORS


class Plain(Method):
    """The least that a method can be."""

    def __init__(self) -> None:
        super().__init__(classes=2, dimensions=3, modalities=("image", "pointcloud"))
        self.scale = nn.Parameter(torch.ones(1))

    def forward(
        self, reps: Representations, labels: Int[Tensor, "B"], index: Int[Tensor, "B"], progress: Progress
    ) -> dict[str, Tensor]:
        return {"size": (self.scale * reps.values).square().mean()}


def test_a_method_need_only_give_its_terms() -> None:
    method = Plain()
    before = method.scale.item()
    assert method(VECTORS.representations, VECTORS.labels, torch.arange(3), PROGRESS)["size"] > 0
    method.before_step()
    assert method.scale.item() == before
    assert method.report() == {}
    assert method.verdicts() is None
    assert method.predict(VECTORS.representations) is None
    assert method.begin_epoch(lambda: (VECTORS.representations, VECTORS.labels), PROGRESS) is None
    (group,) = method.param_groups(0.25)
    assert (group.lr, group.parameters) == (0.25, (method.scale,))
    assert (group.optimizer, group.momentum, group.weight_decay, group.lr_step) == (None,) * 4


def test_a_method_without_terms_cannot_be() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Method(classes=2, dimensions=3, modalities=("image",))  # type: ignore[abstract]  # that it fails is the test


def test_the_methods_of_both_papers_are_registered() -> None:
    assert {"cross_entropy", "cmcl", "cmcl_code", "cmcl_paper", "rono", "rono_mnist", "rono_modelnet"} <= set(
        METHODS.names()
    )
    assert {"dscmr", "dscmr_plus", "mvi", "mrl", "dac", "generalized_cross_entropy", "supervised_contrastive"} <= set(
        METHODS.names()
    )
