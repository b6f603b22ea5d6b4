"""What comes back: the answer to a search, and the report of files that were added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["AddReport", "Answer", "Hit", "QueryFile"]


@dataclass(frozen=True)
class Hit:
    """One item of an answer. `score` is the cosine of query and item, `scores` those of the query and each modality.

    `rank` counts from 1; `path` and `thumbnail` are files, the latter empty where there is no picture.
    """

    rank: int
    id: str
    score: float
    class_name: str | None
    path: str
    thumbnail: str
    scores: Mapping[str, float]
    metadata: Mapping[str, Any]


@dataclass(frozen=True)
class QueryFile:
    """A file that was searched by, and what was assumed in reading it."""

    path: str
    modality: str
    assumed: Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """The best items, best first. `seconds` says how long each stage took; `items` how many there are in all."""

    hits: tuple[Hit, ...]
    queries: tuple[QueryFile, ...]
    seconds: Mapping[str, float]
    items: int
    version: int

    def as_json(self) -> dict[str, Any]:
        """Return the answer as JSON values."""
        return asdict(self)


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
