"""Pair noise: an object's files of one modality show another object, as when a crawl saved the wrong photo."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from maquette.data.noise.base import NOISES, NoisyLabels, check_rate, choose
from maquette.errors import ConfigError

__all__ = ["mispaired"]

_SHUFFLES = 20
"""Random exchanges tried per object; after about ten the starting order is forgotten."""


@NOISES.register("pair")
def mispaired(
    labels: Int[np.ndarray, "N"],
    class_names: Sequence[str],
    *,
    modality: str,
    rate: float,
    seed: int,
    partner: str = "any",
) -> NoisyLabels:
    """Exactly round(rate · n) objects exchange their files of a modality among themselves; labels stay right.

    Every file stays in use once. `partner` says whose files an object may show: anybody's, one's of its own class
    (`within`) or of another class (`across`). Within classes a lone chosen object has nobody to exchange with, so there
    the number may fall short by one a class. ConfigError where no exchange exists.
    """
    check_rate(rate, below=1.0, because="then every pair would be wrong and nothing could be learned from pairs")
    if partner not in ("any", "within", "across"):
        raise ConfigError(f"pair noise with partner {partner!r}: expected 'any', 'within' or 'across'")
    rng = np.random.default_rng(seed)
    chosen = choose(labels, rate=rate, rng=rng, stratified=partner == "within")
    shown = np.arange(len(labels))
    groups = [chosen[labels[chosen] == label] for label in np.unique(labels)] if partner == "within" else [chosen]
    for group in groups:
        if len(group) > 1:
            shown[group] = _exchange(group, labels, rng, across=partner == "across")
    if len(chosen) and (shown == np.arange(len(labels))).all():
        raise ConfigError(
            f"pair noise at rate {rate:g} chooses {len(chosen)} of {len(labels)} objects: none can exchange"
        )
    return NoisyLabels(
        labels.astype(np.int64),
        labels,
        tuple(class_names),
        "pair",
        {"rate": rate, "modality": modality, "partner": partner},
        seed,
        np.arange(len(labels)),
        partners={modality: shown},
    )


def _exchange(
    group: Int[np.ndarray, "K"], labels: Int[np.ndarray, "N"], rng: np.random.Generator, *, across: bool
) -> Int[np.ndarray, "K"]:
    """The members of `group` in an order where none stands in its own place (nor, across, in one of its class)."""
    kind = labels[group] if across else np.arange(len(group))
    order = rng.permutation(len(group))
    order = order[np.argsort(kind[order], kind="stable")]
    largest = int(np.unique(kind, return_counts=True)[1].max())
    if 2 * largest > len(group):
        raise ConfigError(
            f"pair noise across classes: {largest} of {len(group)} chosen objects are of one class, so that they "
            "cannot all show another: expected at most half"
        )
    # Classes stand in blocks; moved on by the largest block, nobody stays in its own. Exchanges then mix at random.
    shown = np.empty(len(group), np.int64)
    shown[order] = np.roll(order, -largest)
    for one, other in rng.integers(0, len(group), (_SHUFFLES * len(group), 2)):
        if kind[shown[other]] != kind[one] and kind[shown[one]] != kind[other]:
            shown[one], shown[other] = shown[other], shown[one]
    return group[shown]
