"""From losses to a division of the training split into clean and noisy, and from that to batches of both."""

from __future__ import annotations

import warnings

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from maquette.types import SamplePlan

__all__ = ["compose_batches", "credibility"]


def credibility(losses: Float[np.ndarray, "N"], *, rng: np.random.Generator) -> Float[np.ndarray, "N"]:
    """Probability of each object to be clean: that its loss belongs to the lower of two Gaussians fitted to all losses.

    Losses are brought to [0, 1] first. If all are equal nothing tells them apart, and every object is taken for clean.
    """
    spread = np.ptp(losses) if len(losses) else 0.0
    if spread == 0:
        return np.ones(len(losses), dtype=np.float64)
    # scikit-learn takes a second to import, and only this method needs it.
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    scaled = ((losses - losses.min()) / spread).astype(np.float64).reshape(-1, 1)
    mixture = GaussianMixture(
        n_components=2, max_iter=10, tol=1e-2, reg_covar=5e-4, random_state=int(rng.integers(2**31))
    )
    with warnings.catch_warnings():
        # Ten iterations are the paper's choice; that they may not suffice is known. Few distinct losses, likewise.
        warnings.simplefilter("ignore", ConvergenceWarning)
        mixture.fit(scaled)
    probabilities: Float[np.ndarray, "N 2"] = mixture.predict_proba(scaled)
    return probabilities[:, int(mixture.means_.argmin())]


def compose_batches(clean: Bool[Tensor, "N"], *, batch_size: int, rng: np.random.Generator) -> SamplePlan:
    """One epoch of batches, each with clean and noisy rows in the proportion of the whole.

    The clean part is even and at least half the batch (less only if there are fewer clean rows at all). Clean rows are
    gone through once, the last incomplete batch is left out; noisy rows are gone through as often as needed, never
    twice within a batch. If one kind is missing, batches are drawn from the other alone.
    """
    clean_rows, noisy_rows = torch.nonzero(clean)[:, 0].numpy(), torch.nonzero(~clean)[:, 0].numpy()
    if not len(clean_rows) or not len(noisy_rows):
        only = rng.permutation(len(clean))
        size = min(batch_size, len(only))
        return SamplePlan(tuple(torch.from_numpy(part) for part in only[: len(only) // size * size].reshape(-1, size)))
    share = 2 * round(batch_size * len(clean_rows) / len(clean) / 2)
    half = batch_size // 2 + batch_size // 2 % 2
    clean_size = min(max(min(share, batch_size - 2), half), len(clean_rows))
    noisy_size = min(batch_size - clean_size, len(noisy_rows))
    clean_order, noisy_order = rng.permutation(clean_rows), rng.permutation(noisy_rows)
    batches, at = [], 0
    for start in range(0, len(clean_order) - clean_size + 1, clean_size):
        if at + noisy_size > len(noisy_order):
            noisy_order, at = rng.permutation(noisy_rows), 0
        rows = np.concatenate([clean_order[start : start + clean_size], noisy_order[at : at + noisy_size]])
        batches.append(torch.from_numpy(rows))
        at += noisy_size
    return SamplePlan(tuple(batches))
