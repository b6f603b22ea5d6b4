"""Which faces of a mesh touch along an edge: what MeshNet's mesh convolution walks over."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int

__all__ = ["face_neighbours"]


def face_neighbours(faces: Int[np.ndarray, "F 3"]) -> Int[np.ndarray, "F 3"]:
    """For the edges 0-1, 1-2 and 2-0 of every face the neighbour across it, or the face itself where there is none.

    Edges are the same if they join the same two vertex numbers, in either direction. Where more than two faces share
    an edge (not manifold), the neighbour is the one with the lowest number.

    >>> face_neighbours(np.array([[0, 1, 2], [2, 1, 3]])).tolist()
    [[0, 1, 0], [0, 1, 1]]
    """
    count = len(faces)
    if count == 0:
        return np.zeros((0, 3), dtype=np.int64)
    ends = np.stack([faces, faces[:, [1, 2, 0]]], axis=2).reshape(-1, 2)
    low, high = ends.min(axis=1).astype(np.int64), ends.max(axis=1).astype(np.int64)
    owner = np.repeat(np.arange(count), 3)
    # Stable, and faces come in order: within an edge the lowest face stands first.
    order = np.lexsort((high, low))
    low, high, owners = low[order], high[order], owner[order]
    begins = np.concatenate([[True], (low[1:] != low[:-1]) | (high[1:] != high[:-1])])
    starts = np.flatnonzero(begins)
    edge = np.cumsum(begins) - 1
    first = owners[starts]
    # A face may hold one edge twice, so the second in line can be the first again: the next face that differs.
    differs = np.where(owners != first[edge], owners, count)
    second = np.minimum.reduceat(differs, starts)
    other = np.where(owners != first[edge], first[edge], second[edge])
    found = np.empty(3 * count, dtype=np.int64)
    found[order] = np.where(other == count, owners, other)
    return found.reshape(count, 3)
