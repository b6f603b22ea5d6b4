"""Many queries in one go: every file of a folder searched by on its own, the answers as one table.

A file that cannot be used is a row that says why; the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from maquette.errors import FileError, InputError
from maquette.geometry import CLOUD_SUFFIXES, MESH_SUFFIXES
from maquette.index import Condition
from maquette.modalities.photo import PHOTO_SUFFIXES
from maquette.search.answers import Answer
from maquette.search.engine import Engine
from maquette.search.heldout import guess_modality
from maquette.search.parts import Part
from maquette.spreadsheet import csv_line

__all__ = ["COLUMNS", "BatchRow", "as_csv", "find_queries", "search_folder"]

COLUMNS = ("query", "rank", "id", "class", "score", "probability", "band", "rejected", "path", "refused")


@dataclass(frozen=True)
class BatchRow:
    """The outcome of one query file: its answer, or why it was refused."""

    query: str
    answer: Answer | None = None
    refused: str = ""


def find_queries(folder: Path) -> list[Path]:
    """Return the photos, scans and meshes in a folder, to any depth, sorted; hidden ones are passed over.

    InputError if the folder is not there or holds none.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: is no folder: expected one of photos, scans and meshes")
    known = PHOTO_SUFFIXES | MESH_SUFFIXES | CLOUD_SUFFIXES
    found = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.suffix.lower() in known
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    if not found:
        raise InputError(f"{folder}: holds nothing to search by: expected files ending in {', '.join(sorted(known))}")
    return found


def search_folder(
    engine: Engine,
    folder: Path,
    *,
    k: int = 10,
    where: Sequence[Condition] = (),
    on_progress: Callable[[int, int], None] | None = None,
) -> Iterator[BatchRow]:
    """Yield the outcome of every file of a folder as a query of its own; names are relative to the folder."""
    files = find_queries(folder)
    for number, path in enumerate(files, start=1):
        name = path.relative_to(folder).as_posix()
        try:
            yield BatchRow(name, engine.search_parts([Part(guess_modality(path), path)], k=k, where=where))
        except FileError as error:
            yield BatchRow(name, refused=error.reason)
        if on_progress is not None:
            on_progress(number, len(files))


def as_csv(rows: Iterable[BatchRow]) -> str:
    """Return the outcomes as CSV (RFC 4180): a line a hit, best first, and a line for a query without one.

    A text that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    lines = [csv_line(COLUMNS)]
    for row in rows:
        hits = row.answer.hits if row.answer is not None else ()
        rejected = _yes(row.answer is not None and row.answer.rejected)
        for hit in hits:
            probability = "" if hit.probability is None else f"{hit.probability:.6f}"
            class_name = hit.class_name or ""
            cells = (row.query, hit.rank, hit.id, class_name, f"{hit.score:.6f}", probability, hit.band, rejected)
            lines.append(csv_line((*cells, hit.path, "")))
        if not hits:
            lines.append(csv_line((row.query, "", "", "", "", "", "", rejected, "", row.refused)))
    return "".join(lines)


def _yes(value: bool) -> str:
    return "yes" if value else "no"
