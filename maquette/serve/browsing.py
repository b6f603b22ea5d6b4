"""The routes that look: the collection, its items, their pictures, models and files; and removal of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response

from maquette.index.where import parse_where
from maquette.search.previews import GEOMETRY_ENDINGS
from maquette.serve.failures import Failure
from maquette.serve.schemas import CollectionInfo, Item, ItemPage, Removed
from maquette.serve.service import Service
from maquette.serve.uploads import shown_name

__all__ = ["browse_routes"]

_KEPT = "private, max-age=31536000, immutable"
"""For answers whose address holds the item's version: the same address never means other bytes."""

_SORTS = ("id", "class", "added", "faces", "points", "bytes")

_PNG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}
}
_GLB: dict[int | str, dict[str, Any]] = {
    200: {"content": {"model/gltf-binary": {"schema": {"type": "string", "format": "binary"}}}}
}
_BYTES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}
_Id = Annotated[str, Query(min_length=1, max_length=4096)]
_Version = Annotated[str | None, Query(max_length=64, description="only tells browsers when to ask anew")]


def browse_routes(service: Service) -> APIRouter:
    """Return the routes over a service."""
    routes = APIRouter(prefix="/api", tags=["collection"])
    library, settings = service.library, service.settings
    index = library.index

    @routes.get("/collection")
    def collection(request: Request) -> CollectionInfo:
        """Say what the collection is and holds, and what this client may do."""
        index.refresh()
        return CollectionInfo(
            name=library.collection.name,
            items=len(index),
            classes=index.counts("class"),
            modalities=list(library.collection.modalities),
            fingerprint=library.collection.fingerprint,
            version=index.version,
            calibrated=library.engine.calibration is not None,
            writable=not settings.read_only and request.state.role == "writer",
            limits={name: float(value) for name, value in service.limits().items()},
        )

    @routes.get("/items")
    def items(
        offset: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        where: Annotated[list[str] | None, Query(max_length=50)] = None,
        sort: Annotated[str, Query(description=f"one of {', '.join(_SORTS)}; with - before it, backwards")] = "id",
    ) -> ItemPage:
        """List items that match all conditions."""
        name, backwards = sort.removeprefix("-"), sort.startswith("-")
        if name not in _SORTS:
            raise Failure(422, f"sort {sort!r}: expected one of {', '.join(_SORTS)}, with or without - before it")
        conditions = parse_where(where or [])
        index.refresh()
        index.require_fields(conditions)
        ids = list(index.ids(conditions))
        if name != "id":
            ids = library.sorted_by(ids, name)
        if backwards:
            ids.reverse()
        return ItemPage(
            total=len(ids), offset=offset, items=library.items(ids[offset : offset + limit]), version=index.version
        )

    @routes.get("/item")
    def item(id: _Id) -> Item:  # noqa: A002 - the name in the address
        """Return one item."""
        return library.item(id)

    @routes.delete("/item")
    def remove(id: _Id) -> Removed:  # noqa: A002 - the name in the address
        """Remove an item; it is gone for good when the answer comes."""
        index.refresh()
        library.require(id)
        return Removed(removed=service.remove(id))

    @routes.get("/thumbnail", response_class=FileResponse, responses=_PNG)
    def thumbnail(id: _Id, v: _Version = None) -> Response:  # noqa: A002 - the name in the address
        """Return the item's picture."""
        path = library.collection.thumbnail(id)
        if not path.is_file():
            raise Failure(404, f"item {id!r}: has no picture")
        return FileResponse(path, media_type="image/png", headers=_caching(v))

    @routes.get("/turntable", response_class=FileResponse, responses=_PNG)
    def strip(id: _Id, v: _Version = None) -> Response:  # noqa: A002 - the name in the address
        """Return twelve pictures of the item side by side, once around it."""
        path, checksum = library.geometry(id, GEOMETRY_ENDINGS)
        made = service.pictures.get("turntable", id, checksum, make=lambda: service.preview("turntable", path))
        return FileResponse(made, media_type="image/png", headers=_caching(v))

    @routes.get("/model", response_class=FileResponse, responses=_GLB)
    def model(id: _Id, v: _Version = None) -> Response:  # noqa: A002 - the name in the address
        """Return the item as GLB, normalised, y up, with no more faces than a browser takes."""
        path, checksum = library.geometry(id, GEOMETRY_ENDINGS)
        made = service.pictures.get("model", id, checksum, make=lambda: service.preview("viewer_model", path))
        return FileResponse(made, media_type="model/gltf-binary", headers=_caching(v))

    @routes.get("/file", response_class=FileResponse, responses=_BYTES)
    def file(id: _Id, v: _Version = None) -> Response:  # noqa: A002 - the name in the address
        """Return the item's file as it was added, to be saved."""
        return FileResponse(
            library.file(id),
            media_type="application/octet-stream",
            filename=shown_name(id),
            headers={"Content-Security-Policy": "sandbox; default-src 'none'"},
        )

    return routes


def _caching(version: str | None) -> Mapping[str, str]:
    return {"Cache-Control": _KEPT} if version else {}
