from __future__ import annotations

from math import exp
from typing import Any

import pytest
import torch

from maquette.errors import ConfigError
from maquette.losses import center_cosines
from maquette.methods import METHODS
from maquette.methods.rono import (
    RONO,
    blend,
    center_gain,
    multimodal_gap,
    representation_classification,
    robust_center_loss,
    vanilla_center_loss,
)
from maquette.types import Progress
from tests.methods.method_cases import PROGRESS, VECTORS, Case, on_ragged_batches


def build(name: str = "rono", /, **changes: Any) -> RONO:
    method = METHODS.build(name, classes=4, dimensions=3, modalities=("image", "pointcloud"), **changes)
    assert isinstance(method, RONO)
    with torch.no_grad():
        method.centers.copy_(VECTORS.centers)
    return method.double()


def at(epoch: int) -> Progress:
    return Progress(epoch=epoch, epochs=50, step=0, steps=4)


def test_by_hand() -> None:
    """Cosines 1 and 0 with mean 0, four classes; the absent entry would change everything."""
    own = torch.tensor([[1.0, 0.0], [0.0, 0.7]])
    mean = torch.tensor([[0.0, 0.0], [0.0, 0.1]])
    present = torch.tensor([[True, True], [False, False]])
    vanilla = vanilla_center_loss(own, mean, present, classes=4, scale=0.5)
    assert vanilla.item() == pytest.approx(((1 - exp(1.25)) + (1 - 1)) / 2 / 0.5, rel=1e-6)
    robust = robust_center_loss(own, mean, present, threshold=0.3, scale=0.5)
    assert robust.item() == pytest.approx(-(abs(0.3 - (exp(1) - 1)) + 0.3) / 2 / 0.5, rel=1e-6)


def test_the_threshold_decides_the_direction() -> None:
    """Above it the cosine to the own center is driven up, below it down."""
    own = torch.tensor([[0.9], [0.1]], requires_grad=True)
    loss = robust_center_loss(
        own, torch.full((2, 1), 0.1), torch.ones(2, 1, dtype=torch.bool), threshold=0.3, scale=0.05
    )
    (gradient,) = torch.autograd.grad(loss, own)
    assert gradient[0] < 0 < gradient[1]


@on_ragged_batches
def test_as_naive_loops(ragged: Case) -> None:
    own, mean = center_cosines(ragged.reps, ragged.present, ragged.labels, centers=ragged.centers)
    vanilla = robust = 0.0
    entries = [(i, m) for i in range(len(ragged.reps)) for m in range(ragged.reps.shape[1]) if ragged.present[i, m]]
    for i, m in entries:
        cosines = [torch.cosine_similarity(ragged.reps[i, m], center, dim=0).item() for center in ragged.centers]
        s, s_bar = cosines[int(ragged.labels[i])], sum(cosines) / 5
        vanilla += (exp(s_bar) - exp(6 / 5 * s)) / 0.05 / len(entries)
        robust -= abs(exp(s_bar) - exp(s) + 0.3) / 0.07 / len(entries)
    assert vanilla_center_loss(own, mean, ragged.present, classes=5, scale=0.05).item() == pytest.approx(vanilla)
    assert robust_center_loss(own, mean, ragged.present, threshold=0.3, scale=0.07).item() == pytest.approx(robust)


# L_v was first noted as -1.935859; five scales of 0.01 to one of 0.05 make it -9.679396 / 5.
@pytest.mark.parametrize(
    ("scale_vanilla", "scale_robust", "threshold", "vanilla", "robust"),
    [(0.05, 0.05, 0.3, -1.935879, -11.397897), (0.01, 0.5, 0.2, -9.679396, -1.060792)],
)
def test_numbers_of_the_paper(
    scale_vanilla: float, scale_robust: float, threshold: float, vanilla: float, robust: float
) -> None:
    reps, present, labels, centers = VECTORS
    own, mean = center_cosines(reps, present, labels, centers=centers)
    expected = [-0.133387, 0.281504, -0.646747, 0.748599, -0.697335, -0.274805]
    assert center_gain(own, mean).T.flatten().tolist() == pytest.approx(expected, abs=1e-6)
    value = vanilla_center_loss(own, mean, present, classes=4, scale=scale_vanilla)
    assert value.item() == pytest.approx(vanilla, abs=1e-5)
    value = robust_center_loss(own, mean, present, threshold=threshold, scale=scale_robust)
    assert value.item() == pytest.approx(robust, abs=1e-5)
    assert multimodal_gap(reps, present, temperature=0.22).item() == pytest.approx(3.819893, abs=1e-5)
    assert multimodal_gap(reps, present, temperature=0.3).item() == pytest.approx(3.460321, abs=1e-5)
    value = representation_classification(VECTORS.logits, present, labels, scale=5.0)
    assert value.item() == pytest.approx(8.999794, abs=1e-5)


