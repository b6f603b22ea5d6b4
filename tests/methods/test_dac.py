from __future__ import annotations

from math import exp, log
from typing import Any

import pytest
import torch
from torch import Tensor

from maquette.errors import ConfigError
from maquette.methods import METHODS
from maquette.methods.dac import DAC, classification_loss, instance_loss, joint_losses, semantic_loss
from maquette.types import Progress, Representations
from tests.methods.method_cases import VECTORS, Case, on_ragged_batches

OBJECTS, CLASSES, DIMENSIONS = 60, 3, 8


def at(epoch: int) -> Progress:
    return Progress(epoch=epoch, epochs=40, step=0, steps=4)


def build(name: str = "dac", /, **changes: Any) -> DAC:
    settings = {"warm_up": 2, "batch_size": 16, **changes}
    method = METHODS.build(name, classes=CLASSES, dimensions=DIMENSIONS, modalities=("image", "pointcloud"), **settings)
    assert isinstance(method, DAC)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in method.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) / parameter.shape[-1] ** 0.5)
    return method


def collection() -> tuple[Representations, Tensor, Tensor]:
    """Well separated classes, with one given label in four that is wrong; also which objects have a right one."""
    generator = torch.Generator().manual_seed(0)
    true = torch.arange(OBJECTS) % CLASSES
    directions = 4 * torch.eye(DIMENSIONS)[:CLASSES]
    values = directions[true].unsqueeze(1) + 0.1 * torch.randn(OBJECTS, 2, DIMENSIONS, generator=generator)
    present = torch.ones(OBJECTS, 2, dtype=torch.bool)
    present[::10, 1] = False
    right = torch.arange(OBJECTS) % 4 > 0
    return Representations(values, present, ("image", "pointcloud")), torch.where(right, true, (true + 1) % 3), right


def trained(**changes: Any) -> DAC:
    """After a warm-up long enough that the heads believe the majority."""
    method = build(**changes)
    reps, labels, _ = collection()
    optimizer = torch.optim.Adam(method.parameters(), lr=0.01)
    for _ in range(60):
        optimizer.zero_grad()
        terms = method(reps, labels, torch.arange(OBJECTS), at(0))
        torch.autograd.backward(torch.stack(list(terms.values())).sum())
        optimizer.step()
    return method


def rows_of(reps: Representations, rows: Tensor) -> Representations:
    return Representations(reps.values[rows], reps.present[rows], reps.modalities)


@on_ragged_batches
def test_losses_as_naive_loops(ragged: Case) -> None:
    reps, present, labels, centers = ragged
    objects, modalities, _ = reps.shape
    logits, joint = ragged.logits, ragged.logits.mean(dim=1)
    targets = torch.softmax(torch.arange(objects * 5, dtype=torch.float64).view(objects, 5).sin(), dim=1)

    def probabilities(values: Tensor) -> list[float]:
        exponentials = [exp(value) for value in values.tolist()]
        return [value / sum(exponentials) for value in exponentials]

    losses = joint_losses(logits, joint, present, labels=labels)
    classification = semantic = 0.0
    for i in range(objects):
        has = [m for m in range(modalities) if present[i, m]]
        expected = -log(probabilities(joint[i])[int(labels[i])])
        expected -= sum(log(probabilities(logits[i, m])[int(labels[i])]) for m in has) / max(len(has), 1)
        assert losses[i].item() == pytest.approx(expected, abs=1e-12)
        for m in has:
            soft = -sum(targets[i, k].item() * log(probabilities(logits[i, m])[k]) for k in range(5))
            classification += soft / modalities / int(present[:, m].sum())
            cosines = torch.cosine_similarity(reps[i, m].expand(5, -1), centers, dim=1)
            semantic -= log(probabilities(cosines / 0.22)[int(labels[i])]) / int(present.sum())
        if has:
            soft = -sum(targets[i, k].item() * log(probabilities(joint[i])[k]) for k in range(5))
            classification += soft / int(present.any(dim=1).sum())
    loss = classification_loss(logits, joint, present, targets=targets, balance=False)
    assert loss.item() == pytest.approx(classification, abs=1e-12)
    loss = semantic_loss(reps, present, labels, centers=centers, temperature=0.22)
    assert loss.item() == pytest.approx(semantic, abs=1e-12)


