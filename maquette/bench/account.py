"""What stands beside a table for machines: `results.json`, its metrics alone, and `manifest.json`, how they came about.

Metrics depend on nothing but configurations, data and seeds: a second run by the same installation on the same machine
writes the same bytes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from maquette.bench.measured import measure_pairs
from maquette.bench.plan import Ran, Row, Table
from maquette.bench.rows import published_config
from maquette.data.atomic import write_atomically
from maquette.errors import FileError
from maquette.metrics import get_protocol
from maquette.train.evaluation import encode_run
from maquette.train.provenance import machine_words, provenance
from maquette.train.run import Run

__all__ = ["write_account", "write_drawn"]


def write_account(
    out: Path, table: Table, results: Sequence[Mapping[str, Any]], *, size: str, figures: Sequence[Path] = ()
) -> None:
    """Write both files of a table into its folder under `out`; rows without a result are `not_run` in the manifest."""
    metrics = {result["row"]: _maps(result["metrics"], table.protocols) for result in results}
    by_row = {result["row"]: result for result in results}
    rows = {row.name: _row(row, by_row[row.name], out, table) for row in table.rows if row.name in by_row}
    _write(out / table.name, table, metrics, rows, size=size, figures=[path.name for path in figures])


def write_drawn(out: Path, table: Table, ran: Sequence[Ran], *, size: str, figures: Sequence[Path] = ()) -> list[Path]:
    """Write both files of a figure that was drawn of these runs; all files that it consists of now.

    What both say of other data sets, drawn by an earlier call, stays. Rows without a result are measured here, under
    `clean`.
    """
    folder, home = out / table.name, out / (table.home or table.name)
    earlier, measured = (_earlier(folder / name) for name in ("manifest.json", "results.json"))
    sets = {one.row.data for one in ran}
    rows = {name: row for name, row in earlier.get("rows", {}).items() if row.get("set", "") not in sets}
    rows |= {one.row.name: {"set": one.row.data, **_row(one.row, _facts(one), out, table)} for one in ran}
    names = [*earlier.get("figures", ()), *(path.name for path in figures)]
    found = [name for name in dict.fromkeys(names) if (folder / name).is_file()]
    metrics = {name: maps for name, maps in measured.get("map", {}).items() if name in rows}
    metrics |= {one.row.name: _drawn_maps(one, home / f"{one.row.name}.json") for one in ran}
    _write(folder, table, metrics, rows, size=size, figures=found)
    return [folder / name for name in found]


def _write(
    folder: Path,
    table: Table,
    metrics: Mapping[str, Any],
    rows: Mapping[str, Any],
    *,
    size: str,
    figures: Sequence[str],
) -> None:
    write_atomically(folder / "results.json", _bytes({"table": table.name, "map": metrics}))
    manifest = {
        "table": table.name,
        "size": size,
        "command": table.command,
        "rows": rows,
        "not_run": [row.name for row in table.rows if row.name not in rows],
        "seconds": round(sum(row["seconds"] for row in rows.values()), 1),
        "figures": figures,
        "written_by": provenance(),
    }
    write_atomically(folder / "manifest.json", _bytes(manifest))


def _row(row: Row, result: Mapping[str, Any], out: Path, table: Table) -> dict[str, Any]:
    """What identifies a run, and its whole configuration: the path of the row's own file, which has it, or itself."""
    made, own = result["provenance"], out / (table.home or table.name) / f"{row.name}.json"
    if own.is_file():
        whole = {"result": Path(os.path.relpath(own, out / table.name)).as_posix()}
    else:
        whole = {"settings": result["config"]}
    return {
        "config": row.config.relative_to(row.config.parents[1]).as_posix(),
        **whole,
        "data": result["data"]["digest"],
        "machine": f"{machine_words(made)}, {made['threads']} threads",
        "commit": made["commit"],
        **{name: result[name] for name in ("identity", "seeds", "seconds")},
    }


def _facts(one: Ran) -> dict[str, Any]:
    """What a run says of itself, in the words of a row's result."""
    run = Run.open(one.run)
    seeds = {"train": run.config.train.seed, "noise": run.config.noise.seed}
    return {**run.facts, "config": published_config(run.config), "seeds": seeds}


def _drawn_maps(one: Ran, path: Path) -> dict[str, Any]:
    """The row's mAP as its result in that file has it; where there is none, as the run has it."""
    if path.is_file():
        result = json.loads(path.read_text(encoding="utf-8"))
        return _maps(result["metrics"], result["protocols"])
    embedded, store, rows = encode_run(one.run, split="test")
    labels, clean = store.manifest.true_labels()[rows], get_protocol("clean")
    return _maps({"clean": measure_pairs(embedded, labels, protocol=clean, crossing_only=False)}, {"clean": clean})


def _earlier(path: Path) -> dict[str, Any]:
    """A file of the figure as an earlier call left it; empty where there is none."""
    if not path.is_file():
        return {}
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise FileError(path, f"is not JSON: remove it and draw the figure again ({error})") from error
    return found


def _maps(metrics: Mapping[str, Any], protocols: Mapping[str, Any]) -> dict[str, Any]:
    """Of each protocol the mAP a pair; of views likewise, by their number."""
    found: dict[str, Any] = {
        name: {pair: values["map"] for pair, values in metrics[name].items()} for name in protocols
    }
    for name, by_count in metrics.get("views", {}).items():
        for count, pairs in by_count.items():
            found[f"{name}, {count} views"] = {pair: values["map"] for pair, values in pairs.items()}
    return found


def _bytes(values: Mapping[str, Any]) -> bytes:
    return (json.dumps(values, indent=1, sort_keys=True) + "\n").encode()
