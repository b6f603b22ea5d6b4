"""From an encoded query to an answer: the ranking, what its scores mean, and what each hit is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from maquette.index import Condition, Entry
from maquette.search.answers import Answer, Hit, QueryFile, band_of
from maquette.search.calibrated import BEST, Calibration, familiarity
from maquette.search.collection import Collection
from maquette.search.fuse import cosines
from maquette.search.parts import ITEM, Query

__all__ = ["answer_query", "probability_of"]


def answer_query(
    collection: Collection, query: Query, *, calibration: Calibration | None, k: int, where: Sequence[Condition]
) -> Answer:
    """Return the k best items for the query among those that match; its own items are not among them.

    Hits are ranked by what is asked for less what is asked against. Their probabilities, and whether nothing is like
    the query, follow from what is asked for alone. `seconds` is left to the caller.
    """
    index = collection.index
    index.refresh()
    index.require_fields(where)
    own = {encoded.part.item for encoded in query.parts if encoded.part.item is not None}
    curve = calibration.curve(query.composition) if calibration is not None else None
    depth = calibration.depth if calibration is not None and curve is not None else 0
    (ranking,) = index.search(query.vector()[None], k=max(k, depth) + len(own), where=where)
    ids = [id_ for id_ in ranking.ids if id_ not in own]
    entries = index.get(ids[: max(k, depth)])
    wanted = query.wanted()
    scores = np.array([entry.vector.astype(np.float64) @ wanted for entry in entries])
    ranked = dict(zip(ranking.ids, ranking.scores.tolist(), strict=True))
    parts = cosines(query.vector(), index.parts(ids[:k]))
    probabilities = None if curve is None else curve.ranked(scores)
    hits = tuple(
        _hit(
            collection,
            entry,
            rank=rank,
            score=ranked[entry.id],
            own=parts[rank - 1],
            probability=None if probabilities is None else float(probabilities[rank - 1]),
        )
        for rank, entry in enumerate(entries[:k], start=1)
    )
    best = np.sort(scores)[::-1]
    passing = 0 if curve is None else int((scores >= curve.covering).sum())
    return Answer(
        hits,
        tuple(
            QueryFile(part.part.name, part.part.modality or ITEM, part.assumed, part.part.weight)
            for part in query.parts
        ),
        {},
        len(index),
        index.version,
        refused=query.refused,
        rejected=curve is not None and familiarity(best[:depth]) < curve.familiar,
        covering=passing if curve is not None and passing < len(entries) else None,
    )


def probability_of(collection: Collection, query: Query, id_: str, *, calibration: Calibration | None) -> float | None:
    """Return the probability that an item has, or would have, as a hit; None where that is not calibrated."""
    curve = calibration.curve(query.composition) if calibration is not None else None
    if curve is None:
        return None
    own = {encoded.part.item for encoded in query.parts} - {id_}
    (ranking,) = collection.index.search(query.vector()[None], k=BEST + len(own))
    ids = [found for found in ranking.ids if found not in own][:BEST]
    ids += [id_] if id_ not in ids else []
    wanted = query.wanted()
    scores = np.array([entry.vector.astype(np.float64) @ wanted for entry in collection.index.get(ids)])
    return float(curve.ranked(scores)[ids.index(id_)])


def _hit(
    collection: Collection,
    entry: Entry,
    *,
    rank: int,
    score: float,
    own: Float64[np.ndarray, "M"],
    probability: float | None,
) -> Hit:
    picture = collection.thumbnail(entry.id)
    return Hit(
        rank,
        entry.id,
        score,
        entry.metadata.get("class"),
        str(Path(str(entry.metadata["root"]), str(entry.metadata["path"]))),
        str(picture) if picture.is_file() else "",
        {name: float(value) for name, value in zip(collection.modalities, own, strict=True) if value == value},
        entry.metadata,
        probability,
        band_of(probability),
    )