def test_numbers_of_the_paper() -> None:
    reps, present, labels, centers = VECTORS
    loss = semantic_loss(reps, present, labels, centers=centers, temperature=0.22)
    assert loss.item() == pytest.approx(2.826746, abs=1e-5)
    assert instance_loss(reps, present).item() == pytest.approx(3.149995, abs=1e-5)
    one_hot = torch.nn.functional.one_hot(labels, 4).double()
    # With the joint prediction equal to that of the images: ½ (CE sum + 2 CE of the images).
    loss = classification_loss(VECTORS.logits, VECTORS.logits[:, 0], present, targets=one_hot, balance=False)
    images = torch.nn.functional.cross_entropy(VECTORS.logits[:, 0], labels).item()
    assert loss.item() == pytest.approx(5.556930 / 2 + images, abs=1e-5)


@on_ragged_batches
def test_gradient(ragged: Case) -> None:
    targets = torch.full((len(ragged.reps), 5), 0.2, dtype=torch.float64)

    def everything(reps: Tensor, centers: Tensor) -> tuple[Tensor, ...]:
        logits = reps @ centers.T
        return (
            classification_loss(logits, logits.sum(dim=1), ragged.present, targets=targets, balance=True),
            semantic_loss(reps, ragged.present, ragged.labels, centers=centers, temperature=0.5),
            instance_loss(reps, ragged.present),
        )

    assert torch.autograd.gradcheck(everything, (ragged.reps.clone().requires_grad_(), ragged.centers.requires_grad_()))


def test_warm_up_has_the_three_losses_and_no_division() -> None:
    method, (reps, labels, _) = build(maximise_entropy=True), collection()
    assert method.begin_epoch(lambda: (reps, labels), at(0)) is None
    terms = method(reps, labels, torch.arange(OBJECTS), at(1))
    assert list(terms) == ["classification", "semantic", "instance", "entropy"]
    assert -3 * log(CLASSES) <= terms["entropy"].item() < 0
    semantic = semantic_loss(reps.values, reps.present, labels, centers=method.centers, temperature=0.22)
    torch.testing.assert_close(terms["semantic"], 10 * semantic)
    assert method.verdicts() is None
    assert method.report() == {}


def test_division_finds_the_wrong_labels_and_corrects_them() -> None:
    method, (reps, labels, right) = trained(), collection()
    plan = method.begin_epoch(lambda: (reps, labels), at(2))
    assert plan is not None
    found, corrected = torch.ones(OBJECTS, dtype=torch.bool), labels.clone()
    for epoch in (2, 3, 4):
        plan = method.begin_epoch(lambda: (reps, labels), at(epoch))
        assert plan is not None
        for rows in plan.batches:
            method(rows_of(reps, rows), labels[rows], rows, at(epoch))
            verdicts = method.verdicts()
            assert verdicts is not None
            assert verdicts.corrected is not None
            assert torch.equal(verdicts.clean, verdicts.score > 0.5)
            assert torch.equal(verdicts.corrected[verdicts.clean], labels[rows][verdicts.clean])
            found[rows], corrected[rows] = verdicts.clean, verdicts.corrected
    assert (found == right).float().mean() > 0.9
    assert (corrected == torch.arange(OBJECTS) % CLASSES).float().mean() > 0.9
    assert method.report()["believed_clean"] == pytest.approx(0.75, abs=0.1)


def test_targets_of_the_noisy_part_are_the_bank_before_the_update() -> None:
    """A bank of two epochs by hand: β ŷ + (1-β) p, read after the update in the first epoch and before it later."""
    method, (reps, labels, _) = trained(momentum=0.75), collection()
    rows = torch.arange(OBJECTS)
    method.begin_epoch(lambda: (reps, labels), at(2))
    probabilities = method.predict(reps).detach()
    once = 0.75 / CLASSES + 0.25 * probabilities
    terms = method(reps, labels, rows, at(2))
    torch.testing.assert_close(method.get_extra_state()[:, :-1], once)
    clean = method.get_extra_state()[:, -1] > 0.5

    def expected(targets: Tensor) -> Tensor:
        logits = method.head(reps.values, reps.present)
        joint = method.joint_head((reps.values * reps.present.unsqueeze(2)).flatten(1))
        here = reps.present & ~clean.unsqueeze(1)
        return classification_loss(logits, joint, here, targets=targets, balance=True)

    torch.testing.assert_close(terms["noisy_classification"], expected(once))
    terms = method(reps, labels, rows, at(3))
    torch.testing.assert_close(terms["noisy_classification"], expected(once))
    torch.testing.assert_close(method.get_extra_state()[:, :-1], 0.75 * once + 0.25 * probabilities)
    method.eval()
    method(reps, labels, rows, at(3))
    torch.testing.assert_close(method.get_extra_state()[:, :-1], 0.75 * once + 0.25 * probabilities)


