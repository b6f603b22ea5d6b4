"""The route that searches by many files, one after another, and answers with a table."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, File, Form
from fastapi.responses import Response, StreamingResponse

from maquette.errors import InputError
from maquette.index.where import Condition, parse_where
from maquette.search import Part
from maquette.search.previews import GEOMETRY_ENDINGS, IMAGE_ENDINGS, modality_of
from maquette.serve.failures import Failure
from maquette.serve.service import Service
from maquette.serve.sources import ARCHIVE_ENDING
from maquette.serve.uploads import Upload, ending_of, save_upload, shown_name
from maquette.spreadsheet import csv_line

__all__ = ["batch_routes"]

COLUMNS = ("file", "modality", "rank", "id", "class", "score", "probability", "band", "refused")

_CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}


def batch_routes(service: Service) -> APIRouter:
    """Return the route over a service."""
    routes = APIRouter(prefix="/api", tags=["search"])
    settings = service.settings

    @routes.post("/batch", response_class=StreamingResponse, responses=_CSV)
    def batch(
        file: Annotated[list[Upload], File(description="models and pictures, or one zip of them")],
        k: Annotated[int, Form(ge=1, le=100)] = 10,
        where: Annotated[list[str] | None, Form(max_length=50)] = None,
    ) -> Response:
        """Search by each file alone; the answer is a CSV table of the best k items each, written as they are found."""
        conditions = parse_where(where or [])
        service.library.index.require_fields(conditions)
        folder = Path(tempfile.mkdtemp(prefix="batch-", dir=service.library.state))
        try:
            named = _take_in(file, folder)
            if len(named) > settings.files_of_a_batch:
                most = settings.files_of_a_batch
                raise Failure(413, f"{len(named)} files: expected at most {most}", limit=most, value=len(named))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

        def lines() -> Iterator[str]:
            try:
                yield csv_line(COLUMNS)
                for name, path, reason in named:
                    yield "".join(_rows(name, path, reason, k=k, where=conditions))
            finally:
                shutil.rmtree(folder, ignore_errors=True)

        headers = {"Content-Disposition": 'attachment; filename="maquette-batch.csv"'}
        return StreamingResponse(lines(), media_type="text/csv; charset=utf-8", headers=headers)

    def _take_in(files: list[Upload], folder: Path) -> list[tuple[str, Path | None, str]]:
        """Return (name, path, reason it was refused) of each file, those of an archive unpacked."""
        known = GEOMETRY_ENDINGS | IMAGE_ENDINGS | ({ARCHIVE_ENDING} if len(files) == 1 else set())
        named: list[tuple[str, Path | None, str]] = []
        for number, upload in enumerate(files):
            ending = ending_of(upload.filename, known)
            path = folder / f"{number}{ending}"
            name = shown_name(upload.filename)
            most = settings.job_bytes if ending == ARCHIVE_ENDING else settings.file_bytes
            save_upload(upload.file, path, most=most, name=name)
            if ending == ARCHIVE_ENDING:
                inside = folder / "files"
                inside.mkdir()
                refused = service.unpack(path, inside)
                found = sorted(item for item in inside.rglob("*") if item.is_file())
                named += [(item.relative_to(inside).as_posix(), item, "") for item in found]
                named += [(entry, None, reason) for entry, reason in refused]
            else:
                named.append((name, path, ""))
        return named

    def _rows(name: str, path: Path | None, reason: str, *, k: int, where: tuple[Condition, ...]) -> Iterator[str]:
        if path is None:
            yield csv_line((name, *[""] * 7, reason))
            return
        modality = modality_of(path)
        try:
            answer = service.library.search([Part(modality, path)], k=k, where=where)
        except InputError as error:
            service.measures.refused_files.labels("batch").inc()
            yield csv_line((name, modality, *[""] * 6, getattr(error, "reason", str(error))))
            return
        for hit in answer.hits:
            probability = "" if hit.probability is None else hit.probability
            yield csv_line(
                (name, modality, hit.rank, hit.id, hit.class_name or "", hit.score, probability, hit.band, "")
            )

    return routes
