"""The Python client of a service: the same verbs as its interface, with types.

    with Client("http://127.0.0.1:8000") as client:
        answer = client.search(images=[Path("photo.png")], k=5)

Whatever the service refuses is a `ServiceError` with the service's own words.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from maquette.errors import FileError, ServiceError
from maquette.serve.schemas import (
    CollectionInfo,
    DuplicatesAnswer,
    Item,
    ItemPage,
    Job,
    JobCreated,
    JobList,
    Removed,
    SearchAnswer,
    Status,
)

__all__ = ["Client"]

_M = TypeVar("_M", bound=BaseModel)
_Fields = list[tuple[str, Any]]


class Client:
    """A connection to one service; `token` is sent with every request. May be used as a context manager."""

    def __init__(self, address: str = "http://127.0.0.1:8000", *, token: str | None = None, timeout: float = 60.0):
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        # trust_env: no proxy of the environment stands between this machine and its own service.
        self._http = httpx.Client(base_url=address, headers=headers, timeout=timeout, trust_env=False)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ready(self) -> Status:
        """Return the service's version once it can search; ServiceError if it cannot."""
        return self._get("/api/ready", Status)

    def collection(self) -> CollectionInfo:
        """Return what the collection is, and what this client may do."""
        return self._get("/api/collection", CollectionInfo)

    def search(
        self,
        *,
        images: Iterable[Path] = (),
        pointclouds: Iterable[Path] = (),
        meshes: Iterable[Path] = (),
        files: Iterable[Path] = (),
        like: Iterable[str] = (),
        unlike: Iterable[str] = (),
        weights: Sequence[float] | None = None,
        k: int = 10,
        where: Iterable[str] = (),
    ) -> SearchAnswer:
        """Search by files and items together; `weights` has one number a part, in the order of the arguments."""
        paths = [("image", path) for path in images] + [("pointcloud", path) for path in pointclouds]
        paths += [("mesh", path) for path in meshes] + [("file", path) for path in files]
        data: dict[str, Any] = {"k": str(k), "like": list(like), "unlike": list(unlike), "where": list(where)}
        if weights is not None:
            data["weights"] = json.dumps(list(weights))
        with _opened(paths) as opened:
            return self._read(self._ask("POST", "/api/search", data=data, files=opened), SearchAnswer)

    def again(self, query_id: str, *, k: int = 10, where: Iterable[str] = ()) -> SearchAnswer:
        """Run a query again that was made before."""
        return self._get("/api/queries", SearchAnswer, id=query_id, k=k, where=list(where))

    def explain(self, query_id: str, id_: str) -> Mapping[str, Any]:
        """Return why an item is a result of a query."""
        values: Mapping[str, Any] = self._ask("GET", "/api/explain", params={"query": query_id, "id": id_}).json()
        return values

    def items(self, *, where: Iterable[str] = (), sort: str = "id", offset: int = 0, limit: int = 100) -> ItemPage:
        """Return a page of the items that match."""
        return self._get("/api/items", ItemPage, where=list(where), sort=sort, offset=offset, limit=limit)

    def every_item(self, *, where: Iterable[str] = ()) -> Iterator[Item]:
        """Return all items that match, page by page."""
        conditions, offset = list(where), 0
        while True:
            page = self.items(where=conditions, offset=offset, limit=1000)
            yield from page.items
            offset += 1000
            if offset >= page.total:
                return

    def item(self, id_: str) -> Item:
        """Return one item."""
        return self._get("/api/item", Item, id=id_)

    def remove(self, id_: str) -> int:
        """Remove an item; return how many there were."""
        return self._read(self._ask("DELETE", "/api/item", params={"id": id_}), Removed).removed

    def thumbnail(self, id_: str) -> bytes:
        """Return the item's picture, a PNG."""
        return self._ask("GET", "/api/thumbnail", params={"id": id_}).content

    def turntable(self, id_: str) -> bytes:
        """Return twelve pictures of the item side by side, a PNG."""
        return self._ask("GET", "/api/turntable", params={"id": id_}).content

    def model(self, id_: str) -> bytes:
        """Return the item as a light GLB."""
        return self._ask("GET", "/api/model", params={"id": id_}).content

    def file(self, id_: str) -> bytes:
        """Return the item's file as it was added."""
        return self._ask("GET", "/api/file", params={"id": id_}).content

    def add(self, paths: Iterable[Path], *, class_name: str | None = None) -> str:
        """Send models to be added, or one zip; return the job's id. They are on the service's disk then."""
        data = {} if class_name is None else {"class": class_name}
        with _opened([("file", path) for path in paths]) as opened:
            return self._read(self._ask("POST", "/api/jobs", data=data, files=opened), JobCreated).id

    def jobs(self) -> JobList:
        """Return the jobs, newest first."""
        return self._get("/api/jobs", JobList)

    def job(self, id_: str) -> Job:
        """Return how far a job is."""
        return self._get(f"/api/jobs/{id_}", Job)

    def cancel(self, id_: str) -> Job:
        """Cancel a job; what it has added stays."""
        return self._read(self._ask("DELETE", f"/api/jobs/{id_}"), Job)

    def wait(self, id_: str, *, seconds: float = 600.0) -> Job:
        """Return a job when it has ended; ServiceError if that takes longer."""
        end = time.monotonic() + seconds
        while True:
            job = self.job(id_)
            if job.state in ("done", "cancelled", "failed"):
                return job
            if time.monotonic() > end:
                raise ServiceError(f"job {id_}: has not ended in {seconds:g} s: wait longer, or cancel it", code="late")
            time.sleep(0.1)

    def batch(self, paths: Iterable[Path], *, k: int = 10, where: Iterable[str] = ()) -> str:
        """Search by each file alone; return a CSV table of the best k items each."""
        with _opened([("file", path) for path in paths]) as opened:
            return self._ask("POST", "/api/batch", data={"k": str(k), "where": list(where)}, files=opened).text

    def duplicates(self) -> DuplicatesAnswer:
        """Return the groups of items that are the same shape, as far as they are known."""
        return self._get("/api/duplicates", DuplicatesAnswer)

    def _get(self, path: str, model: type[_M], **params: Any) -> _M:
        return self._read(self._ask("GET", path, params=params), model)

    def _ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **request)
        except httpx.HTTPError as error:
            raise ServiceError(f"{self._http.base_url}: cannot be reached: {error or type(error).__name__}") from error
        if response.is_success:
            return response
        try:
            failure = response.json()["error"]
            message, code = str(failure["message"]), str(failure["code"])
        except (ValueError, KeyError, TypeError):
            message, code = response.reason_phrase, "unknown"
        raise ServiceError(
            f"the service answered {response.status_code}: {message}", status=response.status_code, code=code
        )

    def _read(self, response: httpx.Response, model: type[_M]) -> _M:
        try:
            return model.model_validate_json(response.content)
        except ValidationError as error:
            raise ServiceError(
                f"{response.url}: is no answer of a Maquette service of this version: {error}", code="unknown"
            ) from error


@contextmanager
def _opened(paths: Sequence[tuple[str, Path]]) -> Iterator[_Fields]:
    with ExitStack() as stack:
        fields: _Fields = []
        for field, path in paths:
            try:
                fields.append((field, (path.name, stack.enter_context(path.open("rb")))))
            except OSError as error:
                raise FileError(path, f"cannot be opened: {error.strerror or error}") from error
        yield fields
