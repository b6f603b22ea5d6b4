"""Preparation: every source file is read once, in parallel, into a store that loading only copies from.

It may be killed at any time: what a store's state calls done is on disk, and the next call does what is missing.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from maquette.data.atomic import write_atomically
from maquette.data.crew import Result, Task, read_all
from maquette.data.manifest import Manifest
from maquette.data.store import FORMAT, Refusal, State, read_header, read_refusals
from maquette.errors import ConfigError, MaquetteError
from maquette.modalities.base import Modality

__all__ = ["PreparationReport", "prepare"]

_FLUSH_SECONDS = 1.0


@dataclass(frozen=True)
class PreparationReport:
    """What a store holds after a call: per modality how many objects are done, refused and absent.

    `already` objects were complete before the call; `read` objects were worked on in it, in `seconds`.
    """

    folder: Path
    objects: int
    counts: Mapping[str, Mapping[str, int]]
    refused: tuple[Refusal, ...]
    already: int
    read: int
    seconds: float

    def lines(self) -> list[str]:
        """The report as text: a line a modality, then a line a refused file."""
        counts = [
            f"{name}: {count['done']} done, {count['refused']} refused, {count['absent']} absent"
            for name, count in self.counts.items()
        ]
        return counts + sorted({f"refused {refusal.path}: {refusal.reason}" for refusal in self.refused})


def prepare(
    manifest: Manifest,
    modalities: Mapping[str, Modality],
    out: Path,
    *,
    seed: int = 0,
    workers: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
    strict: bool = False,
    retry: bool = False,
    timeout_seconds: float = 300.0,
) -> PreparationReport:
    """Fill (or go on filling) the store in `out`, and say what it holds.

    An object's modality is read from its own files, else derived from its mesh or point cloud, else absent. A file that
    cannot be read, crashes its reader or takes longer than `timeout_seconds` is refused: one line in `refused.jsonl`,
    and the run goes on; with `strict` a MaquetteError at the end says so. `retry` tries refused objects again.
    `workers` processes read (0: this process, without protection from crashes); the arrays do not depend on how many.
    `on_progress(done, total)` counts objects. Labels may change between calls, and other modalities may be added; a
    store of other files, another seed or other fields of a modality raises ConfigError. Settings that leave the fields
    of a modality as they are (augmentation) may change: what is prepared depends on the fields alone.
    """
    began = time.monotonic()
    header = _merged_header(manifest, modalities, out, seed=seed)
    new = {name: modality for name, modality in modalities.items() if not (out / name / "state.npy").exists()}
    _check_space(new, out, objects=len(manifest))
    write_atomically(out / "store.json", json.dumps(header, indent=1, sort_keys=True).encode())
    _create_arrays(new, out, objects=len(manifest))
    manifest.save(out / "manifest.json")

    states = {name: np.load(out / name / "state.npy", mmap_mode="r+") for name in modalities}
    if retry:
        for state in states.values():
            state[state == State.REFUSED] = State.PENDING
    tasks = []
    for row, item in enumerate(manifest.items):
        pending = tuple(name for name in modalities if states[name][row] == State.PENDING)
        if pending:
            tasks.append(Task(row, item, pending))
    if tasks:
        _work(tasks, manifest, modalities, states, out, seed, workers, on_progress, timeout_seconds)

    refused = _tidy_refusals(manifest, out, header)
    counts = {
        name: {state.name.lower(): int((states[name] == state).sum()) for state in State if state != State.PENDING}
        for name in modalities
    }
    seconds = time.monotonic() - began
    report = PreparationReport(out, len(manifest), counts, refused, len(manifest) - len(tasks), len(tasks), seconds)
    if strict and refused:
        first = refused[0]
        raise MaquetteError(
            f"{len(refused)} readings of {len(manifest)} objects were refused, first {first.path}: {first.reason}; "
            f"all are listed in {out / 'refused.jsonl'}"
        )
    return report


def _work(
    tasks: list[Task],
    manifest: Manifest,
    modalities: Mapping[str, Modality],
    states: Mapping[str, np.ndarray],
    out: Path,
    seed: int,
    workers: int,
    on_progress: Callable[[int, int], None] | None,
    timeout_seconds: float,
) -> None:
    total = len(manifest)
    left = {task.row: len(task.modalities) for task in tasks}
    make_reader = {
        "modalities": {name: (type(modality), modality.settings()) for name, modality in modalities.items()},
        "root": manifest.root,
        "folder": out,
        "seed": seed,
    }
    waiting: list[Result] = []
    flushed = time.monotonic()
    try:
        if on_progress is not None:
            on_progress(total - len(left), total)
        for result in read_all(tasks, make_reader, workers=workers, timeout_seconds=timeout_seconds):
            waiting.append(result)
            left[result.row] -= 1
            if left[result.row] == 0:
                del left[result.row]
                if on_progress is not None:
                    on_progress(total - len(left), total)
            if time.monotonic() - flushed > _FLUSH_SECONDS:
                _flush(waiting, states, modalities, out)
                flushed = time.monotonic()
    finally:
        _flush(waiting, states, modalities, out)


def _flush(
    waiting: list[Result],
    states: Mapping[str, np.ndarray],
    modalities: Mapping[str, Modality],
    out: Path,
) -> None:
    """Arrays, then records, then states reach the disk, in this order: a state never promises what is not there."""
    if not waiting:
        return
    touched = sorted({result.modality for result in waiting})
    for name in touched:
        for key in modalities[name].fields():
            _sync(out / name / f"{key}.npy")
    notes = [{"id": r.id, "modality": r.modality, "notes": dict(r.notes)} for r in waiting if r.notes]
    refused = [asdict(Refusal(r.id, r.modality, r.path, r.reason)) for r in waiting if r.state == State.REFUSED]
    for file, lines in (("notes.jsonl", notes), ("refused.jsonl", refused)):
        if lines:
            with (out / file).open("a", encoding="utf-8") as stream:
                # A killed run may have left half a line: a new line ends it.
                stream.write("\n" + "".join(json.dumps(line, sort_keys=True) + "\n" for line in lines))
                stream.flush()
                os.fsync(stream.fileno())
    for result in waiting:
        states[result.modality][result.row] = result.state
    for name in touched:
        _sync(out / name / "state.npy")
    waiting.clear()


def _sync(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def _merged_header(manifest: Manifest, modalities: Mapping[str, Modality], out: Path, *, seed: int) -> dict[str, Any]:
    """The header of the store as it will be; ConfigError where the store that is there does not fit."""
    entries: dict[str, Any] = {
        name: {
            "settings": modality.settings(),
            "fields": {key: [list(field.shape), field.dtype] for key, field in modality.fields().items()},
        }
        for name, modality in sorted(modalities.items())
    }
    entries = json.loads(json.dumps(entries))
    facts = {"format": FORMAT, "files_digest": manifest.files_digest, "objects": len(manifest), "seed": seed}
    old = read_header(out)
    if old is None:
        return {**facts, "modalities": entries}
    advice = "prepare into another folder, or delete this one"
    for key, value in facts.items():
        if old[key] != value:
            raise ConfigError(f"{out} was prepared with {key} {old[key]!r}, now it is {value!r}: {advice}")
    for name, entry in entries.items():
        if name in old["modalities"] and old["modalities"][name]["fields"] != entry["fields"]:
            raise ConfigError(
                f"{out} holds {name!r} prepared with {old['modalities'][name]['settings']}, "
                f"now the settings are {entry['settings']}: {advice}"
            )
    return {**facts, "modalities": {**entries, **old["modalities"]}}


def _check_space(modalities: Mapping[str, Modality], out: Path, *, objects: int) -> None:
    fields = [field for modality in modalities.values() for field in modality.fields().values()]
    needed = sum(prod(field.shape) * np.dtype(field.dtype).itemsize for field in fields) * objects
    out.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(out).free
    if needed > free:
        raise MaquetteError(f"the store needs {needed / 1e9:.1f} GB in {out}, {free / 1e9:.1f} GB are free")


def _create_arrays(modalities: Mapping[str, Modality], out: Path, *, objects: int) -> None:
    """Make the files of new modalities; the state comes last, so that its being there vouches for the others."""
    for name, modality in modalities.items():
        (out / name).mkdir(exist_ok=True)
        for key, field in modality.fields().items():
            path = out / name / f"{key}.npy"
            np.lib.format.open_memmap(path, mode="w+", dtype=np.dtype(field.dtype), shape=(objects, *field.shape))
            if sys.platform == "linux":
                with path.open("rb+") as stream:  # reserved now: a full disk later would kill whoever writes the map
                    os.posix_fallocate(stream.fileno(), 0, path.stat().st_size)
        state = BytesIO()
        np.save(state, np.full(objects, State.PENDING, np.uint8))
        write_atomically(out / name / "state.npy", state.getvalue())


def _tidy_refusals(manifest: Manifest, out: Path, header: Mapping[str, Any]) -> tuple[Refusal, ...]:
    """The refusals that hold, sorted; the file is rewritten without those of objects that were read since."""
    states = {name: np.load(out / name / "state.npy") for name in header["modalities"]}
    row_of = {identity: row for row, identity in enumerate(manifest.ids)}
    refused = tuple(r for r in read_refusals(out) if states[r.modality][row_of[r.id]] == State.REFUSED)
    content = "".join(json.dumps(asdict(refusal), sort_keys=True) + "\n" for refusal in refused).encode()
    path = out / "refused.jsonl"
    if not path.exists() or path.read_bytes() != content:
        write_atomically(path, content)
    return refused
