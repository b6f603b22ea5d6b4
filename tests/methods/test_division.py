from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from sklearn.mixture import GaussianMixture

from maquette.methods.division import compose_batches, credibility


def test_two_heaps_of_losses_are_told_apart() -> None:
    rng = np.random.default_rng(0)
    losses = np.concatenate([rng.normal(0.5, 0.1, 300), rng.normal(3.0, 0.4, 100)])
    order = rng.permutation(400)
    probabilities = credibility(losses[order], rng=np.random.default_rng(1))
    assert ((probabilities > 0.5) == (order < 300)).mean() > 0.99
    assert ((probabilities >= 0) & (probabilities <= 1)).all()


def test_as_scikit_learn_on_scaled_losses() -> None:
    losses = np.random.default_rng(0).gamma(2.0, size=200)
    scaled = (losses - losses.min()) / (losses.max() - losses.min())
    seed = int(np.random.default_rng(5).integers(2**31))
    mixture = GaussianMixture(2, max_iter=10, tol=1e-2, reg_covar=5e-4, random_state=seed).fit(scaled[:, None])
    expected = mixture.predict_proba(scaled[:, None])[:, mixture.means_.argmin()]
    np.testing.assert_allclose(credibility(losses, rng=np.random.default_rng(5)), expected)
    # Scale and offset of the losses say nothing.
    np.testing.assert_allclose(credibility(7 * losses - 3, rng=np.random.default_rng(5)), expected, rtol=1e-6)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_equal_losses_are_all_clean(count: int) -> None:
    assert credibility(np.full(count, 2.5), rng=np.random.default_rng(0)).tolist() == [1.0] * count


@pytest.mark.parametrize("share", [0.1, 0.4, 0.6, 0.9, 0.999])
def test_batches_hold_both_kinds_in_proportion(share: float) -> None:
    clean = torch.from_numpy(np.random.default_rng(0).random(3000) < share)
    plan = compose_batches(clean, batch_size=128, rng=np.random.default_rng(1))
    count = int(clean.sum())
    for rows in plan.batches:
        assert len(rows) == 128 or int((~clean).sum()) < 2
        assert len(set(rows.tolist())) == len(rows), "no object twice in a batch"
        part = int(clean[rows].sum())
        assert part >= 64
        assert part % 2 == 0
        assert abs(part - 128 * count / 3000) <= 2 or part == 64
    trusted = torch.cat([rows[clean[rows]] for rows in plan.batches]).tolist()
    assert len(trusted) == len(set(trusted)), "a clean object comes once an epoch"
    assert len(trusted) > count - part
    doubted = torch.cat([rows[~clean[rows]] for rows in plan.batches])
    counts = torch.bincount(doubted, minlength=3000)[~clean]
    if len(doubted) >= len(counts):
        assert counts.max() >= 2 or len(doubted) == len(counts), "noisy objects are recycled"


def test_the_same_generator_gives_the_same_batches_and_another_epoch_others() -> None:
    clean = torch.arange(300) % 3 > 0
    plans = [compose_batches(clean, batch_size=32, rng=np.random.default_rng(seed)).batches for seed in (1, 1, 2)]
    assert all(torch.equal(one, other) for one, other in zip(plans[0], plans[1], strict=True))
    assert not all(torch.equal(one, other) for one, other in zip(plans[0], plans[2], strict=True))


@pytest.mark.parametrize("value", [True, False])
def test_one_kind_alone_is_gone_through_once(value: bool) -> None:
    batches = compose_batches(torch.full((70,), value), batch_size=32, rng=np.random.default_rng(0)).batches
    assert [len(rows) for rows in batches] == [32, 32]
    assert len(set(torch.cat(batches).tolist())) == 64


@pytest.mark.parametrize(("clean_count", "noisy_count"), [(1, 5), (5, 1), (3, 200), (200, 3)])
def test_few_objects_still_make_batches(clean_count: int, noisy_count: int) -> None:
    clean = torch.arange(clean_count + noisy_count) < clean_count
    batches = compose_batches(clean, batch_size=16, rng=np.random.default_rng(0)).batches
    assert batches
    assert all(clean[rows].any() and (~clean[rows]).any() for rows in batches)
    assert all(len(one) == len(other) for one, other in pairwise(batches))
