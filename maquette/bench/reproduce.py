"""The tables that can be run again by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from maquette.bench.rono_mnist3d import rono_mnist3d
from maquette.bench.rows import Stage, Table, read_rows, run_rows
from maquette.bench.tables import render_table
from maquette.data.atomic import write_atomically

__all__ = ["TABLES", "reproduce"]

TABLES: Mapping[str, Callable[..., Table]] = {"rono/mnist3d": rono_mnist3d}
"""Builders of tables; each takes size, configs, data, only, rates and seeds by keyword."""


def reproduce(table: Table, *, whole: Table, out: Path, scratch: Path, stage: Stage, workers: int = 0) -> Path:
    """Run what is missing of `table` and write the Markdown of `whole`, which it is a part of; returns its file."""
    results = out / table.name
    run_rows(table, results=results, scratch=scratch / table.name, stage=stage, workers=workers)
    path = out / f"{table.name}.md"
    write_atomically(path, render_table(whole, read_rows(results, whole.rows)).encode())
    return path
