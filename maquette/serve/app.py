"""The application: its routes, what stands before them, and the page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from anyio import to_thread
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, Response
from fastapi.staticfiles import StaticFiles

from maquette import __version__
from maquette.serve.batches import batch_routes
from maquette.serve.browsing import browse_routes
from maquette.serve.duplicating import duplicate_routes
from maquette.serve.failures import Failure, answer_failures
from maquette.serve.guard import Guard
from maquette.serve.schemas import Failed, Status
from maquette.serve.searching import search_routes
from maquette.serve.service import Service
from maquette.serve.uploading import job_routes

__all__ = ["PAGE", "create_app"]

PAGE = Path(__file__).parent / "page"
"""The folder of the page's files."""

_THREADS = 16
"""Threads for requests that are no searches."""

_FAILURES: dict[int | str, dict[str, Any]] = {
    status: {"model": Failed, "description": text}
    for status, text in (
        (400, "not a proper request"),
        (401, "no valid token"),
        (403, "not allowed"),
        (404, "not there"),
        (413, "too large"),
        (415, "a file of no known kind"),
        (422, "cannot be used"),
        (429, "too many requests"),
        (503, "the collection cannot be used"),
    )
}


def create_app(service: Service) -> FastAPI:
    """Return the application over a service."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # Every search holds a thread while it waits; the rest must not wait behind them.
        to_thread.current_default_thread_limiter().total_tokens = service.settings.searches_at_once + _THREADS
        service.start()
        yield
        await run_in_threadpool(service.stop)

    app = FastAPI(
        title="Maquette",
        version=__version__,
        summary="Finds 3D models by photo, scan or mesh.",
        openapi_url="/api/openapi.json",
        # FastAPI's pages of documentation load scripts from another host.
        docs_url=None,
        redoc_url=None,
        responses=_FAILURES,
        lifespan=lifespan,
    )
    answer_failures(app)
    for routes in (search_routes, browse_routes, job_routes, batch_routes, duplicate_routes):
        app.include_router(routes(service))

    @app.get("/api/health", tags=["service"])
    async def health() -> Status:
        """Say that the service lives."""
        return Status(status="ok", version=__version__)

    @app.get("/api/ready", tags=["service"])
    def ready() -> Status:
        """Say that the collection can be searched."""
        service.library.index.refresh()
        return Status(status="ok", version=__version__)

    @app.get("/metrics", tags=["service"], response_class=Response, responses=_TEXT)
    def metrics() -> Response:
        """Return what the service counts, as Prometheus collects it."""
        return Response(service.measures.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    if PAGE.is_dir():
        app.mount("/page", StaticFiles(directory=PAGE), name="page")

    @app.get("/", include_in_schema=False)
    def page() -> Response:
        if not (PAGE / "index.html").is_file():
            raise Failure(404, "this installation has no page: the interface is under /api/openapi.json")
        return FileResponse(PAGE / "index.html", headers={"Cache-Control": "no-cache"})

    app.add_middleware(Guard, settings=service.settings, measures=service.measures)
    return app


_TEXT: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}
