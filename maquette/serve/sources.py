"""Which items the files of a job make."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from maquette.search import Source, find_sources
from maquette.search.previews import IMAGE_ENDINGS
from maquette.serve.records import JobRecord

__all__ = ["ARCHIVE_ENDING", "sources_of_job"]

ARCHIVE_ENDING = ".zip"


def sources_of_job(record: JobRecord, folder: Path) -> list[Source]:
    """Return the items of a job whose files lie in a folder, its archive unpacked into `files/` there.

    An item's id is the name its sender gave the file, below the job's class if there is one. Files of an archive become
    items as those of a folder do: the first folder names the class, pictures beside a model are views of it.
    """
    class_name = record.class_name
    if record.archive:
        found = find_sources([folder / "files"])
        if class_name is None:
            return found
        return [replace(source, id=f"{class_name}/{source.id}", class_name=class_name) for source in found]
    root = folder.resolve()
    sources = []
    for shown, stored in record.files:
        id_ = shown if class_name is None else f"{class_name}/{shown}"
        if Path(stored).suffix in IMAGE_ENDINGS:
            sources.append(Source(id_, root, None, {"image": (stored,)}, class_name))
        else:
            sources.append(Source(id_, root, stored, {}, class_name))
    return sources
