"""The routes that search: a new query, a kept one, why a result is one, and the model of a query."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query
from fastapi.responses import FileResponse

from maquette.errors import FileError
from maquette.index.where import parse_where
from maquette.search import UNLIKE, Answer, Part
from maquette.search.previews import GEOMETRY_ENDINGS, IMAGE_ENDINGS, modality_of
from maquette.serve.failures import Failure
from maquette.serve.queries import KeptPart
from maquette.serve.schemas import QueryPart, Refused, SearchAnswer, SearchHit
from maquette.serve.service import Service
from maquette.serve.settings import MOST_RESULTS
from maquette.serve.uploads import Upload, ending_of, save_upload, shown_name

__all__ = ["search_routes"]

_Uploads = Annotated[list[Upload] | None, File()]
_Texts = Annotated[list[str] | None, Form(max_length=100)]
_Where = Annotated[list[str] | None, Query(max_length=50)]

_ENDINGS = {
    "image": IMAGE_ENDINGS,
    "pointcloud": GEOMETRY_ENDINGS,
    "mesh": GEOMETRY_ENDINGS,
    "file": IMAGE_ENDINGS | GEOMETRY_ENDINGS,
}


def search_routes(service: Service) -> APIRouter:
    """Return the routes over a service."""
    routes = APIRouter(prefix="/api", tags=["search"])
    library, queries, settings = service.library, service.queries, service.settings

    @routes.post("/search")
    def search(
        image: _Uploads = None,
        pointcloud: _Uploads = None,
        mesh: _Uploads = None,
        file: _Uploads = None,
        like: _Texts = None,
        unlike: _Texts = None,
        weights: Annotated[str | None, Form(description="JSON list of numbers, one a part")] = None,
        k: Annotated[int, Form(ge=1, le=MOST_RESULTS)] = 10,
        where: _Texts = None,
    ) -> SearchAnswer:
        """Search by any number of photos, scans, meshes and items; `unlike` items turn results away."""
        conditions = parse_where(where or [])
        uploads = {"image": image, "pointcloud": pointcloud, "mesh": mesh, "file": file}
        files = [(kind, upload) for kind, some in uploads.items() for upload in some or []]
        count = len(files) + len(like or []) + len(unlike or [])
        if count == 0:
            raise Failure(422, "nothing to search by: expected a file, or an item in like")
        if count > settings.query_parts:
            most = settings.query_parts
            raise Failure(413, f"{count} parts: expected at most {most}", limit=most, value=count)
        factors = _factors(weights, count)
        for id_ in [*(like or []), *(unlike or [])]:
            library.require_fresh(id_)
        query_id, folder = queries.new()
        try:
            parts = []
            for number, (kind, upload) in enumerate(files):
                name = shown_name(upload.filename)
                path = folder / f"{number}{ending_of(upload.filename, _ENDINGS[kind])}"
                save_upload(upload.file, path, most=settings.file_bytes, name=name)
                modality = modality_of(path) if kind == "file" else kind
                weight = 1.0 if factors is None else factors[number]
                parts.append(KeptPart(name, weight, modality=modality, file=path.name))
            for offset, (sign, id_) in enumerate(
                [(1, id_) for id_ in like or []] + [(-1, id_) for id_ in unlike or []]
            ):
                weight = (1.0 if sign > 0 else UNLIKE) if factors is None else sign * abs(factors[len(files) + offset])
                parts.append(KeptPart(id_, weight, item=id_))
            answer = _answer(parts, folder, k=k, where=conditions)
            queries.keep(query_id, parts)
        except BaseException:
            queries.drop(query_id)
            raise
        return _shown(service, query_id, parts, folder, answer)

    @routes.get("/queries")
    def again(
        id: str,  # noqa: A002 - the name in the address
        k: Annotated[int, Query(ge=1, le=MOST_RESULTS)] = 10,
        where: _Where = None,
    ) -> SearchAnswer:
        """Run a query again that was made before, on the collection as it is now."""
        conditions = parse_where(where or [])
        parts, folder = _kept(service, id)
        return _shown(service, id, parts, folder, _answer(parts, folder, k=k, where=conditions))

    @routes.get("/query_model", response_class=FileResponse, responses=_GLB)
    def query_model(query: str, part: Annotated[int, Query(ge=0)]) -> FileResponse:
        """Return a part of a query that is a mesh or a point cloud, light enough for a viewer."""
        parts, folder = _kept(service, query)
        file = parts[part].file if part < len(parts) else None
        if file is None or Path(file).suffix not in GEOMETRY_ENDINGS:
            raise Failure(404, f"part {part} of the query: is no mesh or point cloud")
        path = service.pictures.get(
            "query", query, str(part), make=lambda: service.preview("viewer_model", folder / file, of_query=True)
        )
        return FileResponse(path, media_type="model/gltf-binary")

    @routes.get("/explain")
    def explain(
        query: str,
        id: Annotated[str, Query(min_length=1, max_length=4096)],  # noqa: A002 - the name in the address
    ) -> dict[str, Any]:
        """Say why an item is a result of a query: views, modalities, and how the shapes lie on each other."""
        parts, folder = _kept(service, query)
        library.require_fresh(id)
        found = library.explain([part.part(folder) for part in parts], id).as_json()
        names = {str(folder / part.file): part.shown for part in parts if part.file}
        for part in found["parts"]:
            part["name"] = names.get(part["name"], part["name"])
        found["remarks"] = ["its shape cannot be compared: a file is not there, or cannot be read"] * bool(
            found["remarks"]
        )
        return found

    def _answer(parts: Sequence[KeptPart], folder: Path, *, k: int, where: Sequence[Any]) -> Answer:
        wanted: list[Part] = [part.part(folder) for part in parts]
        try:
            return library.search(wanted, k=k, where=where)
        except FileError as error:
            names = {str(folder / part.file): part.shown for part in parts if part.file}
            service.measures.refused_files.labels("search").inc()
            name = names.get(error.path, "file")
            raise Failure(422, f"{name}: {error.reason}", refused=[{"name": name, "reason": error.reason}]) from error

    return routes


_GLB: dict[int | str, dict[str, Any]] = {
    200: {"content": {"model/gltf-binary": {"schema": {"type": "string", "format": "binary"}}}}
}


def _kept(service: Service, id_: str) -> tuple[list[KeptPart], Path]:
    found = service.queries.get(id_)
    if found is None:
        raise Failure(404, "the query is not kept any more, or never was: make it anew")
    return found


def _factors(text: str | None, count: int) -> list[float] | None:
    if text is None:
        return None
    try:
        values = json.loads(text)
        numbers = [float(value) for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    except (ValueError, TypeError, OverflowError, RecursionError):
        numbers = []
    if len(numbers) != count or not isinstance(values, list) or not all(abs(number) <= 100 for number in numbers):
        raise Failure(422, f"weights: expected a JSON list of {count} numbers from -100 to 100, one a part")
    return numbers


def _shown(service: Service, query_id: str, parts: Sequence[KeptPart], folder: Path, answer: Answer) -> SearchAnswer:
    """Return the answer as clients see it: no path of this machine, refused files under their sender's names."""
    numbers = {(str(folder / part.file) if part.file else str(part.item)): n for n, part in enumerate(parts)}
    library = service.library
    refused = [
        Refused(name=parts[numbers[path]].shown if path in numbers else "file", reason=reason)
        for path, reason in answer.refused
    ]
    if refused:
        service.measures.refused_files.labels("search").inc(len(refused))
    return SearchAnswer(
        query_id=query_id,
        query=[
            QueryPart(
                part=numbers[used.path],
                name=parts[numbers[used.path]].shown,
                modality=used.modality,
                weight=used.weight,
                assumed=dict(used.assumed),
            )
            for used in answer.queries
        ],
        refused=refused,
        hits=[
            SearchHit(
                rank=hit.rank,
                id=hit.id,
                score=hit.score,
                probability=hit.probability,
                band=hit.band,
                class_name=hit.class_name,
                thumbnail=library.thumbnail_address(hit.id, hit.metadata),
                scores=dict(hit.scores),
                metadata=library.shown(hit.metadata),
            )
            for hit in answer.hits
        ],
        rejected=answer.rejected,
        covering=answer.covering,
        seconds=dict(answer.seconds),
        items=answer.items,
        version=answer.version,
    )
