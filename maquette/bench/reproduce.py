"""The tables and figures that can be run again by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from maquette.bench.account import write_account, write_drawn
from maquette.bench.cmcl_image_text import cmcl_image_text
from maquette.bench.cmcl_tables import cmcl_t1, cmcl_t2, cmcl_t3, cmcl_t4
from maquette.bench.compared import render_compared
from maquette.bench.consensus_ablation import consensus_ablation_mnist3d, consensus_ablation_workshop
from maquette.bench.figures import cmcl_fig3, cmcl_fig4, cmcl_fig5, rono_density, rono_top5, rono_tsne
from maquette.bench.plan import Row, Table
from maquette.bench.rates import draw_pictures
from maquette.bench.rono_ablation import rono_ablation_mnist3d, rono_ablation_workshop
from maquette.bench.rono_mnist3d import rono_mnist3d
from maquette.bench.rono_noise import rono_asymmetric, rono_symmetric
from maquette.bench.rono_workshop import rono_workshop
from maquette.bench.rows import Stage, make_run, read_rows, run_rows
from maquette.bench.selection import SIZES
from maquette.bench.tables import figure_lines, render_table
from maquette.data.atomic import write_atomically

__all__ = ["FULL", "LARGE", "TABLES", "TableState", "is_done", "publish", "reproduce", "results_folder", "table_states"]

TABLES: Mapping[str, Callable[..., Table]] = {
    "cmcl/T1": cmcl_t1,
    "cmcl/T2": cmcl_t2,
    "cmcl/T3": cmcl_t3,
    "cmcl/T4": cmcl_t4,
    "cmcl/fig3": cmcl_fig3,
    "cmcl/fig4": cmcl_fig4,
    "cmcl/fig5": cmcl_fig5,
    "cmcl/image_text": cmcl_image_text,
    "rono/symmetric": rono_symmetric,
    "rono/asymmetric": rono_asymmetric,
    "rono/density": rono_density,
    "rono/top5": rono_top5,
    "rono/tsne": rono_tsne,
    "rono/mnist3d": rono_mnist3d,
    "rono/workshop": rono_workshop,
    "rono/ablation/mnist3d": rono_ablation_mnist3d,
    "rono/ablation/workshop": rono_ablation_workshop,
    "consensus/ablation/mnist3d": consensus_ablation_mnist3d,
    "consensus/ablation/workshop": consensus_ablation_workshop,
}
"""Builders of tables and figures; each takes size, configs, data and selection by keyword."""

FULL = frozenset(
    (
        "cmcl/T1",
        "cmcl/T2",
        "cmcl/T3",
        "cmcl/T4",
        "cmcl/fig3",
        "cmcl/fig4",
        "cmcl/fig5",
        "cmcl/image_text",
        "rono/symmetric",
        "rono/asymmetric",
        "rono/density",
        "rono/tsne",
        "rono/mnist3d",
        "rono/ablation/mnist3d",
    )
)
"""Those that have the size `full`: the others are of no paper, of one that does not say how, or cannot be drawn."""

LARGE = frozenset(name for name in TABLES if name.startswith("cmcl/") and name != "cmcl/image_text") | frozenset(
    ("rono/symmetric", "rono/asymmetric", "rono/density", "rono/top5", "rono/tsne")
)
"""Those that have the size `large`: the tables and figures of sets whose networks two cores must make small."""


@dataclass(frozen=True)
class TableState:
    """One size of a table or figure: how much of it has a result, and what runs the rest.

    A table counts its rows, a figure its files.
    """

    name: str
    size: str
    done: int
    rows: int
    command: str

    @property
    def status(self) -> str:
        """`run`, `not run`, or how much is."""
        if self.done in (0, self.rows):
            return "run" if self.done else "not run"
        return f"{self.done} of {self.rows}"


def reproduce(
    table: Table,
    *,
    whole: Table,
    out: Path,
    scratch: Path,
    stage: Stage,
    workers: int = 0,
    size: str = "smoke",
) -> Path:
    """Run what is missing of `table` and write the Markdown of `whole`, which it is a part of; returns its file.

    A figure's runs are those of the table that it is at home in, and are made where they are missing.
    """
    if table.check is not None:
        table.check()
    home = table.home or table.name
    rooms = {"scratch": scratch / home, "shared": scratch / "sets"}
    if table.draw is None:
        run_rows(table, results=out / home, stage=stage, workers=workers, **rooms)
        return publish(whole, out=out, size=size)
    ran = [make_run(row, stage=stage, workers=workers, **rooms) for row in table.rows]
    with stage("drawing"):
        figures = write_drawn(out, whole, ran, size=size, figures=list(table.draw(ran, out / table.name)))
    return _write_text(whole, out, _figure_text(whole, figures))


def publish(whole: Table, *, out: Path, size: str) -> Path:
    """Write the Markdown of a table and what stands beside it from the results that are there; returns its file."""
    results = read_rows(out / (whole.home or whole.name), whole.rows)
    figures = draw_pictures(whole, results, out / whole.name)
    write_account(out, whole, results, size=size, figures=figures)
    return _write_text(whole, out, (render_compared if whole.columns else render_table)(whole, results, figures))


def results_folder(size: str) -> Path:
    """Where the results of a size go unless said otherwise: those of a smoke test are not published."""
    return Path("runs/reproduce/results" if size == "smoke" else "benchmarks/results")


def is_done(row: Row, table: Table, *, out: Path) -> bool:
    """Whether the row has its result under `out`."""
    return (out / (table.home or table.name) / f"{row.name}.json").is_file()


def table_states(*, configs: Path, out: Path | None = None) -> list[TableState]:
    """Every table in every size; results are looked for under `out`, by default where each size's go."""
    states = []
    for name, build in TABLES.items():
        for size in _sizes(name):
            table = build(size=size, configs=configs, data=Path("FOLDER"))
            place = out or results_folder(size)
            if table.draw is None:
                found = [is_done(row, table, out=place) for row in table.rows]
            else:
                found = [(place / table.name / figure).is_file() for figure in table.figures]
            states.append(TableState(name, size, sum(found), len(found), table.command))
    return states


def _sizes(name: str) -> tuple[str, ...]:
    more = {"large": LARGE, "full": FULL}
    return tuple(size for size in SIZES if size not in more or name in more[size])


def _figure_text(table: Table, figures: Sequence[Path]) -> str:
    lines = [f"# {table.title}", "", *(f"* {note}" for note in table.notes), *figure_lines(figures)]
    return "\n".join([*lines, "", f"Command: `{table.command}`", ""])


def _write_text(table: Table, out: Path, text: str) -> Path:
    path = out / table.name / "table.md"
    write_atomically(path, text.encode())
    return path
