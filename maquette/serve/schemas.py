"""The JSON objects that the service answers with: documented in its OpenAPI, read by the Python client."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "CollectionInfo",
    "DuplicatesAnswer",
    "Failed",
    "FailedBody",
    "Item",
    "ItemPage",
    "Job",
    "JobCreated",
    "JobList",
    "Likelihood",
    "QueryPart",
    "Refused",
    "Removed",
    "SearchAnswer",
    "SearchHit",
    "Status",
]

Likelihood = Literal["likely", "similar", "weak"]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, populate_by_name=True)


class FailedBody(_Answer):
    """What went wrong: `limit` is the limit that was hit, `value` what was given."""

    code: str
    message: str
    limit: float | None = None
    value: float | None = None


class Failed(_Answer):
    """The answer to a request that failed."""

    error: FailedBody


class Refused(_Answer):
    """A file that was not used, and one line of reason."""

    name: str
    reason: str


class QueryPart(_Answer):
    """One part of a query: a file or an item, its weight (below 0: not like this), what was assumed in reading it."""

    part: int
    name: str
    modality: str
    weight: float
    assumed: dict[str, Any]


class SearchHit(_Answer):
    """One item of an answer; `probability` is null where the collection is not calibrated for such queries."""

    rank: int
    id: str
    score: float
    probability: float | None
    band: Likelihood
    class_name: str | None = Field(validation_alias="class", serialization_alias="class")
    thumbnail: str
    scores: dict[str, float]
    metadata: dict[str, Any]


class SearchAnswer(_Answer):
    """The best items, best first.

    The first `covering` hits contain a right one in 90 % of such queries; null where that is not known.
    """

    query_id: str
    query: list[QueryPart]
    refused: list[Refused]
    hits: list[SearchHit]
    rejected: bool
    covering: int | None = None
    seconds: dict[str, float]
    items: int
    version: int
    exact: bool = True


class CollectionInfo(_Answer):
    """What the collection is, and what a client may do with it."""

    name: str
    items: int
    classes: dict[str, int]
    modalities: list[str]
    fingerprint: str
    version: int
    calibrated: bool
    writable: bool
    limits: dict[str, float]


class Item(_Answer):
    """One item, and the addresses of its pictures and files (null: there is none)."""

    id: str
    class_name: str | None = Field(validation_alias="class", serialization_alias="class")
    thumbnail: str
    turntable: str | None
    model: str | None
    file: str | None
    metadata: dict[str, Any]


class ItemPage(_Answer):
    """Some items of those that match; `total` counts them all."""

    total: int
    offset: int
    items: list[Item]
    version: int


class JobCreated(_Answer):
    """A job that was accepted: its files are on disk, and it goes on after a restart."""

    id: str


class Job(_Answer):
    """How far a job is. `added` are items that are now in the collection, `refused` files that were not used."""

    id: str
    state: Literal["queued", "running", "done", "cancelled", "failed"]
    created: str
    done: int
    total: int
    added: list[str]
    refused: list[Refused]
    reason: str | None = None


class JobList(_Answer):
    """The jobs that are remembered, newest first."""

    jobs: list[Job]


class DuplicatesAnswer(_Answer):
    """Groups of items that are the same shape, with evidence; found anew when the collection has changed."""

    state: Literal["running", "done", "failed"]
    version: int
    groups: list[dict[str, Any]]


class Removed(_Answer):
    """How many items were removed; for good when this comes."""

    removed: int


class Status(_Answer):
    """Whether the service lives, or is ready."""

    status: Literal["ok"]
    version: str
