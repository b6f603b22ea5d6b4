from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from maquette.losses import instance_contrast
from maquette.methods.mvi import MVI, modal_invariance
from maquette.types import Representations
from tests.methods.method_cases import PROGRESS, VECTORS, Case, on_ragged_batches


def batch(views: int = 2) -> Representations:
    generator = torch.Generator().manual_seed(0)
    present = torch.tensor([[True, True, True], [True, False, True], [False, True, True], [True, True, False]])
    values = torch.randn(4, 3, 16, generator=generator)
    return Representations(
        values, present, ("image", "pointcloud", "mesh"), {"image": torch.randn(4, views, 16, generator=generator)}
    )


@on_ragged_batches
def test_modal_invariance_is_a_sum_over_pairs_of_their_own(ragged: Case) -> None:
    expected = 0.0
    for m in range(ragged.reps.shape[1]):
        for n in range(m + 1, ragged.reps.shape[1]):
            pair = torch.stack([ragged.reps[:, m], ragged.reps[:, n]], dim=1)
            both = torch.stack([ragged.present[:, m], ragged.present[:, n]], dim=1)
            expected += instance_contrast(pair, both, temperature=0.5).item()
    assert modal_invariance(ragged.reps, ragged.present, temperature=0.5).item() == pytest.approx(expected, abs=1e-12)


def test_numbers_of_the_papers() -> None:
    """For two modalities half of RONO's gap."""
    loss = modal_invariance(VECTORS.reps, VECTORS.present, temperature=0.22)
    assert loss.item() == pytest.approx(3.819893 / 2, abs=1e-5)


@on_ragged_batches
def test_gradient(ragged: Case) -> None:
    reps = ragged.reps.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda values: modal_invariance(values, ragged.present, temperature=0.5), (reps,))


def test_views_of_present_images_are_contrasted() -> None:
    method, reps = MVI(classes=4, dimensions=16, modalities=("image", "pointcloud", "mesh")), batch()
    terms = method(reps, torch.zeros(4, dtype=torch.long), torch.arange(4), PROGRESS)
    rows = reps.present[:, 0]
    expected = instance_contrast(reps.views["image"][rows], torch.ones(3, 2, dtype=torch.bool), temperature=0.5)
    torch.testing.assert_close(terms["view_invariance"], expected)


def test_one_view_leaves_nothing_to_compare() -> None:
    method = MVI(classes=4, dimensions=16, modalities=("image", "pointcloud", "mesh"))
    terms = method(batch(views=1), torch.zeros(4, dtype=torch.long), torch.arange(4), PROGRESS)
    assert terms["view_invariance"] == 0
    assert terms["modal_invariance"] > 0


def test_labels_do_not_matter() -> None:
    method, reps = MVI(classes=4, dimensions=16, modalities=("image", "pointcloud", "mesh")), batch()
    one = method(reps, torch.tensor([0, 1, 2, 3]), torch.arange(4), PROGRESS)
    other = method(reps, torch.tensor([3, 3, 0, 0]), torch.arange(4), PROGRESS)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_each_term_can_be_switched_off() -> None:
    for off, left in (("weight_modal", "view_invariance"), ("weight_view", "modal_invariance")):
        method = MVI(classes=4, dimensions=16, modalities=("image", "pointcloud", "mesh"), **{off: 0.0})
        assert list(method(replace(batch()), torch.zeros(4, dtype=torch.long), torch.arange(4), PROGRESS)) == [left]
