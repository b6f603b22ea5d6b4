"""Neighbours and a linear map vote, found once however often they are asked; labels of one class are followed to α."""

from __future__ import annotations

import pytest
import torch

import maquette.methods.voters as voters_module
from maquette.methods.neighbours import nearest, spaces_of
from maquette.methods.ridge import ridge_votes
from maquette.methods.voters import Voters, class_agreement
from tests.methods.consensus_cases import clusters, flip


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many neighbours each search was for."""
    counts: list[int] = []

    def counted(*space: torch.Tensor, count: int) -> tuple[torch.Tensor, torch.Tensor]:
        counts.append(count)
        return nearest(*space, count=count)

    monkeypatch.setattr(voters_module, "nearest", counted)
    return counts


def _cases() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    reps, truth = clusters()
    present = torch.rand(400, 2, generator=torch.Generator().manual_seed(3)) < 0.8
    return reps, present, flip(truth, 0.4)


@pytest.mark.parametrize("apart", [False, True])
def test_votes_are_shares_of_given_labels_by_neighbours_then_by_the_map(apart: bool) -> None:
    reps, present, labels = _cases()
    voted = Voters(reps, present, labels, classes=4, apart=apart).votes(7)
    spaces, given = spaces_of(reps, present, apart=apart), torch.eye(4)[labels]
    assert len(voted) == 2 * len(spaces) == (6 if apart else 2)
    for place, space in enumerate(spaces):
        rows, near = nearest(*space, count=7)
        for (told, shares), wanted in (
            (voted[place], (rows, given[near].mean(dim=1))),
            (voted[len(spaces) + place], ridge_votes(*space, given)),
        ):
            assert told.tolist() == wanted[0].tolist()
            torch.testing.assert_close(shares, wanted[1])
    assert len(Voters(reps, present, labels, classes=4, apart=apart, linear=False).votes(7)) == len(spaces)


def test_neighbours_are_looked_for_once_unless_more_are_asked_than_were_found(searches: list[int]) -> None:
    reps, present, labels = _cases()
    spared = Voters(reps, present, labels, classes=4, again=True)
    for count in (20, 50, 12):
        found = spared.votes(count)
        alone = Voters(reps, present, labels, classes=4).votes(count)
        for told, wanted in zip(found, alone, strict=True):
            torch.testing.assert_close(told, wanted, rtol=0, atol=0)
    assert [count for count in searches if count not in (50, 12)] == [60, 20], "one for all three, one of the second"
    searches.clear()
    once = Voters(reps, present, labels, classes=4)
    once.votes(20), once.votes(12), once.votes(30)
    assert searches == [20, 30]


def test_alike_is_of_each_modality_and_of_all_whoever_votes(searches: list[int]) -> None:
    reps, present, labels = _cases()
    found = [nearest(*space, count=8) for space in spaces_of(reps, present, apart=True)]
    wanted = class_agreement(found, labels)
    for apart in (False, True):
        voters = Voters(reps, present, labels, classes=4, apart=apart)
        voters.votes(20)
        searches.clear()
        assert voters.alike == pytest.approx(wanted)
        assert voters.alike == pytest.approx(wanted)
        assert len(searches) == (0 if apart else 2), "what was found is not looked for again"


def test_the_agreement_of_labels_is_followed_to_distance_zero_by_hand() -> None:
    # a_k = 0.6 - 0.1 log k, so that α = 0.6 + 4 · 0.1; where labels agree equally often at any distance it is a_1.
    count = 1_000_000
    labels = torch.cat([torch.zeros(count, dtype=torch.int64), torch.ones(1, dtype=torch.int64)])
    rows = torch.arange(count)

    def found(slope: float) -> float:
        """The middle of the interval; of a million objects it is narrow."""
        agreeing = (count * (0.6 - slope * torch.arange(1, 9).log())).round()
        near = torch.where(rows.unsqueeze(1) < agreeing, 0, count)
        low, high = class_agreement([(rows, near)], labels)
        assert high - low < 0.01
        return (low + high) / 2

    assert found(0.1) == pytest.approx(1.0, abs=5e-3)
    assert found(0.05) == pytest.approx(0.8, abs=5e-3)
    assert found(0.0) == pytest.approx(0.6, abs=5e-3)
    assert found(0.15) == 1.0, "it is a probability"
    assert class_agreement([(rows, torch.zeros(count, 1, dtype=torch.int64))], labels) == (1.0, 1.0)
    few = class_agreement([(rows[:100], torch.where(rows[:100, None] < 50, 0, count).expand(-1, 8))], labels)
    assert few == pytest.approx((0.5 - 0.5 / 10, 0.5 + 0.5 / 10)), "an error of half over the root of a hundred"
    assert class_agreement([(rows, torch.zeros(count, 0, dtype=torch.int64))], labels) == (0.0, 1.0)
