"""The processes that read what clients send; started before everything else, for they import libraries of their own."""

from __future__ import annotations

from dataclasses import replace

from maquette.errors import ServiceError
from maquette.ingest import Limits, Sandbox, can_confine
from maquette.search.reading import READER_MODULES
from maquette.serve.settings import Settings

__all__ = ["SERVICE_READER_MODULES", "start_readers"]

SERVICE_READER_MODULES = (*READER_MODULES, "maquette.search.previews")
"""What a service's readers import before they are confined."""


def start_readers(settings: Settings) -> Sandbox:
    """Return a sandbox with the limits for strangers' files, a reader of which is on its way.

    ServiceError where the system cannot confine such processes.
    """
    if not can_confine():
        raise ServiceError("this system cannot confine the processes that read files: serve on Linux or macOS")
    limits = replace(Limits(), upload_bytes=settings.file_bytes)
    sandbox = Sandbox(limits, modules=SERVICE_READER_MODULES, workers=settings.readers)
    sandbox.start()
    return sandbox
