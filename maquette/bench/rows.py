"""Rows of a published table: each is one run, measured, and kept as one JSON file; what is there is not run again.

A row that is killed goes on from its checkpoint, in the scratch folder, when the same command is given again:

    <scratch>/data  <scratch>/prepared             shared by the rows of a table
    <shared>/<place>/                              instead, for rows with a place: shared by tables, files and vectors
    <scratch>/<row>/                               the run: record, checkpoint until it is finished, model
    <results>/<row>.json                           what is published
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int

from maquette.bench.measured import measure_pairs, measure_views
from maquette.bench.plan import Ran, Row, Table
from maquette.bench.projected import project
from maquette.config import MethodConfig, RunConfig, load_config
from maquette.data.atomic import write_atomically
from maquette.data.store import Store
from maquette.encoders import Embedded
from maquette.errors import ConfigError, FileError
from maquette.index.lock import WriterLock
from maquette.metrics import get_protocol
from maquette.train.data import build_manifest, prepare_data, train_before
from maquette.train.evaluation import encode_run
from maquette.train.experiment import train
from maquette.train.practice import image_views, measured_objects
from maquette.train.record import read_record
from maquette.train.run import Run
from maquette.types import Progress

__all__ = ["Row", "Stage", "Table", "Update", "make_run", "published_config", "read_rows", "run_row", "run_rows"]

Update = Callable[[int, int, str], None]
Stage = Callable[[str], AbstractContextManager[Update]]


def run_rows(
    table: Table, *, results: Path, scratch: Path, stage: Stage, workers: int = 0, shared: Path | None = None
) -> list[dict[str, Any]]:
    """Run the rows of `table` that have no result yet, one after the other, and return all of them in order."""
    return [
        run_row(
            row,
            table,
            results=results,
            scratch=scratch,
            shared=shared,
            stage=stage,
            workers=workers,
            place=f"{number} of {len(table.rows)}",
        )
        for number, row in enumerate(table.rows, start=1)
    ]


def run_row(
    row: Row,
    table: Table,
    *,
    results: Path,
    scratch: Path,
    stage: Stage,
    workers: int = 0,
    place: str = "",
    shared: Path | None = None,
) -> dict[str, Any]:
    """The row's result, read if it is there, else made and written."""
    path = results / f"{row.name}.json"
    if path.is_file():
        return _read(path)
    config, store = _prepared(row, scratch, shared, stage, workers)
    with WriterLock(scratch / f"{row.name}.lock").held():
        if path.is_file():
            return _read(path)
        checkpoint = scratch / row.name / "checkpoint.safetensors"
        with stage(f"row {place}: {row.name}") as update:
            if row.projection is not None:
                result = _projected(row, table, config, store)
            else:
                begun = checkpoint.is_file()
                run = train(config, store, out=scratch / row.name, resume=True, on_step=_shown(update), title=row.name)
                result = _trained(row, table, config, run, resumed=begun)
        write_atomically(path, (json.dumps(result, indent=1, sort_keys=True) + "\n").encode())
        # Only a run that is not finished needs it, and it is the largest file of all.
        checkpoint.unlink(missing_ok=True)
    return result


def make_run(row: Row, *, scratch: Path, stage: Stage, workers: int = 0, shared: Path | None = None) -> Ran:
    """The row's finished run, for a figure: trained if its folder is not there, whether or not its result is."""
    config, store = _prepared(row, scratch, shared, stage, workers)
    with WriterLock(scratch / f"{row.name}.lock").held(), stage(f"run {row.name}") as update:
        run = train(config, store, out=scratch / row.name, resume=True, on_step=_shown(update), title=row.name)
    raw = config.data.root / "arrays" if config.data.frozen is not None else config.data.prepared
    return Ran(row, run.folder, raw)


def _prepared(row: Row, scratch: Path, shared: Path | None, stage: Stage, workers: int) -> tuple[RunConfig, Store]:
    """The row's configuration with its folders, and its data, made where they are missing."""
    folder = (shared or scratch) / row.place if row.place else scratch
    for needed in (scratch, folder):
        needed.mkdir(parents=True, exist_ok=True)
    config = load_config(row.config, row.changes)
    config = load_config(row.config, [*row.changes, *_places(folder, row, frozen=config.data.frozen is not None)])
    # Another process may be making the same data, or the same row: then this one waits and finds it made.
    with WriterLock(folder / "data.lock").held(), stage("data") as update:
        manifest = build_manifest(config, workers=workers, on_progress=lambda done, total: update(done, total, ""))
        prepare_data(config, manifest, workers=workers, on_progress=lambda done, total: update(done, total, ""))
        if row.start is not None:
            first = train_before(config, row.start, root=folder, workers=workers)
            train_section = config.train.model_copy(update={"start": first.model})
            config = config.model_copy(update={"train": train_section})
    return config, Store.open(config.data.prepared)


