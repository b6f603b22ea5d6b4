"""Evidence for a suspicion: how neighbours vote, and the nearest objects of the given and of the proposed class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from maquette.audit.suspects import Audit

__all__ = ["Evidence", "evidence_for"]


@dataclass(frozen=True)
class Evidence:
    """Why one object's label is doubted.

    `votes[m]` are the shares of its nearest neighbours in modality m that are given its own class and the proposed one;
    modalities that it lacks are left out. `given_examples` and `proposed_examples` are the nearest objects of these two
    classes, by all modalities together, among those whose label is believed.
    """

    votes: Mapping[str, tuple[float, float]]
    given_examples: tuple[int, ...]
    proposed_examples: tuple[int, ...]


def evidence_for(
    audit: Audit,
    row: int,
    representations: Mapping[str, Float[np.ndarray, "N D"]],
    *,
    present: Mapping[str, Bool[np.ndarray, "N"]],
    examples: int = 3,
) -> Evidence:
    """The votes on the object in `row` and up to `examples` objects of each of the two classes."""
    given, proposed = int(audit.labels[row]), int(audit.joint.proposed[row])
    votes, likeness = {}, np.zeros(len(audit.labels))
    for name in sorted(representations):
        if not present[name][row]:
            continue
        cosines = _cosines(representations[name], row)
        likeness += np.where(present[name], cosines, 0.0)
        others = np.flatnonzero(present[name] & (np.arange(len(cosines)) != row))
        near = others[np.argsort(-cosines[others], kind="stable")[: audit.neighbours]]
        named = audit.labels[near]
        votes[name] = (float((named == given).mean()), float((named == proposed).mean())) if len(near) else (0.0, 0.0)
    believed = (audit.joint.wrong < 0.5) & audit.joint.present & (np.arange(len(likeness)) != row)
    chosen = [_nearest(likeness, believed & (audit.labels == label), examples) for label in (given, proposed)]
    return Evidence(votes, *chosen)


def _cosines(values: Float[np.ndarray, "N D"], row: int) -> Float[np.ndarray, "N"]:
    norms = np.linalg.norm(values, axis=1)
    cosines: Float[np.ndarray, "N"] = values @ values[row] / np.maximum(norms * norms[row], 1e-12)
    return cosines


def _nearest(likeness: Float[np.ndarray, "N"], among: Bool[np.ndarray, "N"], count: int) -> tuple[int, ...]:
    rows: Int[np.ndarray, "R"] = np.flatnonzero(among)
    return tuple(int(row) for row in rows[np.argsort(-likeness[rows], kind="stable")[:count]])
