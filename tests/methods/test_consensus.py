"""Neighbours outvote wrong labels, targets move slowly, and hard targets give RONO's terms."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from maquette.errors import ConfigError
from maquette.losses import center_cosines
from maquette.methods.consensus import Agreement, Consensus, agree, neighbours_for, sharpnesses_for, soft_center_loss
from maquette.methods.rono import vanilla_center_loss
from maquette.types import Progress, Representations

NAMES = ("image", "pointcloud")


def _clusters(objects: int = 400, classes: int = 4, *, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Representations around one direction a class, and the classes."""
    generator = torch.Generator().manual_seed(seed)
    truth = torch.arange(objects) % classes
    middles = 3 * torch.eye(classes, 16)[:, None]
    return middles[truth] + 0.9 * torch.randn(objects, 2, 16, generator=generator), truth


def _flip(truth: torch.Tensor, rate: float, classes: int = 4, *, seed: int = 1) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    wrong = torch.rand(len(truth), generator=generator) < rate
    other = (truth + torch.randint(1, classes, truth.shape, generator=generator)) % classes
    return torch.where(wrong, other, truth)


def _agree(reps: torch.Tensor, present: torch.Tensor, labels: torch.Tensor) -> Agreement:
    return agree(reps, present, labels, classes=4, neighbours=20, sharpnesses=[1.25])


@pytest.mark.parametrize(("rate", "right"), [(0.0, 0.99), (0.2, 0.98), (0.4, 0.97), (0.6, 0.92)])
def test_wrong_labels_are_outvoted_and_the_rate_is_estimated(rate: float, right: float) -> None:
    reps, truth = _clusters()
    labels = _flip(truth, rate)
    _, posterior, transition = _agree(reps, torch.ones(400, 2, dtype=torch.bool), labels)
    torch.testing.assert_close(posterior.sum(dim=1), torch.ones(400))
    assert (posterior.argmax(dim=1) == truth).float().mean() > right
    realised = float((labels != truth).float().mean())
    assert abs(float(1 - posterior[torch.arange(400), labels].mean()) - realised) < 0.03
    assert abs(float(1 - transition.diagonal().mean()) - realised) < 0.04


def test_asymmetric_noise_shows_in_the_transition_matrix() -> None:
    reps, truth = _clusters()
    wrong = (torch.rand(400, generator=torch.Generator().manual_seed(2)) < 0.4) & (truth == 0)
    labels = torch.where(wrong, 3, truth)
    _, posterior, transition = _agree(reps, torch.ones(400, 2, dtype=torch.bool), labels)
    # Twenty objects of even noise are added to the hundred of class 0, so that less than all of it is believed.
    assert 0.25 < transition[0, 3] < wrong[truth == 0].float().mean() < 0.4
    assert transition[0, 1:3].max() < 0.02
    assert transition[3, 3] > 0.95
    assert (posterior.argmax(dim=1) == truth).float().mean() > 0.97


def test_what_is_absent_neither_votes_nor_asks() -> None:
    reps, truth = _clusters()
    present = torch.rand(400, 2, generator=torch.Generator().manual_seed(3)) < 0.7
    present[:3] = False
    labels = _flip(truth, 0.3)
    posterior = _agree(reps, present, labels).posterior
    garbage = _agree(reps.masked_fill(~present.unsqueeze(2), torch.nan), present, labels).posterior
    torch.testing.assert_close(posterior, garbage)
    assert (posterior.argmax(dim=1) == truth)[present.any(dim=1)].float().mean() > 0.95
    assert posterior[:3].argmax(dim=1).tolist() == labels[:3].tolist(), "nothing but its given label speaks for it"


def test_hard_targets_give_the_center_loss_of_rono() -> None:
    generator = torch.Generator().manual_seed(4)
    reps = torch.randn(6, 2, 5, generator=generator, dtype=torch.float64)
    centers = torch.randn(3, 5, generator=generator, dtype=torch.float64)
    present = torch.rand(6, 2, generator=generator) < 0.8
    labels = torch.tensor([0, 1, 2, 0, 1, 2])
    cosines = F.normalize(reps, dim=2) @ F.normalize(centers, dim=1).T
    own, mean = center_cosines(reps, present, labels, centers=centers)
    torch.testing.assert_close(
        soft_center_loss(cosines, present, F.one_hot(labels, 3).double(), scale=0.05),
        vanilla_center_loss(own, mean, present, classes=3, scale=0.05),
    )


def test_the_soft_center_loss_by_hand() -> None:
    cosines, targets = torch.tensor([[[1.0, 0.0]]]), torch.tensor([[0.5, 0.5]])
    # s = 0.5, s̄ = 0.5, two classes: e^0.5 - e^0.75 = 1.648721 - 2.117000
    loss = soft_center_loss(cosines, torch.ones(1, 1, dtype=torch.bool), targets, scale=1.0)
    torch.testing.assert_close(loss, torch.tensor(-0.468279), atol=1e-5, rtol=0)


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
    present, labels = torch.ones(800, 2, dtype=torch.bool), _flip(truth, rate)

    def with_these(*sharpnesses: float) -> torch.Tensor:
        return agree(reps, present, labels, classes=4, neighbours=20, sharpnesses=sharpnesses).posterior

    choices = (0.7, 3.0)
    found, own, other = with_these(*choices), with_these(choices[taken]), with_these(choices[1 - taken])
    # Not the same to the bit: the turns before the last may have taken the other.
    assert (found - own).abs().max() < 0.01 < 0.2 < (found - other).abs().max()