def read_rows(results: Path, rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The results that are there, of these rows, in their order."""
    paths = [results / f"{row.name}.json" for row in rows]
    return [_read(path) for path in paths if path.is_file()]


def _trained(row: Row, table: Table, config: RunConfig, run: Run, *, resumed: bool) -> dict[str, Any]:
    embedded, store, rows = encode_run(run.folder, split="test")
    divisions = [entry["values"] for entry in read_record(run.folder) if entry["kind"] == "division"]
    more = {"division": divisions[-1]} if divisions else {}
    return _result(row, table, config, embedded, store, rows, run.facts, more, resumed=resumed)


def _projected(row: Row, table: Table, config: RunConfig, store: Store) -> dict[str, Any]:
    assert row.projection is not None
    config = config.model_copy(update={"method": MethodConfig(name=row.projection)})
    made = project(config, store, name=row.projection, dimensions=config.dimensions)
    return _result(row, table, config, made.embedded, store, made.rows, made.facts, {}, resumed=False)


def _result(
    row: Row,
    table: Table,
    config: RunConfig,
    embedded: Embedded,
    store: Store,
    rows: Int[np.ndarray, "N"],
    facts: Mapping[str, Any],
    more: Mapping[str, Any],
    *,
    resumed: bool,
) -> dict[str, Any]:
    labels = store.manifest.true_labels()[rows]
    metrics = {
        name: measure_pairs(embedded, labels, protocol=get_protocol(name), crossing_only=crossing)
        for name, crossing in table.protocols.items()
    }
    if table.views:
        more = {
            **more,
            "views": {
                # All that the protocol has, not only the table's own: tables may share their rows.
                name: measure_views(
                    embedded, labels, protocol=get_protocol(name), counts=get_protocol(name).view_counts
                )
                for name in table.protocols
            },
        }
    return {
        "table": table.home or table.name,
        "row": row.name,
        "method": row.method,
        "kind": row.kind,
        "rate": row.rate,
        **({"set": row.data} if row.data else {}),
        "seeds": {"train": config.train.seed, "noise": config.noise.seed},
        "metrics": {**metrics, **more},
        "protocols": {name: _rules(name, config, more.get("views", {}).get(name, {})) for name in table.protocols},
        "config": published_config(config),
        **({"defaults": facts["defaults"]} if "defaults" in facts else {}),
        "epoch": "last",
        "practice": facts.get("practice"),
        "objects": measured_objects(store, rows, split="test"),
        **{name: facts[name] for name in ("identity", "data", "noise", "provenance", "seconds")},
        "resumed": resumed,
        "command": _command(row, table),
    }


def _rules(name: str, config: RunConfig, by_views: Mapping[str, Any]) -> dict[str, Any]:
    """The protocol's rules, but with the numbers of views that were measured: all together, and those of `by_views`."""
    together = image_views(config)
    counts = {int(count) for count in by_views} | ({together} if together is not None else set())
    return {**get_protocol(name).as_json(), "view_counts": sorted(counts)}


def _command(row: Row, table: Table) -> str:
    noise = f" --noise {row.kind}" if len({other.kind for other in table.rows} | {"symmetric"}) > 1 else ""
    data = f" --set {row.data}" if row.data else ""
    return f"{table.command}{data} --only {row.method}{noise} --rates {row.rate:g} --seeds {row.seed}"


def _places(folder: Path, row: Row, *, frozen: bool) -> Sequence[str]:
    """Where the data go; a place is laid out so that rows that freeze and rows that do not share files and arrays."""
    if not row.place:
        root, prepared = folder / "data", folder / "prepared"
    elif frozen:
        root, prepared = folder, folder / "prepared"
    else:
        root, prepared = folder / "files", folder / "arrays"
    return [f"data.root={json.dumps(str(root))}", f"data.prepared={json.dumps(str(prepared))}"]


def published_config(config: RunConfig) -> dict[str, Any]:
    """The configuration without the folders of the machine that it ran on."""
    values = config.to_json()
    for name in ("root", "prepared"):
        del values["data"][name]
    if values["data"]["frozen"] is not None:
        values["data"]["frozen"]["config"] = Path(values["data"]["frozen"]["config"]).name
    if values["train"]["start"] is not None:
        values["train"]["start"] = "MODEL"
    for name in ("source", "features"):
        if name in values["data"]["options"]:
            values["data"]["options"][name] = "FOLDER"
    return values


def _shown(update: Update) -> Callable[[Progress, Mapping[str, float]], None]:
    def on_step(progress: Progress, terms: Mapping[str, float]) -> None:
        update(progress.batches_done + 1, progress.epochs * progress.steps, f"epoch {progress.epoch + 1}")

    return on_step


def _read(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise FileError(path, f"is not JSON: remove it and run the row again ({error})") from error
    if not isinstance(values, dict) or not {"table", "row", "metrics"} <= values.keys():
        raise ConfigError(f"{path}: is no result of a row: expected table, row and metrics")
    return values