def test_both_parts_have_their_weights() -> None:
    method, (reps, labels, _) = trained(), collection()
    method.begin_epoch(lambda: (reps, labels), at(2))
    clean = method.get_extra_state()[:, -1] > 0.5
    terms = method(reps, labels, torch.arange(OBJECTS), at(2))
    names = ["classification", "semantic", "instance"]
    assert list(terms) == [f"{part}_{name}" for part in ("clean", "noisy") for name in names]
    trusted = instance_loss(reps.values[clean], reps.present[clean])
    doubted = instance_loss(reps.values[~clean], reps.present[~clean])
    torch.testing.assert_close(terms["clean_instance"], trusted)
    torch.testing.assert_close(terms["noisy_instance"], 10 * doubted)
    off = trained(weight_noisy=0.0)
    off.begin_epoch(lambda: (reps, labels), at(2))
    assert all(name.startswith("clean") for name in off(reps, labels, torch.arange(OBJECTS), at(2)))


def test_the_order_of_a_divided_batch_does_not_matter() -> None:
    method, (reps, labels, _) = trained(), collection()
    method.begin_epoch(lambda: (reps, labels), at(2))
    method.eval()
    order = torch.randperm(OBJECTS, generator=torch.Generator().manual_seed(3))
    expected = method(reps, labels, torch.arange(OBJECTS), at(3))
    torch.testing.assert_close(method(rows_of(reps, order), labels[order], order, at(3)), expected)


def test_divides_when_it_is_time_and_once_an_epoch() -> None:
    method, (reps, labels, _) = build(), collection()
    scanned = []

    def scan() -> tuple[Representations, Tensor]:
        scanned.append(epoch)
        return reps, labels

    for epoch in range(45):
        method.begin_epoch(scan, at(epoch))
        method.begin_epoch(scan, at(epoch))
    assert scanned == [*range(2, 19), 20, 40]


def test_resumes_in_the_middle_of_an_epoch_with_the_same_batches() -> None:
    method, (reps, labels, _) = trained(), collection()
    plan = method.begin_epoch(lambda: (reps, labels), at(2))
    assert plan is not None
    method(rows_of(reps, plan.batches[0]), labels[plan.batches[0]], plan.batches[0], at(2))
    state = {name: value.clone() for name, value in method.state_dict().items()}
    again = build()
    again.load_state_dict(state)
    resumed = again.begin_epoch(lambda: pytest.fail("was divided already"), at(2))
    assert resumed is not None
    assert all(torch.equal(one, other) for one, other in zip(plan.batches, resumed.batches, strict=True))
    rows = plan.batches[1]
    one, other = (m(rows_of(reps, rows), labels[rows], rows, at(2)) for m in (method, again))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_presets() -> None:
    script = METHODS.build("dac", classes=3, dimensions=4, modalities=("image", "pointcloud"))
    defaults = METHODS.build("dac_defaults", classes=3, dimensions=4, modalities=("image", "pointcloud"))
    assert isinstance(script, DAC)
    assert isinstance(defaults, DAC)
    assert (script.warm_up, script.temperature, script.clean_weights, script.noisy_weights) == (
        4,
        0.22,
        (1, 10, 1),
        (1, 1, 10),
    )
    assert (defaults.warm_up, defaults.temperature, defaults.clean_weights) == (10, 0.07, (0.1, 1, 0.1))
    assert (script.momentum, script.batch_size) == (0.9, 128)
    heads, centers = script.param_groups(1e-3)
    assert (heads.weight_decay, centers.weight_decay, centers.lr) == (None, 0.0, 1e-3)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"clean_weights": (1.0, 2.0)}, "expected three"),
        ({"noisy_weights": (1.0, -2.0, 1.0)}, "at least 0"),
        ({"batch_size": 2}, "batch_size is 2"),
        ({"momentum": 1.0}, "momentum is"),
        ({"temperature": 0.0}, "temperature is"),
    ],
)
def test_what_cannot_work_is_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        build("dac", **changes)
