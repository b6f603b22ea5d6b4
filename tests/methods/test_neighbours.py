"""Neighbours are the nearest, mixtures explain votes, and the transition matrix is found again."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional as F

from maquette.methods.neighbours import (
    balanced,
    even_objects,
    fit_transition,
    local_mixture,
    nearest,
    posterior_of,
    spaces_of,
)


def _unit(objects: int, *, seed: int, dimensions: int = 6) -> torch.Tensor:
    return F.normalize(torch.randn(objects, dimensions, generator=torch.Generator().manual_seed(seed)), dim=1)


def test_nearest_by_a_naive_loop_over_those_who_are_there() -> None:
    # More rows than a block holds, so that blocks meet.
    unit, there = _unit(1100, seed=0), torch.rand(1100, generator=torch.Generator().manual_seed(1)) < 0.97
    rows, near = nearest(unit, there, count=3)
    assert rows.tolist() == [row for row in range(1100) if there[row]]
    cosines = (unit @ unit.T).numpy()
    for place in (0, 1, 500, 1030, len(rows) - 1):
        row = int(rows[place])
        others = [other for other in rows.tolist() if other != row]
        wanted = sorted(others, key=(-cosines[row]).__getitem__)[:3]
        assert sorted(near[place].tolist()) == sorted(wanted)


def test_few_objects_have_few_neighbours() -> None:
    unit = _unit(4, seed=2)
    rows, near = nearest(unit, torch.tensor([True, False, True, False]), count=5)
    assert (rows.tolist(), near.tolist()) == ([0, 2], [[2], [0]])
    rows, near = nearest(unit, torch.tensor([False, True, False, False]), count=5)
    assert (rows.tolist(), near.shape) == ([1], (1, 0))
    assert nearest(unit, torch.zeros(4, dtype=torch.bool), count=5)[1].shape == (0, 0)


def test_spaces_hold_each_modality_and_their_sum() -> None:
    reps = torch.tensor([[[3.0, 0.0], [0.0, 2.0]], [[0.0, 1.0], [5.0, 5.0]]])
    present = torch.tensor([[True, True], [True, False]])
    image, cloud, both = spaces_of(reps, present, apart=True)
    torch.testing.assert_close(image[0], torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
    assert cloud[1].tolist() == [True, False]
    torch.testing.assert_close(both[0], torch.tensor([[0.5**0.5, 0.5**0.5], [0.0, 1.0]]))
    assert both[1].tolist() == [True, True]
    (alone,) = spaces_of(reps, present, apart=False)
    torch.testing.assert_close(alone, both)
    (only,) = spaces_of(reps[:, :1], present[:, :1], apart=True)
    torch.testing.assert_close(only, image)


def test_a_mixture_by_hand_and_rows_without_votes() -> None:
    # T: a quarter of each class is given as the other. All true a gives votes (3/4, 1/4).
    transition = torch.tensor([[0.75, 0.25], [0.25, 0.75]], dtype=torch.float64)
    votes = torch.tensor([[0.75, 0.25], [0.5, 0.5], [0.0, 0.0]], dtype=torch.float64)
    found = local_mixture(votes, transition)
    # The maximum lies on the border, which expectation maximisation nears from inside.
    assert found[0, 0] > 0.85
    torch.testing.assert_close(found[1:], torch.full((2, 2), 0.5, dtype=torch.float64))
    torch.testing.assert_close(found.sum(dim=1), torch.ones(3, dtype=torch.float64))


def test_a_mixture_is_more_likely_than_any_other_on_a_grid() -> None:
    transition = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.25, 0.15, 0.6]], dtype=torch.float64)
    votes = torch.tensor([[0.3, 0.45, 0.25]], dtype=torch.float64)
    found = votes.new_full((1, 3), 1 / 3)
    for _ in range(20):  # the function's steps, continued from where it stopped by hand
        found = found * ((votes / (found @ transition)) @ transition.T)
    limit = float((votes * (found @ transition).log()).sum())
    ours = float((votes * (local_mixture(votes, transition) @ transition).log()).sum())
    grid = [
        float((votes * (torch.tensor([[a, b, 1 - a - b]], dtype=torch.float64) @ transition).log()).sum())
        for a in np.linspace(0, 1, 41)
        for b in np.linspace(0, 1 - a, 41)
    ]
    assert ours > max(grid) - 2e-3
    assert limit >= ours - 1e-12, "each step climbs"


def test_the_transition_matrix_is_found_again() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 6000)
    wanted = np.array([[0.6, 0.3, 0.1], [0.05, 0.9, 0.05], [0.2, 0.2, 0.6]])
    labels = np.array([rng.choice(3, p=wanted[c]) for c in truth])
    # A calibrated prior that has not seen the labels: right three times of four.
    guess = np.where(rng.random(6000) < 0.75, truth, (truth + rng.integers(1, 3, 6000)) % 3)
    prior = torch.from_numpy(np.where(np.arange(3) == guess[:, None], 0.75, 0.125))
    start = torch.full((3, 3), 0.25, dtype=torch.float64).fill_diagonal_(0.5)
    transition = start
    for _ in range(6):
        transition = fit_transition(prior, torch.from_numpy(labels), transition)
    posterior = posterior_of(prior, torch.from_numpy(labels), transition)
    assert np.abs(transition.numpy() - wanted).max() < 0.06
    rate = 1 - posterior[torch.arange(6000), torch.from_numpy(labels)].mean()
    assert abs(float(rate) - (labels != truth).mean()) < 0.03
    sure = posterior.max(dim=1).values
    right = posterior.argmax(dim=1).numpy() == truth
    assert abs(float(sure.mean()) - right.mean()) < 0.02, "as sure as it is right"
    assert right.mean() > 0.75, "label and neighbourhood together know more than the neighbourhood"


def test_few_objects_do_not_make_a_habit_of_an_accident() -> None:
    # Half of the labels are wrong, evenly but for accidents: two of class 0 are given as 1, none as 3. By five objects
    # a class alone that would be 0.4 and 0; fifteen objects of even noise are beside them.
    prior = torch.eye(4, dtype=torch.float64)[torch.arange(4).repeat_interleave(5)] * 0.96 + 0.01
    labels = torch.tensor([0, 0, 1, 1, 2, 1, 1, 1, 3, 2, 2, 2, 3, 0, 0, 3, 3, 0, 1, 2])
    start = torch.full((4, 4), 0.2, dtype=torch.float64).fill_diagonal_(0.4)
    transition = fit_transition(prior, labels, start)
    torch.testing.assert_close(transition.sum(dim=1), torch.ones(4, dtype=torch.float64))
    assert 0.1 < transition[0, 3] < transition[0, 2] < transition[0, 1] < 0.3
    assert [even_objects(rate) for rate in (0.0, 0.5, 1.0)] == [0.0, 15.0, 30.0]


def test_a_swallowed_class_comes_back() -> None:
    labels = torch.arange(100) % 2
    prior = torch.where(labels[:, None] == 0, torch.tensor([0.95, 0.05]), torch.tensor([0.6, 0.4]))
    assert (prior.argmax(dim=1) == labels).float().mean() == 0.5
    moved = balanced(prior, labels)
    assert (moved.argmax(dim=1) == labels).float().mean() == 1
    torch.testing.assert_close(moved.sum(dim=1), torch.ones(100))
    even = torch.full((100, 2), 0.5)
    torch.testing.assert_close(balanced(even, labels), even)
