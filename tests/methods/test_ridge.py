"""What ridge regression expects of an object is what it does after being fitted to all others, one by one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge
from torch.nn import functional as F

from maquette.methods import ridge
from maquette.methods.ridge import ridge_votes
from tests.methods.consensus_cases import clusters, flip


def test_left_out_predictions_are_those_of_fits_without_the_object(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ridge, "_PENALTIES", (0.5,))
    generator = torch.Generator().manual_seed(0)
    unit = F.normalize(torch.randn(40, 6, generator=generator), dim=1)
    labels = torch.arange(40) % 3
    given = F.one_hot(labels, 3).float()
    rows, votes = ridge_votes(unit, torch.ones(40, dtype=torch.bool), given)
    assert rows.tolist() == list(range(40))
    for row in range(40):
        others = np.arange(40) != row
        model = Ridge(alpha=0.5).fit(unit.numpy()[others], given.numpy()[others])
        expected = np.maximum(model.predict(unit.numpy()[[row]])[0], 0)
        np.testing.assert_allclose(votes[row], expected / expected.sum(), atol=2e-4)


def test_the_penalty_is_taken_that_predicts_best(monkeypatch: pytest.MonkeyPatch) -> None:
    reps, truth = clusters()
    given = F.one_hot(flip(truth, 0.6), 4).float()
    unit, there = F.normalize(reps[:, 0], dim=1), torch.ones(400, dtype=torch.bool)

    def error(votes: torch.Tensor) -> float:
        return float((votes - given).square().sum())

    found = ridge_votes(unit, there, given)[1]
    errors = []
    for penalty in ridge._PENALTIES:
        monkeypatch.setattr(ridge, "_PENALTIES", (penalty,))
        errors.append(error(ridge_votes(unit, there, given)[1]))
    # Clamped shares are compared, the choice was by predictions before that.
    assert error(found) < min(errors) * 1.001 < max(errors)


def test_own_labels_are_not_seen_and_wrong_ones_are_outvoted() -> None:
    # As many dimensions as objects: a fit that had seen the labels would give them back.
    generator = torch.Generator().manual_seed(1)
    truth = torch.arange(300) % 4
    unit = F.normalize(4 * torch.eye(4, 300)[truth] + torch.randn(300, 300, generator=generator) / 4, dim=1)
    labels = flip(truth, 0.5)
    _, votes = ridge_votes(unit, torch.ones(300, dtype=torch.bool), F.one_hot(labels, 4).float())
    assert (votes.argmax(dim=1) == truth).float().mean() > 0.95
    wrong = labels != truth
    assert votes[wrong].gather(1, labels[wrong, None]).mean() < 0.4
    torch.testing.assert_close(votes.sum(dim=1), torch.ones(300))


def test_who_is_absent_neither_votes_nor_asks() -> None:
    reps, truth = clusters()
    unit, given = F.normalize(reps[:, 0], dim=1), F.one_hot(truth, 4).float()
    there = torch.arange(400) % 5 > 0
    rows, votes = ridge_votes(unit, there, given)
    assert rows.tolist() == [row for row in range(400) if row % 5]
    garbage = unit.clone()
    garbage[~there] = 100.0
    torch.testing.assert_close(ridge_votes(garbage, there, given)[1], votes)


def test_few_objects_and_those_that_are_all_the_same() -> None:
    unit, given = torch.eye(3), torch.eye(3)
    rows, votes = ridge_votes(unit, torch.tensor([False, True, False]), given)
    assert rows.tolist() == [1] and votes.tolist() == [[0.0, 0.0, 0.0]]
    assert ridge_votes(unit, torch.zeros(3, dtype=torch.bool), given)[1].shape == (0, 3)
    same = ridge_votes(torch.ones(4, 2), torch.ones(4, dtype=torch.bool), torch.eye(2)[[0, 0, 0, 1]])[1]
    torch.testing.assert_close(same[3], torch.tensor([1.0, 0.0]))  # The frequencies of the others.
