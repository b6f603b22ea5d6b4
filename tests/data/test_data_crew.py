from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from maquette.data.crew import Reader, Task, read_all
from maquette.data.prepare import prepare
from maquette.data.store import State
from maquette.errors import MaquetteError
from tests.data.counting_modality import Counting, write_collection


class Lacking(Counting):
    """A modality whose reader needs what is not installed."""

    def read(self, *_: Any) -> Any:
        raise MaquetteError("reading needs nothing, which is not installed")


class Unborn(Counting):
    """A modality that cannot be built in the reader's process."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        import multiprocessing

        if multiprocessing.parent_process() is not None:
            raise SystemExit(3)


def _arguments(tmp_path: Path, kind: type[Counting], texts: list[str]) -> tuple[list[Task], dict[str, Any]]:
    manifest = write_collection(tmp_path / "data", texts)
    prepare(manifest, {"counting": Counting()}, tmp_path / "store")
    tasks = [Task(row, item, ("counting",)) for row, item in enumerate(manifest.items)]
    modalities = {"counting": (kind, Counting().settings())}
    return tasks, {"modalities": modalities, "root": tmp_path / "data", "folder": tmp_path / "store", "seed": 0}


def test_alone_it_gives_one_result_a_task_in_order(tmp_path: Path) -> None:
    tasks, make_reader = _arguments(tmp_path, Counting, ["4", "bad", "6"])
    results = list(read_all(tasks, make_reader, workers=0, timeout_seconds=9.0))
    assert [(result.row, result.state) for result in results] == [(0, State.DONE), (1, State.REFUSED), (2, State.DONE)]
    assert Reader(**make_reader).maps["counting"]["values"][2, 0] == 6


def test_an_error_of_the_installation_ends_the_run(tmp_path: Path) -> None:
    tasks, make_reader = _arguments(tmp_path, Lacking, ["4"])
    with pytest.raises(MaquetteError, match="not installed"):
        list(read_all(tasks, make_reader, workers=1, timeout_seconds=60.0))


def test_a_process_that_cannot_start_is_not_started_for_ever(tmp_path: Path) -> None:
    tasks, make_reader = _arguments(tmp_path, Unborn, ["4"])
    with pytest.raises(MaquetteError, match=r"could not start \(exit code 3\).*__main__"):
        list(read_all(tasks, make_reader, workers=1, timeout_seconds=60.0))
