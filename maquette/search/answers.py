"""What comes back: the answer to a search, and the report of files that were added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

__all__ = ["AddReport", "Answer", "Band", "Hit", "QueryFile", "band_of"]

Band = Literal["likely", "similar", "weak"]
"""How far a hit can be relied on: likely of the class that is asked for, similar, or weak."""

_LIKELY, _SIMILAR = 0.9, 0.5


def band_of(probability: float | None) -> Band:
    """Return "likely" from a probability of 0.9 on, "similar" from 0.5 on, "weak" below; "similar" where it is unknown.

    >>> band_of(0.93), band_of(0.5), band_of(0.1), band_of(None)
    ('likely', 'similar', 'weak', 'similar')
    """
    if probability is None or _SIMILAR <= probability < _LIKELY:
        return "similar"
    return "likely" if probability >= _LIKELY else "weak"


@dataclass(frozen=True)
class Hit:
    """One item of an answer. `score` is the cosine of query and item, `scores` those of the query and each modality.

    `rank` counts from 1; `path` and `thumbnail` are files, the latter empty where there is no picture. `probability` is
    that of being of the class that was asked for, None where the collection is not calibrated for such queries.
    """

    rank: int
    id: str
    score: float
    class_name: str | None
    path: str
    thumbnail: str
    scores: Mapping[str, float]
    metadata: Mapping[str, Any]
    probability: float | None = None
    band: Band = "similar"


@dataclass(frozen=True)
class QueryFile:
    """A file or an item that was searched by, and what was assumed in reading it.

    An item has its id for a path, and the modality "item". A weight below 0 means "not like this".
    """

    path: str
    modality: str
    assumed: Mapping[str, Any]
    weight: float = 1.0


@dataclass(frozen=True)
class Answer:
    """The best items, best first. `seconds` says how long each stage took; `items` how many there are in all.

    `refused` has (path, reason) of query files that could not be used. Where the collection is calibrated, `rejected`
    says that nothing in it is like the query, and the first `covering` hits contain a right one in 90 % of queries of
    this kind (None: that takes more than the hits there are, or nobody knows).
    """

    hits: tuple[Hit, ...]
    queries: tuple[QueryFile, ...]
    seconds: Mapping[str, float]
    items: int
    version: int
    refused: tuple[tuple[str, str], ...] = ()
    rejected: bool = False
    covering: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the answer as JSON values."""
        return {**asdict(self), "refused": [{"path": path, "reason": reason} for path, reason in self.refused]}


@dataclass(frozen=True)
class AddReport:
    """What became of every item: ids that are new, replaced or unchanged, and (path, reason) of those refused."""

    added: tuple[str, ...]
    replaced: tuple[str, ...]
    unchanged: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]
    seconds: float

    @property
    def items_per_second(self) -> float:
        """How many items were read, encoded and written a second; 0 if none was."""
        return (len(self.added) + len(self.replaced)) / self.seconds if self.seconds else 0.0

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {
            **asdict(self),
            "items_per_second": self.items_per_second,
            "refused": [{"path": path, "reason": reason} for path, reason in self.refused],
        }
