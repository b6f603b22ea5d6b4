"""From an encoded query to an answer: the ranking, what its scores mean, and what each hit is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Float64

from maquette.index import Condition, Entry, Index, Ranking
from maquette.search.answers import Answer, Hit, QueryFile, band_of
from maquette.search.calibrated import BEST, Calibration, Curve, familiarity
from maquette.search.collection import Collection
from maquette.search.fuse import cosines
from maquette.search.parts import ITEM, Query

__all__ = ["Asked", "answer_queries", "answer_query", "probability_of"]


@dataclass(frozen=True)
class Asked:
    """A query, and what is wanted of it: the k best items among those that match."""

    query: Query
    k: int
    where: tuple[Condition, ...] = ()

    @property
    def own(self) -> set[str]:
        """Its own items, which are not among its hits."""
        return {encoded.part.item for encoded in self.query.parts if encoded.part.item is not None}


def answer_query(
    collection: Collection, query: Query, *, calibration: Calibration | None, k: int, where: Sequence[Condition]
) -> Answer:
    """Return the k best items for the query among those that match; its own items are not among them.

    Hits are ranked by what is asked for less what is asked against. Their probabilities, and whether nothing is like
    the query, follow from what is asked for alone. `seconds` is left to the caller.
    """
    (answer,) = answer_queries(collection, [Asked(query, k, tuple(where))], calibration=calibration)
    return answer


def answer_queries(collection: Collection, asked: Sequence[Asked], *, calibration: Calibration | None) -> list[Answer]:
    """As `answer_query`, for several queries: what each gets does not depend on the others, what it costs does.

    They are ranked together and their hits are looked up together. InputError as for one; then none is answered.
    """
    index = collection.index
    index.refresh()
    curves = [None if calibration is None else calibration.curve(one.query.composition) for one in asked]
    depths = [0 if calibration is None or curve is None else calibration.depth for curve in curves]
    rankings = _rank_together(index, asked, depths)
    found = [[id_ for id_ in ranking.ids if id_ not in one.own] for one, ranking in zip(asked, rankings, strict=True)]
    found = [ids[: max(one.k, depth)] for one, depth, ids in zip(asked, depths, found, strict=True)]
    shown = list(dict.fromkeys(id_ for one, ids in zip(asked, found, strict=True) for id_ in ids[: one.k]))
    parts = dict(zip(shown, index.parts(shown), strict=True))
    answers = []
    for one, curve, depth, ranking, ids in zip(asked, curves, depths, rankings, found, strict=True):
        ranked = dict(zip(ranking.ids, ranking.scores.tolist(), strict=True))
        own = np.stack([parts[id_] for id_ in ids[: one.k]]) if ids else index.parts(())
        answers.append(_answer(collection, one, curve, depth, ranked, index.get(ids), own))
    return answers


def _rank_together(index: Index, asked: Sequence[Asked], depths: Sequence[int]) -> list[Ranking]:
    """Each query's best items, its own among them still, as many as it needs; one search for each set of conditions."""
    rankings: dict[int, Ranking] = {}
    for where in dict.fromkeys(one.where for one in asked):
        index.require_fields(where)
        places = [place for place, one in enumerate(asked) if one.where == where]
        wanted = {place: max(asked[place].k, depths[place]) + len(asked[place].own) for place in places}
        vectors = np.stack([asked[place].query.vector() for place in places])
        for place, ranking in zip(places, index.search(vectors, k=max(wanted.values()), where=where), strict=True):
            most = wanted[place]
            rankings[place] = Ranking(ranking.ids[:most], ranking.scores[:most])
    return [rankings[place] for place in range(len(asked))]


def _answer(
    collection: Collection,
    asked: Asked,
    curve: Curve | None,
    depth: int,
    ranked: Mapping[str, float],
    entries: Sequence[Entry],
    own: Float32[np.ndarray, "N M D"],
) -> Answer:
    query, k = asked.query, asked.k
    wanted = query.wanted()
    scores = np.array([entry.vector.astype(np.float64) @ wanted for entry in entries])
    parts = cosines(query.vector(), own)
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
        len(collection.index),
        collection.index.version,
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