@on_ragged_batches
def test_gradient(ragged: Case) -> None:
    def everything(reps: torch.Tensor, centers: torch.Tensor) -> tuple[torch.Tensor, ...]:
        own, mean = center_cosines(reps, ragged.present, ragged.labels, centers=centers)
        return (
            vanilla_center_loss(own, mean, ragged.present, classes=5, scale=0.05),
            robust_center_loss(own, mean, ragged.present, threshold=0.3, scale=0.05),
            multimodal_gap(reps, ragged.present, temperature=0.22),
        )

    inputs = (ragged.reps.clone().requires_grad_(), ragged.centers.clone().requires_grad_())
    assert torch.autograd.gradcheck(everything, inputs)


def test_the_blend_goes_from_vanilla_to_robust() -> None:
    assert [blend(epoch, warm_up=5) for epoch in range(7)] == [0, 0.25, 0.5, 0.75, 1, 1, 1]
    assert blend(0, warm_up=1) == blend(0, warm_up=0) == 1.0
    method, index = build(), torch.arange(3)
    for epoch, center in ((0, -1.935879), (12, (-1.935879 - 11.397897) / 2), (24, -11.397897), (49, -11.397897)):
        terms = method(VECTORS.representations, VECTORS.labels, index, at(epoch))
        assert list(terms) == ["discriminative_center", "multimodal_gap", "representation_classification"]
        assert terms["discriminative_center"].item() == pytest.approx(center, abs=1e-5)
        assert terms["multimodal_gap"].item() == pytest.approx(3.819893, abs=1e-5)
        assert method.report()["blend"] == pytest.approx(min(epoch / 24, 1))


@pytest.mark.parametrize(("center_loss", "expected"), [("vanilla", -1.935879), ("robust", -11.397897)])
def test_the_ablation_keeps_one_center_loss(center_loss: str, expected: float) -> None:
    method = build(center_loss=center_loss, weight_gap=0.0, weight_classification=0.0)
    terms = method(VECTORS.representations, VECTORS.labels, torch.arange(3), at(12))
    assert list(terms) == ["discriminative_center"]
    assert terms["discriminative_center"].item() == pytest.approx(expected, abs=1e-5)


def test_each_term_can_be_switched_off() -> None:
    for off, name in (
        ("weight_center", "discriminative_center"),
        ("weight_gap", "multimodal_gap"),
        ("weight_classification", "representation_classification"),
    ):
        method = build(**{off: 0.0})
        terms = method(VECTORS.representations, VECTORS.labels, torch.arange(3), PROGRESS)
        assert len(terms) == 2
        assert name not in terms


def test_verdicts_are_the_sign_of_the_margin() -> None:
    """Mean g of the objects: .307606, -.207916, -.460776 (from the numbers of the paper)."""
    method = build(threshold=-0.3)
    method(VECTORS.representations, VECTORS.labels, torch.tensor([7, 3, 9]), PROGRESS)
    verdicts = method.verdicts()
    assert verdicts is not None
    assert verdicts.index.tolist() == [7, 3, 9]
    assert verdicts.clean.tolist() == [True, True, False]
    assert verdicts.score.tolist() == pytest.approx([0.607606, 0.0920845, -0.160776], abs=1e-6)
    assert verdicts.corrected is None
    assert method.report()["believed_clean"] == pytest.approx(2 / 3)


def test_presets_hold_every_constant() -> None:
    names = ["weight_center", "weight_gap", "weight_classification", "warm_up", "threshold", "scale_vanilla"]
    names += ["scale_robust", "temperature", "scale_classification", "center_optimizer", "center_lr", "center_lr_step"]
    mnist, modelnet = build("rono_mnist"), build("rono_modelnet")
    assert [getattr(mnist, name) for name in names] == [1, 1, 1, 25, 0.3, 0.05, 0.05, 0.22, 5, "adam", 1e-4, 600]
    assert [getattr(modelnet, name) for name in names] == [1, 0.3, 0.1, 20, 0.2, 0.01, 0.5, 0.3, 20, "sgd", 1e-3, 3500]


def test_centers_have_their_own_optimiser_and_decay() -> None:
    head, centers = build("rono_modelnet").param_groups(0.5)
    assert (head.name, head.lr, head.optimizer, head.lr_step) == ("head", 1e-3, None, None)
    assert (centers.name, centers.lr, centers.optimizer) == ("centers", 1e-3, "sgd")
    assert (centers.momentum, centers.weight_decay, centers.lr_step, centers.lr_factor) == (0.0, 0.0, 3500, 0.1)
    assert build(head_lr=None).param_groups(0.5)[0].lr == 0.5


def test_what_cannot_work_is_refused() -> None:
    with pytest.raises(ConfigError, match="center_loss is 'both'"):
        build(center_loss="both")
    with pytest.raises(ConfigError, match="scale_vanilla is"):
        build(scale_vanilla=0.0)
