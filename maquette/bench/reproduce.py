"""The tables that can be run again by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from maquette.bench.consensus_ablation import consensus_ablation_mnist3d, consensus_ablation_workshop
from maquette.bench.rono_ablation import rono_ablation_mnist3d, rono_ablation_workshop
from maquette.bench.rono_mnist3d import rono_mnist3d
from maquette.bench.rono_workshop import rono_workshop
from maquette.bench.rows import Row, Stage, Table, read_rows, run_rows
from maquette.bench.selection import SIZES
from maquette.bench.tables import render_table
from maquette.data.atomic import write_atomically

__all__ = ["TABLES", "TableState", "is_done", "reproduce", "results_folder", "table_states"]

TABLES: Mapping[str, Callable[..., Table]] = {
    "rono/mnist3d": rono_mnist3d,
    "rono/workshop": rono_workshop,
    "rono/ablation/mnist3d": rono_ablation_mnist3d,
    "rono/ablation/workshop": rono_ablation_workshop,
    "consensus/ablation/mnist3d": consensus_ablation_mnist3d,
    "consensus/ablation/workshop": consensus_ablation_workshop,
}
"""Builders of tables; each takes size, configs, data and selection by keyword."""


@dataclass(frozen=True)
class TableState:
    """One size of a table: how many of its rows have a result, and what runs the others."""

    name: str
    size: str
    done: int
    rows: int
    command: str


def reproduce(table: Table, *, whole: Table, out: Path, scratch: Path, stage: Stage, workers: int = 0) -> Path:
    """Run what is missing of `table` and write the Markdown of `whole`, which it is a part of; returns its file."""
    results = out / table.name
    run_rows(table, results=results, scratch=scratch / table.name, stage=stage, workers=workers)
    path = out / f"{table.name}.md"
    write_atomically(path, render_table(whole, read_rows(results, whole.rows)).encode())
    return path


def results_folder(size: str) -> Path:
    """Where the results of a size go unless said otherwise: those of a smoke test are not published."""
    return Path("runs/reproduce/results" if size == "smoke" else "benchmarks/results")


def is_done(row: Row, table: Table, *, out: Path) -> bool:
    """Whether the row has its result under `out`."""
    return (out / table.name / f"{row.name}.json").is_file()


def table_states(*, configs: Path, out: Path | None = None) -> list[TableState]:
    """Every table in every size; results are looked for under `out`, by default where each size's go."""
    states = []
    for name, build in TABLES.items():
        for size in SIZES:
            table = build(size=size, configs=configs, data=Path("FOLDER"))
            done = sum(is_done(row, table, out=out or results_folder(size)) for row in table.rows)
            states.append(TableState(name, size, done, len(table.rows), table.command))
    return states
