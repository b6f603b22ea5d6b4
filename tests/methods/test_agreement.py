"""Neighbours outvote wrong labels, hard objects are told from them, and the rate is estimated."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from maquette.methods.agreement import (
    Agreement,
    agree,
    agreement_of,
    neighbours_for,
    sharpnesses_for,
    with_residual,
)
from maquette.methods.neighbours import noise_rate
from maquette.methods.voters import Voters
from tests.methods.consensus_cases import clusters, flip


def _agree(reps: torch.Tensor, present: torch.Tensor, labels: torch.Tensor) -> Agreement:
    return agree(Voters(reps, present, labels, classes=4), neighbours=20, sharpnesses=[1.25])


@pytest.mark.parametrize(
    ("rate", "apart", "right"),
    [
        (0.0, False, 0.99),
        (0.2, False, 0.97),
        (0.4, False, 0.97),
        (0.6, False, 0.9),
        (0.4, True, 0.97),
        (0.6, True, 0.95),
    ],
)
def test_wrong_labels_are_outvoted_and_the_rate_is_estimated(rate: float, apart: bool, right: float) -> None:
    reps, truth = clusters()
    labels, present = flip(truth, rate), torch.ones(400, 2, dtype=torch.bool)
    _, posterior, transition, *_ = agree(
        Voters(reps, present, labels, classes=4, apart=apart), neighbours=20, sharpnesses=[1.25]
    )
    torch.testing.assert_close(posterior.sum(dim=1), torch.ones(400))
    assert (posterior.argmax(dim=1) == truth).float().mean() > right
    realised = float((labels != truth).float().mean())
    assert abs(float(1 - posterior[torch.arange(400), labels].mean()) - realised) < 0.05
    assert abs(float(1 - transition.diagonal().mean()) - realised) < 0.08


def test_one_more_voter_counts_as_much_as_the_others_and_nothing_where_it_is_silent() -> None:
    reps, truth = clusters()
    labels, present = flip(truth, 0.4), torch.ones(400, 2, dtype=torch.bool)
    # Of every class the first ten lie where the next class lies: neighbours and a linear map are wrong together.
    moved = torch.cat([torch.nonzero(truth == c)[:10, 0] for c in range(4)])
    reps = reps.clone()
    reps[moved] = reps[torch.cat([torch.nonzero(truth == (c + 1) % 4)[-10:, 0] for c in range(4)])]
    said = torch.zeros(400, 4)

    def right(predicted: torch.Tensor | None) -> tuple[torch.Tensor, float]:
        targets = agree(
            Voters(reps, present, labels, classes=4),
            neighbours=20,
            sharpnesses=[1.25],
            predicted=predicted,
            residual=False,
        ).targets
        return targets, float((targets.argmax(dim=1) == truth)[moved].float().mean())

    silent, few = right(said)
    torch.testing.assert_close(silent, right(None)[0], rtol=0, atol=0)
    said[moved] = torch.nn.functional.one_hot(truth[moved], 4).float()
    assert few < 0.5 < right(said)[1]


def test_asymmetric_noise_shows_in_the_transition_matrix() -> None:
    reps, truth = clusters()
    wrong = (torch.rand(400, generator=torch.Generator().manual_seed(2)) < 0.4) & (truth == 0)
    labels = torch.where(wrong, 3, truth)
    _, posterior, transition, *_ = _agree(reps, torch.ones(400, 2, dtype=torch.bool), labels)
    # Five objects of even noise are added to the hundred of class 0, so that less than all of it is believed.
    assert 0.25 < transition[0, 3] < wrong[truth == 0].float().mean() < 0.4
    assert transition[0, 1:3].max() < 0.02
    assert transition[3, 3] > 0.95
    assert (posterior.argmax(dim=1) == truth).float().mean() > 0.97


def test_what_is_absent_neither_votes_nor_asks() -> None:
    reps, truth = clusters()
    present = torch.rand(400, 2, generator=torch.Generator().manual_seed(3)) < 0.7
    present[:3] = False
    labels = flip(truth, 0.3)
    posterior = _agree(reps, present, labels).posterior
    garbage = _agree(reps.masked_fill(~present.unsqueeze(2), torch.nan), present, labels).posterior
    torch.testing.assert_close(posterior, garbage)
    assert (posterior.argmax(dim=1) == truth)[present.any(dim=1)].float().mean() > 0.95
    assert posterior[:3].argmax(dim=1).tolist() == labels[:3].tolist(), "nothing but its given label speaks for it"


def test_more_noise_asks_more_neighbours_within_bounds() -> None:
    asked = [neighbours_for(rate, objects=4000, classes=40) for rate in (0.0, 0.5, 0.8, 1.0)]
    assert asked == [10, 20, 50, 100]
    assert neighbours_for(0.0, objects=40, classes=40) == 8


def test_larger_classes_may_be_surer() -> None:
    assert [sharpnesses_for(objects=size, classes=1)[-1] for size in (1, 64, 256)] == [1.0, 1.0, 2.0]
    assert all(sharpnesses_for(objects=size, classes=1)[0] == 1.0 for size in (1, 64, 256))


@pytest.mark.parametrize(("rate", "alone", "taken"), [(0.0, False, 0), (0.6, True, 1)])
def test_the_sharpness_is_taken_that_explains_the_given_labels(rate: float, alone: bool, taken: int) -> None:
    # Where modalities err together, neighbours are as sure as they should be; where each errs alone and labels are
    # wrong, they may be surer.
    generator = torch.Generator().manual_seed(5)
    truth = torch.arange(800) % 4
    errors = 0.6 * torch.randn(800, 2 if alone else 1, 6, generator=generator)
    reps = 1.3 * torch.eye(4, 6)[truth][:, None] + errors.expand(800, 2, 6)
    present, labels = torch.ones(800, 2, dtype=torch.bool), flip(truth, rate)

    def with_these(*sharpnesses: float) -> torch.Tensor:
        agreed = agree(
            Voters(reps, present, labels, classes=4, apart=True, linear=False), neighbours=20, sharpnesses=sharpnesses
        )
        return agreed.posterior

    choices = (0.7, 3.0)
    found, own, other = with_these(*choices), with_these(choices[taken]), with_these(choices[1 - taken])
    # Not the same to the bit: the turns before the last may have taken the other.
    assert (found - own).abs().max() < 0.01 < 0.2 < (found - other).abs().max()


def test_priors_are_opened_until_labels_agree_as_they_are_known_to() -> None:
    # Every object strays from its class by a scale of its own: many lie among those of others. No label is wrong.
    generator = torch.Generator().manual_seed(6)
    truth = torch.arange(800) % 20
    scales = 0.7 * torch.exp(torch.randn(800, 1, 1, generator=generator))
    middles, astray = (torch.randn(count, 1, 12, generator=generator) for count in (20, 800))
    reps = middles[truth] + scales * (astray + 0.3 * torch.randn(800, 2, 12, generator=generator))
    present = torch.ones(800, 2, dtype=torch.bool)
    voters = Voters(reps, present, truth, classes=20, linear=False)
    found = {low: agree(voters, neighbours=8, sharpnesses=[1.0], alike=(low, 1.0)) for low in (0.0, 0.9, 1.0)}
    sure, known, believed = found.values()
    assert float(sure.transition.square().sum(dim=1).mean()) < 0.8
    assert float(known.transition.square().sum(dim=1).mean()) == pytest.approx(0.9, abs=0.02)
    kept = [float((made.targets.argmax(dim=1) == truth).float().mean()) for made in (sure, known, believed)]
    assert kept[0] + 0.02 < kept[1] < kept[2], "hard objects keep labels that neighbours would override"
    apart = agree(voters, neighbours=8, sharpnesses=[1.0], alike=(1.0, 1.0), held=False)
    torch.testing.assert_close(apart.targets, sure.targets)


def test_priors_are_sharpened_until_exchanged_classes_are_told_from_mixed_ones() -> None:
    # Two labels of five of every even class are given as the next one, near which the class lies.
    generator = torch.Generator().manual_seed(7)
    truth = torch.arange(1200) % 10
    middles = torch.randn(10, 1, 12, generator=generator)
    middles[1::2] = middles[::2] + 0.8 * torch.randn(5, 1, 12, generator=generator)
    reps = middles[truth] + 0.9 * torch.randn(1200, 2, 12, generator=generator)
    wrong = (truth % 2 == 0) & (torch.rand(1200, generator=generator) < 0.4)
    labels, present = torch.where(wrong, truth + 1, truth), torch.ones(1200, 2, dtype=torch.bool)
    voters = Voters(reps, present, labels, classes=10, linear=False)
    true = (0.6**2 + 0.4**2 + 1) / 2
    open_, held = (agree(voters, neighbours=12, sharpnesses=[1.0], alike=(0.0, high)) for high in (1.0, true))
    assert true < held.agreement < open_.agreement - 0.04
    exchanged = [float(made.transition[::2, 1::2].diagonal().mean()) for made in (open_, held)]
    assert exchanged[0] + 0.05 < exchanged[1] < 0.4
    said = [made.posterior.gather(1, labels[:, None])[:, 0] < 0.5 for made in (open_, held)]
    recalls = [float((found & wrong).sum() / wrong.sum()) for found in said]
    assert recalls[0] < 0.6 < 0.7 < recalls[1], "labels that a habit explains are found"
    precisions = [float((found & wrong).sum() / found.sum()) for found in said]
    assert precisions[1] > precisions[0] - 0.05


def test_each_modality_votes_by_itself_only_when_asked() -> None:
    reps, truth = clusters()
    labels, present = flip(truth, 0.4), torch.ones(400, 2, dtype=torch.bool)

    def posterior(values: torch.Tensor, *, apart: bool) -> torch.Tensor:
        there = present[:, : values.shape[1]]
        return agree(Voters(values, there, labels, classes=4, apart=apart), neighbours=20, sharpnesses=[1.25]).posterior

    torch.testing.assert_close(posterior(reps[:, :1], apart=True), posterior(reps[:, :1], apart=False))
    assert (posterior(reps, apart=True) - posterior(reps, apart=False)).abs().max() > 0.1
    # What one object says twice is not said more surely.
    twice = reps[:, :1].expand(-1, 2, -1)
    torch.testing.assert_close(posterior(twice, apart=True), posterior(reps[:, :1], apart=False))


def test_what_is_known_of_the_labels_is_not_asked_again() -> None:
    reps, truth = clusters()
    labels, present = flip(truth, 0.3), torch.ones(400, 2, dtype=torch.bool)
    known = agree(Voters(reps, present, labels, classes=4), neighbours=20, sharpnesses=[1.0], alike=(1.0, 1.0))
    assert known.alike == (1.0, 1.0)
    assert known.transition.diagonal().mean() > 0.95, "priors are opened until labels are believed"


def test_what_targets_did_not_expect_comes_back_as_far_as_votes_reach() -> None:
    reps, truth = clusters()
    labels, present = flip(truth, 0.4), torch.ones(400, 2, dtype=torch.bool)

    def targets(neighbours: int, *, residual: bool) -> torch.Tensor:
        voters = Voters(reps, present, labels, classes=4)
        return agree(voters, neighbours=neighbours, sharpnesses=[1.25], residual=residual).targets

    wide, narrow = (targets(count, residual=True) - targets(count, residual=False) for count in (90, 20))
    torch.testing.assert_close(targets(90, residual=True).sum(dim=1), torch.ones(400))
    wrong = labels != truth
    came_back = wide.gather(1, labels[:, None])[wrong, 0]
    assert (came_back > 0.02).all() and came_back.mean() > 0.1, "of 100 objects of a class 90 are asked"
    assert narrow.abs().max() < 0.05, "a fifth of a class is asked, which counts squared"
    agreed = agree(Voters(reps, present, labels, classes=4), neighbours=90, sharpnesses=[1.25])
    assert agreed.returned == pytest.approx(2 * noise_rate(agreed.posterior, labels) * 0.9**2)
    assert (
        agree(Voters(reps, present, labels, classes=4), neighbours=9, sharpnesses=[1.0], residual=False).returned == 0
    )


def test_a_residual_by_hand() -> None:
    # Expected are (0.7, 0.2, 0.1) of class 0; given is 2, so that the surprise is (-0.7, -0.2, 0.9), half of it.
    transition = torch.tensor([[0.7, 0.2, 0.1], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    found = with_residual(torch.tensor([[1.0, 0.0, 0.0]]), torch.tensor([2]), transition, weight=0.5)
    torch.testing.assert_close(found, torch.tensor([[0.65, 0.0, 0.45]]) / 1.1)
    kept = with_residual(torch.tensor([[0.0, 1.0, 0.0]]), torch.tensor([1]), transition, weight=0.5)
    torch.testing.assert_close(kept, torch.tensor([[0.0, 1.0, 0.0]]))  # What was expected moves nothing.


def test_accidents_of_few_objects_are_taken_from_agreement() -> None:
    # Ten objects a class, labels drawn evenly: rows made of them alone agree with themselves more often than one in
    # twenty, which is all that two objects of a class have in common.
    rng = np.random.default_rng(8)
    drawn = torch.from_numpy(rng.multinomial(10, np.full(20, 1 / 20), size=20) / 10)
    labels = torch.arange(200) % 20
    assert float(drawn.square().sum(dim=1).mean()) > 0.1
    assert agreement_of(drawn, labels, added=0.0) == pytest.approx(1 / 20, abs=0.02)
    # With as many even objects as real ones a quarter of the accident is left.
    mixed = (drawn + 1 / 20) / 2
    assert agreement_of(mixed, labels, added=10.0) == pytest.approx(1 / 20, abs=0.01)
    many = torch.arange(20_000) % 20
    assert agreement_of(torch.eye(20), many, added=0.0) == 1.0
    assert agreement_of(drawn, many, added=0.0) == pytest.approx(float(drawn.square().sum(dim=1).mean()), abs=2e-3)
