"""A crew of reader processes that outlives its members: a file that crashes or hangs its reader costs one object.

`concurrent.futures` gives up a whole pool when one process dies, and cannot say which task killed it; here each process
has its own pipe and one task at a time, so the culprit is known, is reported, and a fresh process takes the next task.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import numpy as np

from maquette.data.manifest import Item, Scalar
from maquette.data.reading import GEOMETRY_SOURCES, read_item
from maquette.data.store import State
from maquette.errors import MaquetteError
from maquette.modalities.base import Modality

__all__ = ["Reader", "Result", "Task", "read_all"]


@dataclass(frozen=True)
class Task:
    """An object to read: its row in the store, and the modalities that are still missing."""

    row: int
    item: Item
    modalities: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """What became of one object in one modality; its arrays are in the store already."""

    row: int
    id: str
    modality: str
    state: State
    path: str
    reason: str
    notes: Mapping[str, Scalar]


class Reader:
    """Reads objects and writes their arrays into the store's memory maps."""

    def __init__(
        self, modalities: Mapping[str, tuple[type[Modality], dict[str, Any]]], *, root: Path, folder: Path, seed: int
    ) -> None:
        self.modalities = {name: kind(**settings) for name, (kind, settings) in modalities.items()}
        self.root = root
        self.seed = seed
        self.maps = {
            name: {key: np.load(folder / name / f"{key}.npy", mmap_mode="r+") for key in modality.fields()}
            for name, modality in self.modalities.items()
        }

    def run(self, task: Task) -> Iterator[Result]:
        """One result a modality of the task, in its order."""
        wanted = {name: self.modalities[name] for name in task.modalities}
        for outcome in read_item(task.item, wanted, root=self.root, seed=self.seed):
            state, notes = State.ABSENT, {}
            if outcome.prepared is not None:
                state, notes = State.DONE, dict(outcome.prepared.notes)
                for key, array in outcome.prepared.arrays.items():
                    self.maps[outcome.modality][key][task.row] = array
            elif outcome.reason:
                state = State.REFUSED
            yield Result(task.row, task.item.id, outcome.modality, state, outcome.path, outcome.reason, notes)


def read_all(
    tasks: Sequence[Task], make_reader: Mapping[str, Any], *, workers: int, timeout_seconds: float
) -> Iterator[Result]:
    """Results of all tasks as they come; `make_reader` holds the arguments of `Reader`.

    With no workers everything happens here, in order, and a crash is a crash. MaquetteError if a process cannot start
    or says that no file could be read (a package that is not installed).
    """
    if workers == 0:
        reader = Reader(**make_reader)
        for task in tasks:
            yield from reader.run(task)
        return
    queue = deque(tasks)
    crew = [_Member(make_reader) for _ in range(min(workers, len(tasks)))]
    try:
        while queue or any(member.task is not None for member in crew):
            soonest = min(member.deadline for member in crew)
            ready = set(wait([member.connection for member in crew], max(0.0, min(soonest - time.monotonic(), 1.0))))
            for place, member in enumerate(crew):
                fault = ""
                if member.connection in ready:
                    try:
                        message = member.connection.recv()
                    except (EOFError, OSError):
                        fault = member.cause_of_death()
                    else:
                        if isinstance(message, str):
                            raise MaquetteError(message)
                        if isinstance(message, Result):
                            member.remaining = member.remaining[1:]
                            yield message
                        member.finish_or_take(queue, timeout_seconds)
                elif time.monotonic() > member.deadline:
                    fault = f"reading took longer than {timeout_seconds:g} seconds"
                if fault:
                    member.stop()
                    if member.task is not None:
                        yield _refuse(member.task, member.remaining[0], fault)
                        if member.remaining[1:]:
                            queue.appendleft(Task(member.task.row, member.task.item, member.remaining[1:]))
                    crew[place] = _Member(make_reader)
    finally:
        for member in crew:
            member.stop()


class _Member:
    """One process, its pipe, and what it is doing."""

    def __init__(self, make_reader: Mapping[str, Any]) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process: SpawnProcess = context.Process(target=_serve, args=(theirs, dict(make_reader)), daemon=True)
        self.process.start()
        theirs.close()  # else its end of the pipe would stay open after its death
        self.started = False
        self.task: Task | None = None
        self.remaining: tuple[str, ...] = ()
        self.deadline = float("inf")

    def finish_or_take(self, queue: deque[Task], timeout_seconds: float) -> None:
        """After a message: the clock starts anew, and a free process takes the next task."""
        self.started = True
        self.deadline = time.monotonic() + timeout_seconds
        if self.remaining:
            return
        self.task = queue.popleft() if queue else None
        if self.task is None:
            self.deadline = float("inf")
            return
        self.remaining = self.task.modalities
        with contextlib.suppress(OSError):  # it died just now: its pipe says so at the next look
            self.connection.send(self.task)

    def cause_of_death(self) -> str:
        """How the process ended; MaquetteError if it never began to work."""
        self.process.join(5)
        code = self.process.exitcode
        how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        if not self.started:
            raise MaquetteError(
                f"a reader process could not start ({how}): call prepare from under `if __name__ == '__main__':`, "
                "or with workers=0"
            )
        return f"the reader crashed ({how})"

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        self.connection.close()
        self.process.kill()
        self.process.join()
        self.process.close()


def _serve(connection: Connection, make_reader: dict[str, Any]) -> None:
    """The life of a reader process: it ends when its pipe does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interruption means
    try:
        reader = Reader(**make_reader)
        connection.send(None)
        while True:
            for result in reader.run(connection.recv()):
                connection.send(result)
    except MaquetteError as error:
        connection.send(str(error))
    except (EOFError, BrokenPipeError):
        return


def _refuse(task: Task, modality: str, reason: str) -> Result:
    sources = [source for source in (modality, *GEOMETRY_SOURCES) if source in task.item.paths]
    path = task.item.paths[sources[0]][0] if sources else ""
    return Result(task.row, task.item.id, modality, State.REFUSED, path, reason, {})
