"""Noise that depends on the object: those that look like another class are the ones mislabelled, and as that class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from maquette.data.noise.base import NOISES, NoisyLabels, check_rate
from maquette.errors import ConfigError

__all__ = ["instance_dependent"]


@NOISES.register("instance_dependent")
def instance_dependent(
    labels: Int[np.ndarray, "N"],
    class_names: Sequence[str],
    *,
    representations: Float[np.ndarray, "_ D"],
    rate: float,
    seed: int,
    temperature: float = 0.1,
) -> NoisyLabels:
    """Exactly round(rate · n) objects get another class, the likelier the more they resemble it.

    With s_c the cosine of an object's representation and the mean of class c's normalised representations, y its class:
    an object is chosen with weight exp((max_{c≠y} s_c − s_y) / temperature), without replacement (Gumbel top-k); its
    label is drawn from the other classes with weight exp(s_c / temperature). A low temperature takes the most alike
    only; a high one tends to symmetric noise. Classes without objects are never a target. After the idea of Xia et al.,
    Part-dependent Label Noise, NeurIPS 2020. ConfigError for a rate of 0.5 or more, or fewer than two classes in use.
    """
    check_rate(rate, below=0.5, because="from one half on the objects of a class would mostly look mislabelled")
    if len(representations) != len(labels):
        raise ConfigError(f"{len(representations)} representations for {len(labels)} labels: expected one each")
    if temperature <= 0:
        raise ConfigError(f"temperature {temperature:g}: expected a positive number")
    used = np.unique(labels)
    if len(used) < 2:
        raise ConfigError("instance-dependent noise needs objects of at least two classes")
    rng = np.random.default_rng(seed)
    unit = _unit(representations.astype(np.float64))
    centers = _unit(np.stack([unit[labels == label].mean(axis=0) for label in used]))
    cosines = unit @ centers.T
    place = np.searchsorted(used, labels)
    own = cosines[np.arange(len(labels)), place]
    others = cosines.copy()
    others[np.arange(len(labels)), place] = -np.inf
    weights = (others.max(axis=1) - own) / temperature
    chosen = np.argsort(-(weights + rng.gumbel(size=len(labels))), kind="stable")[: round(rate * len(labels))]
    given = labels.astype(np.int64)
    drawn = others / temperature + rng.gumbel(size=others.shape)
    given[chosen] = used[np.argmax(drawn[chosen], axis=1)]
    return NoisyLabels(
        given,
        labels,
        tuple(class_names),
        "instance_dependent",
        {"rate": rate, "temperature": temperature},
        seed,
        np.arange(len(labels)),
    )


def _unit(vectors: Float[np.ndarray, "N D"]) -> Float[np.ndarray, "N D"]:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(norms > 0, norms, 1)
