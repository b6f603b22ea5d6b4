"""Jobs: resumed after a restart, cancelled, bounded; removals that no job undoes."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from maquette.errors import CollectionError
from maquette.geometry import write_mesh
from maquette.search import AddReport, Engine, Source
from maquette.serve.failures import Failure
from maquette.serve.jobs import Jobs
from maquette.serve.library import Library
from maquette.serve.records import JobRecord
from tests.search.search_cases import box


@pytest.fixture
def library(folder: Path, tmp_path: Path) -> Library:
    shutil.copytree(folder / "collection", tmp_path / "collection", ignore=shutil.ignore_patterns("service"))
    engine = Engine.open(tmp_path / "collection")
    return Library(engine)


def jobs_over(library: Library, *, waiting: int = 5) -> Jobs:
    def add(sources: Sequence[Source]) -> AddReport:
        return library.engine.add(sources, workers=0, replace_files=True)

    return Jobs(library, add=add, unpack=lambda archive, folder: (), waiting=waiting)


def accepted(jobs: Jobs, *names: str) -> JobRecord:
    record, folder = jobs.new()
    for number, name in enumerate(names):
        write_mesh(box(number + 1, 2, 3), folder / f"{number}.off")
        record.files.append((name, f"{number}.off"))
    jobs.accept(record)
    return record


def ended(jobs: Jobs, id_: str) -> JobRecord:
    while not jobs.get(id_).is_finished:
        time.sleep(0.01)
    return jobs.get(id_)


def test_a_job_goes_on_after_a_restart_and_skips_what_was_removed(library: Library) -> None:
    jobs = jobs_over(library)  # accepts, and ends before it works
    names = [f"{number}.off" for number in range(9)]
    record = accepted(jobs, *names)
    first = accepted(jobs, "bars/long.off")
    assert jobs.remove("3.off") == 0
    again = jobs_over(library)
    again.start()
    found = ended(again, record.id)
    assert (found.state, sorted(found.shown().added)) == ("done", sorted(set(names) - {"3.off"}))
    assert (found.shown().done, found.shown().total) == (9, 9)
    assert "3.off" not in library.index and "8.off" in library.index
    assert ended(again, first.id).state == "done"
    assert library.file("bars/long.off").is_relative_to(again.uploads.resolve())
    assert again.remove("8.off") == 1 and not (again.uploads / record.id / "8.off").exists()
    again.stop()
    assert again.unfinished() == 0


def test_a_cancelled_job_adds_nothing_more(library: Library) -> None:
    jobs = jobs_over(library)
    record = accepted(jobs, "a.off", "b.off")
    assert jobs.cancel(record.id).state == "cancelled"
    later = accepted(jobs, "c.off")
    jobs.start()
    assert ended(jobs, later.id).state == "done"
    jobs.stop()
    assert "a.off" not in library.index and "c.off" in library.index
    again = jobs_over(library)
    again.start()
    again.stop()
    assert not (again.uploads / record.id).exists() and library.file("c.off").is_file()


def test_too_many_jobs_are_refused(library: Library) -> None:
    jobs = jobs_over(library, waiting=2)
    accepted(jobs, "a.off")
    accepted(jobs, "b.off")
    with pytest.raises(Failure, match="2 jobs are waiting") as caught:
        jobs.new()
    assert caught.value.status_code == 429
    with pytest.raises(Failure, match="is not known"):
        jobs.get("0" * 32)


def test_a_collection_that_cannot_be_written_fails_the_job_and_not_the_service(library: Library) -> None:
    def add(sources: Sequence[Source]) -> AddReport:
        raise CollectionError("the disk is full")

    jobs = Jobs(library, add=add, unpack=lambda archive, folder: (), waiting=5)
    record = accepted(jobs, "a.off")
    jobs.start()
    found = ended(jobs, record.id)
    assert (found.state, found.reason) == ("failed", "the disk is full")
    jobs.stop()


def test_stopping_lets_the_running_lot_finish(library: Library) -> None:
    entered, go_on = threading.Event(), threading.Event()

    def add(sources: Sequence[Source]) -> AddReport:
        entered.set()
        go_on.wait()
        return library.engine.add(sources, workers=0, replace_files=True)

    jobs = Jobs(library, add=add, unpack=lambda archive, folder: (), waiting=5)
    record = accepted(jobs, *[f"{number}.off" for number in range(6)])
    jobs.start()
    entered.wait()
    stopping = threading.Thread(target=jobs.stop)
    stopping.start()
    go_on.set()
    stopping.join()
    assert len(jobs.get(record.id).outcomes) == 4 and not jobs.get(record.id).is_finished
    again = jobs_over(library)
    again.start()
    assert len(ended(again, record.id).outcomes) == 6
    again.stop()