def _method(**options: object) -> Consensus:
    with torch.random.fork_rng():
        return Consensus(classes=4, dimensions=16, modalities=NAMES, **options)  # type: ignore[arg-type]  # options


def test_targets_are_a_moving_average_of_votes_and_voted_once_an_epoch() -> None:
    reps, truth = _clusters()
    labels = _flip(truth, 0.3)
    asked: list[int] = []

    def scan() -> tuple[Representations, torch.Tensor]:
        asked.append(len(asked))
        shifted = reps + 0.3 * len(asked) * torch.randn(reps.shape, generator=torch.Generator().manual_seed(len(asked)))
        return Representations(shifted, torch.ones(400, 2, dtype=torch.bool), NAMES), labels

    def voted(method: Consensus) -> list[torch.Tensor]:
        asked.clear()
        states = []
        for epoch in (0, 0, 1, 2, 3):
            method.begin_epoch(scan, Progress(epoch, 10, 0, 4))
            states.append(method.get_extra_state())
        assert len(asked) == 2
        return states

    method = _method(every=2, momentum=0.75)
    first, last = voted(method)[0], method.get_extra_state()
    realised = float((labels != truth).float().mean())
    assert abs(float(method.noise_rate) - realised) < 0.05
    newest = voted(_method(every=2, momentum=0.0))[-1]
    torch.testing.assert_close(last[:, :4], 0.75 * first[:, :4] + 0.25 * newest[:, :4])
    torch.testing.assert_close(last[:, 4:], newest[:, 4:])

    other = _method()
    other.load_state_dict(method.state_dict())
    torch.testing.assert_close(other.get_extra_state(), last)
    index = torch.arange(40)
    here = Representations(reps[:40], torch.ones(40, 2, dtype=torch.bool), NAMES)
    terms = method(here, labels[:40], index, Progress(2, 10, 0, 4))
    assert list(terms) == ["soft_center", "semantic", "multimodal_gap"]
    verdicts = method.verdicts()
    assert verdicts is not None
    assert verdicts.corrected is not None
    assert ((labels[:40] == truth[:40]) == verdicts.clean).float().mean() > 0.9
    assert (verdicts.corrected == truth[:40]).float().mean() > 0.9


@pytest.mark.parametrize("share", [0.0, 0.6])
def test_the_gap_weighs_more_the_less_the_targets_say(share: float) -> None:
    reps, truth = _clusters()
    labels, present = _flip(truth, share), torch.ones(400, 2, dtype=torch.bool)
    here = Representations(reps[:40], present[:40], NAMES)

    def gap(gap_if_open: float) -> tuple[float, float]:
        method = _method(gap_if_open=gap_if_open)
        method.begin_epoch(lambda: (Representations(reps, present, NAMES), labels), Progress(0, 10, 0, 4))
        unsaid = 1 - method.get_extra_state()[:, :4].amax(dim=1).mean()
        terms = method(here, labels[:40], torch.arange(40), Progress(0, 10, 0, 4))
        return float(terms["multimodal_gap"]), float(unsaid * method.noise_rate / (1 - method.noise_rate))

    even, openness = gap(0.0)
    assert openness < 0.01 if share == 0 else openness > 0.05
    assert gap(3.0) == pytest.approx(((1 + 3 * openness) * even, openness), rel=1e-4)


def test_before_any_vote_the_given_labels_count() -> None:
    method = _method()
    reps, truth = _clusters(12)
    here = Representations(reps, torch.ones(12, 2, dtype=torch.bool), NAMES)
    terms = method(here, truth, torch.arange(12), Progress(0, 10, 0, 1))
    cosines = F.normalize(reps, dim=2) @ F.normalize(method.centers, dim=1).T
    torch.testing.assert_close(
        terms["soft_center"], soft_center_loss(cosines, here.present, F.one_hot(truth, 4).float(), scale=0.05)
    )
    torch.testing.assert_close(
        terms["semantic"], 10 * F.cross_entropy(cosines.flatten(0, 1) / 0.22, truth.repeat_interleave(2))
    )
    assert method.verdicts() is None


def test_predicts_the_class_of_the_nearest_center() -> None:
    method = _method()
    with torch.no_grad():
        method.centers.copy_(torch.eye(4, 16))
    reps, truth = _clusters(40)
    present = torch.ones(40, 2, dtype=torch.bool)
    present[0, 0], present[1] = False, False
    probabilities = method.predict(Representations(reps, present, NAMES))
    torch.testing.assert_close(probabilities.sum(dim=1), torch.ones(40).index_fill(0, torch.tensor([1]), 0.0))
    assert (probabilities.argmax(dim=1) == truth)[present.any(dim=1)].float().mean() > 0.9
    alone = (F.normalize(reps[0, 1], dim=0)[:4] / 0.22).softmax(dim=0)
    torch.testing.assert_close(probabilities[0], alone)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"momentum": 1.0}, "momentum is 1.0"),
        ({"neighbours": 0}, "neighbours 0"),
        ({"every": 0}, "every 0"),
        ({"temperature": 0.0}, "temperature"),
    ],
)
def test_impossible_options(option: dict[str, float], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        _method(**option)
