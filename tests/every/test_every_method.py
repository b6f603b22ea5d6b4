"""What every registered method must keep, whatever its paper says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from maquette.methods import METHODS, Method
from maquette.types import Progress, Representations

MODALITIES = ("image", "pointcloud", "mesh")
CLASSES, DIMENSIONS, OBJECTS, VIEWS = 4, 32, 12, 2
# A clock late enough that every warm-up is half over, and early enough that it is not whole.
CLOCKS = [Progress(epoch=epoch, epochs=40, step=0, steps=3) for epoch in (0, 3, 30)]
# Methods that join the modalities in a fixed order, so that swapping them is not the same thing.
ORDERED = {"dac", "dac_defaults"}

every_method = pytest.mark.parametrize("name", METHODS.names())
every_clock = pytest.mark.parametrize("progress", CLOCKS, ids=lambda clock: f"epoch{clock.epoch}")


def build(
    name: str, modalities: tuple[str, ...] = MODALITIES, *, classes: int = CLASSES, dimensions: int = DIMENSIONS
) -> Method:
    """The method with parameters that are the same on every call."""
    with torch.random.fork_rng():
        method = METHODS.build(name, classes=classes, dimensions=dimensions, modalities=modalities)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in method.parameters():
            parameter.copy_(0.3 * torch.randn(parameter.shape, generator=generator))
    return method.double()


def batch(objects: int = OBJECTS, holes: bool = True, seed: int = 0) -> tuple[Representations, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    present = torch.rand(objects, len(MODALITIES), generator=generator) < (0.7 if holes else 2.0)
    values = torch.randn(objects, len(MODALITIES), DIMENSIONS, generator=generator, dtype=torch.float64).abs()
    views = torch.randn(objects, VIEWS, DIMENSIONS, generator=generator, dtype=torch.float64)
    reps = Representations(values * present.unsqueeze(2), present, MODALITIES, {"image": views * present[:, :1, None]})
    return reps, torch.arange(objects) % CLASSES, torch.arange(objects)


def select(reps: Representations, rows: Tensor) -> Representations:
    views = {name: values[rows] for name, values in reps.views.items()}
    return replace(reps, values=reps.values[rows], present=reps.present[rows], views=views)


def assert_same_terms(terms: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    assert list(terms) == list(expected)
    for name, term in terms.items():
        torch.testing.assert_close(term, expected[name])


@every_method
@every_clock
def test_terms_are_finite_scalars_and_reach_every_parameter(name: str, progress: Progress) -> None:
    method = build(name)
    reps, labels, index = batch()
    values = reps.values.clone().requires_grad_()
    terms = method(replace(reps, values=values), labels, index, progress)
    assert terms, "an objective needs terms"
    assert all(term.shape == () and torch.isfinite(term) for term in terms.values())
    torch.autograd.backward(torch.stack(list(terms.values())).sum())
    assert values.grad is not None
    assert torch.isfinite(values.grad).all()
    assert (values.grad.abs().sum(dim=2) > 0)[reps.present].all(), "every present representation learns"
    assert (values.grad[~reps.present] == 0).all()
    for parameter_name, parameter in method.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None, parameter_name
            assert torch.isfinite(parameter.grad).all(), parameter_name
            assert parameter.grad.abs().sum() > 0, parameter_name


@every_method
@every_clock
def test_the_order_of_the_batch_does_not_matter(name: str, progress: Progress) -> None:
    reps, labels, index = batch()
    expected = build(name)(reps, labels, index, progress)
    order = torch.randperm(OBJECTS, generator=torch.Generator().manual_seed(1))
    assert_same_terms(build(name)(select(reps, order), labels[order], index[order], progress), expected)


@pytest.mark.parametrize("name", sorted(set(METHODS.names()) - ORDERED))
@every_clock
def test_the_order_of_the_modalities_does_not_matter(name: str, progress: Progress) -> None:
    reps, labels, index = batch()
    order = [2, 0, 1]
    names = tuple(MODALITIES[m] for m in order)
    turned = replace(reps, values=reps.values[:, order], present=reps.present[:, order], modalities=names)
    expected = build(name)(reps, labels, index, progress)
    assert_same_terms(build(name)(turned, labels, index, progress), expected)


@every_method
@every_clock
@pytest.mark.parametrize("garbage", [1e6, float("nan")])
def test_what_is_absent_never_matters(name: str, progress: Progress, garbage: float) -> None:
    reps, labels, index = batch()
    clean, dirty = build(name), build(name)
    expected = clean(reps, labels, index, progress)
    views = {"image": reps.views["image"].masked_fill(~reps.present[:, :1, None], garbage)}
    values = reps.values.masked_fill(~reps.present.unsqueeze(2), garbage)
    terms = dirty(replace(reps, values=values, views=views), labels, index, progress)
    assert_same_terms(terms, expected)
    for method, these in ((clean, expected), (dirty, terms)):
        if any(parameter.requires_grad for parameter in method.parameters()):
            torch.autograd.backward(torch.stack(list(these.values())).sum())
    for one, other in zip(clean.parameters(), dirty.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad)


@every_method
@every_clock
@pytest.mark.parametrize("present", [(True, True, True), (True, True, False), (False, True, False)])
def test_one_object_is_enough(name: str, progress: Progress, present: tuple[bool, ...]) -> None:
    reps, labels, index = batch(objects=1, holes=False)
    values = reps.values.clone().requires_grad_()
    alone = replace(reps, values=values, present=torch.tensor([present]))
    terms = build(name)(alone, labels, index, progress)
    assert all(torch.isfinite(term) for term in terms.values())
    total = torch.stack(list(terms.values())).sum()
    if total.requires_grad:
        (gradient,) = torch.autograd.grad(total, values)
        assert torch.isfinite(gradient).all()


@every_method
@every_clock
@pytest.mark.parametrize("modalities", [1, 2])
def test_any_number_of_modalities(name: str, progress: Progress, modalities: int) -> None:
    reps, labels, index = batch(holes=False)
    names = MODALITIES[:modalities]
    fewer = replace(reps, values=reps.values[:, :modalities], present=reps.present[:, :modalities], modalities=names)
    terms = build(name, names)(fewer, labels, index, progress)
    assert terms
    assert all(torch.isfinite(term) for term in terms.values())


@every_method
def test_every_parameter_is_in_one_group(name: str) -> None:
    method = build(name)
    groups = method.param_groups(0.1)
    grouped = [id(parameter) for group in groups for parameter in group.parameters]
    trainable = [id(parameter) for parameter in method.parameters() if parameter.requires_grad]
    assert sorted(grouped) == sorted(trainable)
    assert len({group.name for group in groups}) == len(groups)


@every_method
def test_nothing_is_drawn_after_construction(name: str) -> None:
    reps, labels, index = batch()
    state = torch.random.get_rng_state()
    method = build(name)
    for progress in CLOCKS:
        method(reps, labels, index, progress)
        method.before_step()
    assert torch.equal(torch.random.get_rng_state(), state)


@every_method
def test_state_survives_a_round_trip(name: str) -> None:
    """After two steps the state dictionary alone, all of it tensors, rebuilds the method."""
    reps, labels, index = batch()
    method = build(name)
    for progress in CLOCKS:
        method(reps, labels, index, progress)
        method.before_step()
    state = method.state_dict()
    assert all(isinstance(value, Tensor) for value in state.values())
    again = build(name)
    again.load_state_dict(state)
    assert_same_terms(again(reps, labels, index, CLOCKS[-1]), method(reps, labels, index, CLOCKS[-1]))


@every_method
def test_predictions_are_probabilities(name: str) -> None:
    reps, _, _ = batch()
    method = build(name).eval()
    probabilities = method.predict(reps)
    if probabilities is None:
        return
    assert probabilities.shape == (OBJECTS, CLASSES)
    has_any = reps.present.any(dim=1)
    torch.testing.assert_close(probabilities.sum(dim=1)[has_any], torch.ones_like(probabilities[has_any, 0]))
    assert (probabilities >= 0).all()


@pytest.mark.parametrize("name", [name for name in METHODS.names() if build(name).takes_modality_labels])
@every_clock
def test_a_label_a_modality_is_taken_where_it_is_said(name: str, progress: Progress) -> None:
    """Equal labels are one label; others belong to their modality, whatever its place."""
    method = build(name)
    reps, labels, index = batch()
    same = labels.unsqueeze(1).expand(-1, len(MODALITIES))
    one = method(reps, labels, index, progress)
    assert_same_terms(method(reps, same, index, progress), one)
    columns = torch.stack([(labels + place) % CLASSES for place in range(len(MODALITIES))], dim=1)
    several = method(reps, columns, index, progress)
    assert any(not torch.allclose(term, one[term_name]) for term_name, term in several.items())
    order = torch.tensor([2, 0, 1])
    turned = replace(
        reps,
        values=reps.values[:, order],
        present=reps.present[:, order],
        modalities=tuple(MODALITIES[place] for place in order),
    )
    assert_same_terms(method(turned, columns[:, order], index, progress), several)


@every_method
def test_reports_and_verdicts_fit_the_batch(name: str) -> None:
    reps, labels, index = batch()
    method = build(name)
    method(reps, labels, index, CLOCKS[-1])
    assert all(isinstance(value, float) and value == value for value in method.report().values())
    verdicts = method.verdicts()
    if verdicts is not None:
        assert torch.equal(verdicts.index, index)
        assert verdicts.clean.shape == verdicts.score.shape == labels.shape


@every_method
def test_memory_stays_below_objects_times_classes_times_dimensions(name: str) -> None:
    """No tensor that is built on the way is as large as (B, C, D)."""
    classes, dimensions, objects = 150, 32, 32
    method = build(name, classes=classes, dimensions=dimensions).float()
    reps = Representations(torch.rand(objects, 3, dimensions), torch.ones(objects, 3, dtype=torch.bool), MODALITIES)
    largest = 0

    class Watch(torch.overrides.TorchFunctionMode):
        def __torch_function__(
            self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
        ) -> Any:
            nonlocal largest
            result = func(*args, **(kwargs or {}))
            if isinstance(result, Tensor):
                largest = max(largest, result.numel())
            return result

    with Watch():
        method(reps, torch.arange(objects) % classes, torch.arange(objects), CLOCKS[-1])
    assert 0 < largest < objects * classes * dimensions
    assert largest <= max((3 * objects) ** 2, 3 * objects * max(classes, dimensions), classes * dimensions) * 1.5
