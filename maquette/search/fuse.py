"""Several representations made one: an item's modalities into its vector, a query's files into one query.

Everything is scaled to length 1 before it is averaged, so that no modality speaks louder for having larger numbers.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Float64

from maquette.errors import InputError

__all__ = ["cosines", "fuse_parts", "fuse_query"]


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
    for name, weight in weights.items():
        if name not in groups or not 0.0 <= weight < float("inf"):
            raise InputError(
                f"weight {weight} for {name!r}: expected 0 or more, for one of {', '.join(sorted(groups))}"
            )
    if not groups or any(len(group) == 0 for group in groups.values()):
        raise InputError("nothing to search by: expected at least one query file")
    total = sum(
        weights.get(name, 1.0) * _unit(_unit(group.astype(np.float64)).sum(axis=0)) for name, group in groups.items()
    )
    fused = _unit(np.asarray(total, dtype=np.float64))
    if not fused.any():
        raise InputError("the query has no direction: its parts are zero, weigh nothing or cancel out")
    return fused


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
