"""Who votes on what an object is: its neighbours, and a linear map; and how alike the labels of one class are.

The voters of `consensus` and of `maquette audit`, on which `agree` (agreement.py) settles. What takes long, finding
neighbours and fitting the map, is done once, however often they are asked.

    a_k = share of objects whose k-th nearest neighbour has their given label, mean over each modality and all together
    a_k ≈ a_1 - s log k - u log² k,  α = a_1 + 4 s      α: two objects of one class have the same given label

The 4 is what a_k shows of representations that saw no label, whatever the noise: on ShapeDB69, where a_1 is 0.55
without noise, and on the built-in set, where it is 0.92, α is 0.98 and 0.99.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F

from maquette.methods.neighbours import nearest, spaces_of
from maquette.methods.ridge import ridge_votes

__all__ = ["Voters", "class_agreement"]

_RANKS = 8
"""Neighbours whose agreement is followed."""

_TO_ZERO = 4.0
"""How far the nearest neighbour is from distance zero, in units of the logarithm of the rank."""

_SPARE = 3
"""How many times as many neighbours are found as are asked, if they may be asked again: for a rate of 0.8, not 0.5."""


class Voters:
    """Neighbours and a linear map, of N objects whose `labels` are given.

    With `apart` each modality has votes of its own beside those of all together. Without `linear` ridge regression does
    not vote. `again` says that more neighbours may be asked later than at first: some are found to spare.
    """

    def __init__(
        self,
        reps: Float[Tensor, "N M D"],
        present: Bool[Tensor, "N M"],
        labels: Int[Tensor, "N"],
        *,
        classes: int,
        apart: bool = False,
        linear: bool = True,
        again: bool = False,
    ) -> None:
        self.labels = labels
        self.given = F.one_hot(labels, classes).to(reps.dtype)
        self._reps, self._present, self._apart, self._linear, self._again = reps, present, apart, linear, again
        self._spaces = spaces_of(reps, present, apart=apart)
        self._found: list[tuple[Tensor, Tensor]] = []
        self._found_of = 0

    def votes(self, neighbours: int) -> list[tuple[Int[Tensor, "R"], Float[Tensor, "R C"]]]:
        """Of each voter the rows it speaks of and shares of the given labels: of so many neighbours, and by the map."""
        voted = [
            (rows, self.given[near[:, :neighbours]].mean(dim=1))
            for rows, near in self._neighbours(neighbours)
            if near.shape[1]
        ]
        return [*voted, *self._mapped] if self._linear else voted

    @cached_property
    def alike(self) -> tuple[float, float]:
        """α (`class_agreement`), of each modality and of all together, whoever votes: one alone strays further."""
        found = list(self._neighbours(_RANKS))
        if not self._apart:
            found += [nearest(*space, count=_RANKS) for space in spaces_of(self._reps, self._present, apart=True)[:-1]]
        return class_agreement(found, self.labels)

    @cached_property
    def _mapped(self) -> list[tuple[Int[Tensor, "R"], Float[Tensor, "R C"]]]:
        return [ridge_votes(unit, there, self.given) for unit, there in self._spaces if int(there.sum()) > 1]

    def _neighbours(self, count: int) -> Sequence[tuple[Int[Tensor, "R"], Int[Tensor, "R K"]]]:
        """In each space `count` neighbours or more."""
        if self._found_of < count:
            self._found_of = max(count * (_SPARE if self._again else 1), _RANKS)
            self._found = [nearest(unit, there, count=self._found_of) for unit, there in self._spaces]
        return self._found


def class_agreement(
    found: Sequence[tuple[Int[Tensor, "_"], Int[Tensor, "_ _"]]], labels: Int[Tensor, "N"]
) -> tuple[float, float]:
    """α: how probably two objects of one class have the same given label, by the neighbours `found` in each space.

    With labels that are never wrong it is near 1 however hard the objects are; with symmetric noise of rate r near
    (1 - r)². Between what it lies: one standard error over objects less and more, as few objects prove little. From 0
    to 1; without neighbours nothing is proved, which is 0 and 1.
    """
    found = [(rows, near[:, :_RANKS]) for rows, near in found if near.shape[1]]
    if not found:
        return 0.0, 1.0
    depth = min(near.shape[1] for _, near in found)
    ranks = np.arange(1, depth + 1)
    # Linear in the curve, so that it is a mean over objects: what the fit makes of each rank, slope and a_1.
    degree = min(depth - 1, 2)
    parts = np.polyfit(np.log(ranks), np.eye(depth), degree, w=ranks**-0.5)[::-1]
    values, asked = np.zeros((len(labels), 2)), np.zeros(len(labels))
    for rows, near in found:
        same = (labels[near[:, :depth]] == labels[rows].unsqueeze(1)).cpu().numpy().astype(np.float64)
        places = rows.cpu().numpy()
        values[places] += same @ np.stack([parts[0], -parts[1] if degree else np.zeros(depth)], axis=1)
        asked[places] += 1
    nearest_share, slope = (values[asked > 0] / asked[asked > 0, None]).T
    at_zero = nearest_share + (_TO_ZERO * slope if slope.mean() > 0 else 0.0)
    mean, error = float(at_zero.mean()), float(at_zero.std()) / math.sqrt(len(at_zero))
    return min(max(mean - error, 0.0), 1.0), min(max(mean + error, 0.0), 1.0)
