"""Several representations made one: an item's modalities into its vector, a query's files into one query.

Everything is scaled to length 1 before it is averaged, so that no modality speaks louder for having larger numbers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from jaxtyping import Float, Float64

from maquette.errors import InputError

__all__ = ["check_weights", "cosines", "fuse_parts", "fuse_query", "fuse_signed", "fuse_weighted"]

_Weighted = Mapping[str, Sequence[tuple[np.ndarray, float]]]
"""By modality: representations, each with a weight above 0."""


def fuse_parts(parts: Float[np.ndarray, "N M D"]) -> Float64[np.ndarray, "N D"]:
    """Return one vector of length 1 an item: the mean of its parts, each scaled to length 1 first.

    A part of zeros is one the item lacks and does not count. An item without parts, or whose parts cancel out, is zero.

    >>> fuse_parts(np.array([[[2.0, 0.0], [0.0, 9.0], [0.0, 0.0]]])).round(3)
    array([[0.707, 0.707]])
    """
    return _unit(_unit(parts.astype(np.float64)).sum(axis=1))


def fuse_query(
    groups: Mapping[str, Float[np.ndarray, "_ D"]], *, weights: Mapping[str, float] | None = None
) -> Float64[np.ndarray, "D"]:
    """Return one query of length 1 from the representations of several files, grouped by modality.

    Within a modality the mean of the representations, each of length 1 first; over the modalities the mean of those,
    each of length 1 again, with `weights` (1 where none is given). So five photos count as much as one scan.
    Raises InputError if there is nothing to fuse, a weight is negative or not finite, or everything cancels out.

    >>> fuse_query({"image": np.array([[1.0, 0.0], [0.0, 1.0]]), "mesh": np.array([[1.0, 0.0]])}).round(3)
    array([0.924, 0.383])
    """
    weights = weights or {}
    check_weights(weights, known=groups)
    if not groups or any(len(group) == 0 for group in groups.values()):
        raise InputError("nothing to search by: expected at least one query file")
    return fuse_weighted(
        {name: [(row, weights.get(name, 1.0)) for row in group] for name, group in groups.items()},
    )


def check_weights(weights: Mapping[str, float], *, known: Collection[str]) -> None:
    """Raise InputError for a weight that is negative or not finite, or of a modality that is not known."""
    for name, weight in weights.items():
        if name not in known or not 0.0 <= weight < float("inf"):
            raise InputError(f"weight {weight} for {name!r}: expected 0 or more, for one of {', '.join(sorted(known))}")


def fuse_weighted(
    groups: _Weighted, *, modality_weights: Mapping[str, float] | None = None
) -> Float64[np.ndarray, "D"]:
    """Return one query of length 1 from representations with weights of their own, grouped by modality.

    Within a modality the mean of the representations by their weights, each of length 1 first; over the modalities the
    mean of those, each of length 1 again, by the largest weight within it times the modality's own (1 where none is
    given). InputError if there is nothing to fuse or everything cancels out.

    >>> fuse_weighted({"image": [(np.array([1.0, 0.0]), 0.5)], "mesh": [(np.array([0.0, 3.0]), 1.0)]}).round(3)
    array([0.447, 0.894])
    """
    if not any(groups.values()):
        raise InputError("nothing to search by: expected at least one query file or item with a weight above 0")
    fused = _unit(_blend(groups, modality_weights or {}))
    if not fused.any():
        raise InputError("the query has no direction: its parts are zero, weigh nothing or cancel out")
    return fused


def fuse_signed(
    wanted: _Weighted, unwanted: _Weighted, *, modality_weights: Mapping[str, float] | None = None
) -> Float64[np.ndarray, "D"]:
    """Return the query of length 1 that lies towards `wanted` and away from `unwanted`.

    q = w - s n with w and n the fusions of the two (`fuse_weighted`) and s the largest weight in `unwanted` over the
    largest in `wanted`, at most 1. Reference: Rocchio, Relevance Feedback in Information Retrieval, 1971. InputError
    as `fuse_weighted` has it, and where what is wanted is what is not.

    >>> fuse_signed({"image": [(np.array([1.0, 0.0]), 1.0)]}, {"item": [(np.array([0.6, 0.8]), 0.5)]}).round(3)
    array([ 0.868, -0.496])
    """
    towards = fuse_weighted(wanted, modality_weights=modality_weights)
    away = fuse_weighted(unwanted, modality_weights=modality_weights)
    strength = min(1.0, _largest(unwanted) / _largest(wanted))
    query = _unit(towards - strength * away)
    if not query.any():
        raise InputError("the query has no direction: what is asked for is what is asked against")
    return query


def _blend(groups: _Weighted, modality_weights: Mapping[str, float]) -> Float64[np.ndarray, "D"]:
    total: Float64[np.ndarray, "D"] = np.sum(
        [
            max(weight for _, weight in group)
            * modality_weights.get(name, 1.0)
            * _unit(np.sum([weight * _unit(row.astype(np.float64)) for row, weight in group], axis=0))
            for name, group in groups.items()
            if group
        ],
        axis=0,
    )
    return total


def _largest(groups: _Weighted) -> float:
    return max(weight for group in groups.values() for _, weight in group)


def cosines(query: Float[np.ndarray, "D"], parts: Float[np.ndarray, "N M D"]) -> Float64[np.ndarray, "N M"]:
    """Return the query's cosine with every part of every item, NaN where the item lacks the part."""
    scores: Float64[np.ndarray, "N M"] = np.einsum(
        "d,nmd->nm", _unit(query.astype(np.float64)), _unit(parts.astype(np.float64))
    )
    return np.where(parts.any(axis=2), scores, np.nan)


def _unit(vectors: Float64[np.ndarray, "... D"]) -> Float64[np.ndarray, "... D"]:
    """Return the vectors scaled to length 1; those of (nearly) no length as zero."""
    lengths = np.sqrt(np.square(vectors).sum(axis=-1, keepdims=True))
    there = lengths > 1e-12
    return np.where(there, vectors / np.where(there, lengths, 1.0), 0.0)
