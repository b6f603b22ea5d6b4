"""Correlation by hand, by singular values and by gradient; what networks find that no line finds."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from maquette.errors import ConfigError
from maquette.methods.cca import CCA
from maquette.methods.deep_cca import DeepSettings, fit_networks, total_correlation, unexplained
from maquette.methods.projection import LinearMaps

SETTINGS = DeepSettings((32,), steps=60, lr=1e-2, weight_decay=1e-4, ridge=1e-3, seed=0)


def radii(*, seed: int, objects: int = 300) -> dict[str, np.ndarray]:
    """Points on circles of a radius that both modalities share, at angles of their own: nothing linear joins them."""
    rng = np.random.default_rng(seed)
    radius = rng.uniform(0.5, 2, objects)
    turns = {name: rng.uniform(0, 2 * np.pi, objects) for name in ("image", "mesh")}
    return {name: np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1) + 5 for name, turn in turns.items()}


def test_correlation_by_hand() -> None:
    """One dimension: the magnitude of the correlation; a ridge of 1 doubles both variances and so halves it."""
    x = torch.tensor([[1.0], [-1.0], [1.0], [-1.0]], dtype=torch.float64)
    y = torch.tensor([[2.0], [0.0], [0.0], [-2.0]], dtype=torch.float64)
    # Variances 1 and 2, covariance 1.
    assert total_correlation(x, y, ridge=0.0).item() == pytest.approx(1 / np.sqrt(2))
    assert total_correlation(x, -y, ridge=0.0).item() == pytest.approx(1 / np.sqrt(2))
    assert total_correlation(x, y, ridge=1.0).item() == pytest.approx(1 / np.sqrt(2) / 2)


def test_correlation_is_the_papers_trace_norm() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 3))
    y = x @ rng.normal(size=(3, 3)) + rng.normal(size=(40, 3)) + 7

    def root(values: np.ndarray, ridge: float) -> np.ndarray:
        covariance = np.cov(values.T, bias=True)
        lengths, turn = np.linalg.eigh(covariance + ridge * np.trace(covariance) / 3 * np.eye(3))
        inverse: np.ndarray = turn @ np.diag(lengths**-0.5) @ turn.T
        return inverse

    for ridge in (0.0, 0.1):
        cross = (x - x.mean(0)).T @ (y - y.mean(0)) / 40
        expected = np.linalg.svd(root(x, ridge) @ cross @ root(y, ridge), compute_uv=False).sum()
        found = total_correlation(torch.from_numpy(x), torch.from_numpy(y), ridge=ridge).item()
        assert found == pytest.approx(expected)
        assert total_correlation(torch.from_numpy(9 * x), torch.from_numpy(y), ridge=ridge).item() == pytest.approx(
            expected
        )


def test_gradient() -> None:
    generator = torch.Generator().manual_seed(0)
    x, y = (torch.randn(9, 3, generator=generator, dtype=torch.float64).requires_grad_() for _ in range(2))
    assert torch.autograd.gradcheck(lambda a, b: total_correlation(a, b, ridge=0.1), (x, y))


def test_unexplained_is_one_for_the_mean_and_nothing_for_all() -> None:
    values = torch.tensor([[1.0, 2.0], [-1.0, -2.0]])
    assert unexplained(values, torch.zeros(2, 2)) == 1
    assert unexplained(values, values) == 0


@pytest.mark.parametrize("weight_reconstruction", [0.0, 0.1])
def test_networks_find_what_no_line_finds(weight_reconstruction: float) -> None:
    """Measured on objects that were not seen."""
    train, unseen = radii(seed=0), radii(seed=1)
    linear = CCA(dimensions=1).fit(train, np.zeros(300, dtype=np.int64))
    assert isinstance(linear, LinearMaps)
    deep = fit_networks(train, dimensions=1, settings=SETTINGS, weight_reconstruction=weight_reconstruction)
    found = []
    for common in (linear.transform(unseen), deep.transform(unseen)):
        found.append(abs(np.corrcoef(common["image"][:, 0], common["mesh"][:, 0])[0, 1]))
    assert found[0] < 0.2 < 0.7 < found[1]
    assert deep.correlations[0] > 0.7


def test_the_seed_decides_and_the_process_goes_on_as_before() -> None:
    state = torch.get_rng_state()
    short = DeepSettings((4,), steps=2, lr=1e-2, weight_decay=0.0, ridge=1e-3, seed=0)
    other = DeepSettings((4,), steps=2, lr=1e-2, weight_decay=0.0, ridge=1e-3, seed=1)
    reps = radii(seed=0, objects=20)
    first, again, third = (
        fit_networks(reps, dimensions=2, settings=settings).transform(reps)["mesh"]
        for settings in (short, short, other)
    )
    assert np.array_equal(first, again)
    assert not np.allclose(first, third)
    assert torch.equal(torch.get_rng_state(), state)


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"hidden is .*: expected at least one layer"):
        DeepSettings((), steps=1, lr=1.0, weight_decay=0.0, ridge=1.0, seed=0)
    with pytest.raises(ConfigError, match="steps 0, seed 0"):
        DeepSettings((4,), steps=0, lr=1.0, weight_decay=0.0, ridge=1.0, seed=0)
    with pytest.raises(ConfigError, match="ridge is 0"):
        DeepSettings((4,), steps=1, lr=1.0, weight_decay=0.0, ridge=0.0, seed=0)
