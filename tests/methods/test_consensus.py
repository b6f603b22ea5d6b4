"""Targets move slowly, hard targets give RONO's terms, and the gap weighs more the less the targets say."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest
import torch
from torch.nn import functional as F

from maquette.errors import ConfigError
from maquette.losses import center_cosines, soft_supervised_contrast
from maquette.methods.agreement import Agreement, agree
from maquette.methods.consensus import Consensus, soft_center_loss
from maquette.methods.rono import vanilla_center_loss
from maquette.types import Progress, Representations
from tests.methods.consensus_cases import clusters, flip

NAMES = ("image", "pointcloud")


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


def _method(**options: object) -> Consensus:
    with torch.random.fork_rng():
        return Consensus(classes=4, dimensions=16, modalities=NAMES, **options)  # type: ignore[arg-type]  # options


def test_targets_are_a_moving_average_of_votes_and_voted_once_an_epoch() -> None:
    reps, truth = clusters()
    labels = flip(truth, 0.3)
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
    assert abs(float(method.noise_rate) - realised) < 0.06
    newest = voted(_method(every=2, momentum=0.0))[-1]
    torch.testing.assert_close(last[:, :4], 0.75 * first[:, :4] + 0.25 * newest[:, :4])
    torch.testing.assert_close(last[:, 4:], newest[:, 4:])

    other = _method()
    other.load_state_dict(method.state_dict())
    torch.testing.assert_close(other.get_extra_state(), last)
    index = torch.arange(40)
    here = Representations(reps[:40], torch.ones(40, 2, dtype=torch.bool), NAMES)
    terms = method(here, labels[:40], index, Progress(2, 10, 0, 4))
    assert list(terms) == ["soft_center", "semantic", "contrast", "multimodal_gap"]
    verdicts = method.verdicts()
    assert verdicts is not None
    assert verdicts.corrected is not None
    assert ((labels[:40] == truth[:40]) == verdicts.clean).float().mean() > 0.9
    assert (verdicts.corrected == truth[:40]).float().mean() > 0.9
    assert method.report() == {
        "believed_clean": pytest.approx(float(verdicts.clean.float().mean())),
        "estimated_rate": pytest.approx(realised, abs=0.06),
    }


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({}, [0, 3, 6, 9, 14, 21, 32, 48]),
        ({"growth": 0.0}, list(range(0, 60, 3))),
        ({"every": 10, "growth": 1.0}, [0, 10, 20, 40]),
        ({"votes": False}, []),
    ],
)
def test_votes_become_rarer(options: dict[str, object], wanted: list[int]) -> None:
    reps, labels = torch.eye(4, 16).repeat(3, 1).unsqueeze(1).expand(-1, 2, -1), torch.arange(4).repeat(3)
    method, voted = _method(**options), []

    def scan() -> tuple[Representations, torch.Tensor]:
        voted.append(epoch)
        return Representations(reps, torch.ones(12, 2, dtype=torch.bool), NAMES), labels

    for epoch in range(60):
        method.begin_epoch(scan, Progress(epoch, 60, 0, 4))
    assert voted == wanted


def test_predictions_vote_on_targets_alone_and_after_the_first_vote() -> None:
    reps, truth = clusters()
    labels = flip(truth, 0.4)

    def voted(*, predictions: bool, turn: int) -> list[torch.Tensor]:
        method, states = _method(every=1, momentum=0.0, predictions=predictions), []
        with torch.no_grad():
            # Centers of other classes than the objects around them are, if `turn`.
            method.centers.copy_(torch.eye(4, 16).roll(turn, dims=0))
        for epoch in range(2):
            method.begin_epoch(
                lambda: (Representations(reps, torch.ones(400, 2, dtype=torch.bool), NAMES), labels),
                Progress(epoch, 10, 0, 4),
            )
            states.append(method.get_extra_state())
        return states

    def right(state: torch.Tensor) -> float:
        return float(state[:, :4].gather(1, truth.unsqueeze(1)).mean())

    without, same, other = (
        voted(predictions=False, turn=0),
        voted(predictions=True, turn=0),
        voted(predictions=True, turn=1),
    )
    torch.testing.assert_close(same[0], without[0], rtol=0, atol=0)
    torch.testing.assert_close(other[0], without[0], rtol=0, atol=0)
    # A verdict is by those who have not seen the object's own label.
    torch.testing.assert_close(same[1][:, 4:], without[1][:, 4:])
    torch.testing.assert_close(other[1][:, 4:], without[1][:, 4:])
    assert right(other[1]) < right(without[1]) - 0.02
    assert right(same[1]) > right(other[1]) + 0.02


def test_later_votes_are_held_to_what_the_first_found(monkeypatch: pytest.MonkeyPatch) -> None:
    reps, truth = clusters()
    labels, spread = flip(truth, 0.3), torch.randn(reps.shape, generator=torch.Generator().manual_seed(9))
    asked: list[tuple[float, float] | None] = []
    found: list[Agreement] = []

    def noted(*arguments: Any, alike: tuple[float, float] | None, **options: Any) -> Agreement:
        asked.append(alike)
        found.append(agree(*arguments, alike=alike, **options))
        return found[-1]

    monkeypatch.setattr("maquette.methods.consensus.agree", noted)
    method = _method()
    for epoch in (0, 3, 6):
        scanned = Representations(reps + 0.1 * epoch * spread, torch.ones(400, 2, dtype=torch.bool), NAMES), labels
        method.begin_epoch(Mock(return_value=scanned), Progress(epoch, 10, 0, 4))
    assert asked[:2] == [None, None] and found[0].alike == found[1].alike, "of the first vote both turns ask the labels"
    assert len(asked) == 4
    for interval in asked[2:]:
        assert interval == pytest.approx((found[1].agreement, found[1].agreement))


@pytest.mark.parametrize("share", [0.0, 0.6])
def test_the_gap_weighs_more_the_less_the_targets_say(share: float) -> None:
    reps, truth = clusters()
    labels, present = flip(truth, share), torch.ones(400, 2, dtype=torch.bool)
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


def test_the_contrast_weighs_less_the_more_given_labels_come_back() -> None:
    reps, truth = clusters()
    labels, present = flip(truth, 0.6), torch.ones(400, 2, dtype=torch.bool)
    here = Representations(reps[:40], present[:40], NAMES)

    def contrast(neighbours: int) -> tuple[float, float]:
        """The term, in units of its weight, and g."""
        method = _method(neighbours=neighbours, weight_contrast=3.0)
        method.begin_epoch(lambda: (Representations(reps, present, NAMES), labels), Progress(0, 10, 0, 4))
        terms = method(here, labels[:40], torch.arange(40), Progress(0, 10, 0, 4))
        targets = method.get_extra_state()[:40, :4]
        whole = soft_supervised_contrast(here.values, here.present, targets, temperature=0.1)
        return float(terms.get("contrast", 0.0) / whole) / 3, float(method.returned)

    narrow, middle, wide = contrast(20), contrast(60), contrast(100)
    assert narrow[1] < 0.06 < 0.3 < middle[1] < 1 < wide[1]
    for share, returned in (narrow, middle, wide):
        assert share == pytest.approx(max(1 - returned, 0), rel=1e-4)


def test_before_any_vote_the_given_labels_count() -> None:
    method = _method()
    reps, truth = clusters(12)
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
    reps, truth = clusters(40)
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
        ({"growth": -1.0}, "growth is -1"),
        ({"temperature": 0.0}, "temperature"),
    ],
)
def test_impossible_options(option: dict[str, float], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        _method(**option)
