"""Evaluation of images at several numbers of views: which views are taken, and the tables of each number.

A view is encoded once; the representation of an object at V views is the mean of V per-view representations, taken
before they are normalised, as in CMCL: two views are the mean of two, four the mean of four.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from maquette.errors import ConfigError
from maquette.metrics.pairs import Pair, PairScores, evaluate_pairs, pairs_as_json
from maquette.metrics.protocol import Protocol

__all__ = ["average_views", "evaluate_views", "view_ids", "views_as_json"]


def view_ids(views: int, count: int) -> tuple[int, ...]:
    """Which `count` of an object's `views` are taken: always the same, evenly spaced, beginning with the first.

    >>> view_ids(4, 2)
    (0, 2)
    """
    if not 1 <= count <= views:
        raise ConfigError(f"cannot take {count} views where there are {views}: ask for 1 to {views}")
    return tuple(i * views // count for i in range(count))


def average_views(views: Float[np.ndarray, "N V D"], count: int) -> Float[np.ndarray, "N D"]:
    """Mean representation of `count` evenly spaced views of each object, float64, not normalised."""
    chosen = views[:, list(view_ids(views.shape[1], count))]
    mean: Float[np.ndarray, "N D"] = chosen.mean(axis=1, dtype=np.float64)
    return mean


def evaluate_views(
    representations: Mapping[str, Float[np.ndarray, "N D"]],
    by_views: Mapping[int, Float[np.ndarray, "N D"]],
    labels: Int[np.ndarray, "N"],
    *,
    protocol: Protocol,
    modality: str = "image",
    present: Mapping[str, Bool[np.ndarray, "N"]] | None = None,
    depths: Sequence[int] = (1, 10),
) -> dict[int, dict[Pair, PairScores]]:
    """All ordered pairs at each number of views in `by_views`; pairs without `modality` are measured once and shared.

    `representations` are those of the other modalities, `by_views[v]` those of `modality` averaged over v views.
    """
    others = {name: mask for name, mask in (present or {}).items() if name != modality}
    fixed = evaluate_pairs(representations, labels, protocol=protocol, present=others, depths=depths)
    results = {}
    for count, values in by_views.items():
        everything = {modality: values, **representations}
        with_views = [(a, b) for a in everything for b in everything if modality in (a, b)]
        varying = evaluate_pairs(
            everything, labels, protocol=protocol, present=present, pairs=with_views, depths=depths
        )
        results[count] = {**varying, **fixed}
    return results


def views_as_json(results: Mapping[int, Mapping[Pair, PairScores]], protocol: Protocol) -> dict[str, Any]:
    """Protocol and, under "views", the pairs at each number of views, as JSON values."""
    return {
        "protocol": protocol.as_json(),
        "views": {str(count): pairs_as_json(pairs) for count, pairs in results.items()},
    }
