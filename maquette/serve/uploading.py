"""The routes that take files to add: jobs, with their progress."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form

from maquette.search.previews import GEOMETRY_ENDINGS, IMAGE_ENDINGS
from maquette.serve.failures import Failure
from maquette.serve.schemas import Job, JobCreated, JobList
from maquette.serve.service import Service
from maquette.serve.sources import ARCHIVE_ENDING
from maquette.serve.uploads import Upload, ending_of, save_upload, shown_name

__all__ = ["job_routes"]

_CLASS = r"[^/\\\x00-\x1f\x7f]{1,100}"


def job_routes(service: Service) -> APIRouter:
    """Return the routes over a service."""
    routes = APIRouter(prefix="/api/jobs", tags=["jobs"])
    jobs, settings = service.jobs, service.settings

    @routes.post("", status_code=202)
    def create(
        file: Annotated[list[Upload], File(description="models and pictures, or one zip of them")],
        class_name: Annotated[str | None, Form(alias="class", pattern=f"^{_CLASS}$")] = None,
    ) -> JobCreated:
        """Take models to add. They are on disk when the answer comes, and in the collection when the job is done.

        An item's id is its file's name below the class; an item of that id is replaced.
        """
        most = settings.files_of_a_job
        if len(file) > most:
            raise Failure(413, f"{len(file)} files: expected at most {most}", limit=most, value=len(file))
        record, folder = jobs.new()
        try:
            record.class_name = class_name
            known = GEOMETRY_ENDINGS | IMAGE_ENDINGS | ({ARCHIVE_ENDING} if len(file) == 1 else set())
            for number, upload in enumerate(file):
                name = shown_name(upload.filename)
                ending = ending_of(upload.filename, known)
                record.archive = ending == ARCHIVE_ENDING
                stored = f"{number}{ending}"
                limit = settings.job_bytes if record.archive else settings.file_bytes
                save_upload(upload.file, folder / stored, most=limit, name=name, durable=True)
                record.files.append((name, stored))
            jobs.accept(record)
        except BaseException:
            jobs.drop(record)
            raise
        return JobCreated(id=record.id)

    @routes.get("")
    def every() -> JobList:
        """List the jobs, newest first."""
        return JobList(jobs=[record.shown() for record in jobs.all()])

    @routes.get("/{id}")
    def one(id: str) -> Job:  # noqa: A002 - the name in the address
        """Say how far a job is."""
        return jobs.get(id).shown()

    @routes.delete("/{id}")
    def cancel(id: str) -> Job:  # noqa: A002 - the name in the address
        """Cancel a job: what it has added stays, the rest is left out."""
        return jobs.cancel(id).shown()

    return routes
