"""`maquette reproduce`: the tables of the papers, row by row."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from maquette.cli.app import JsonOption, answer, app, floats
from maquette.cli.progress import stage


@app.command()
def reproduce(
    table: Annotated[
        str | None, typer.Argument(help="Which table, as in rono/mnist3d: --list without one names them.")
    ] = None,
    size: Annotated[
        str,
        typer.Option(
            help="smoke: minutes, figures of no meaning; small: for two CPU cores; large: the paper's networks, for a "
            "GPU; full: all as the paper has it."
        ),
    ] = "smoke",
    data: Annotated[Path | None, typer.Option(help="Where the table's data are.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only this method or variant; may be given again.")] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="Only this data set of several; may be given again.")
    ] = None,
    noise: Annotated[
        list[str] | None, typer.Option(help="Only this kind of noise, as in asymmetric; may be given again.")
    ] = None,
    rates: Annotated[str, typer.Option(help="Only these noise rates, as in 0.2,0.4.")] = "",
    seeds: Annotated[str, typer.Option(help="These seeds of training, as in 0,1,2.")] = "",
    configs: Annotated[Path, typer.Option(help="The folder of configurations, as in a checkout.")] = Path("configs"),
    out: Annotated[
        Path | None,
        typer.Option(help="Where results go: by default benchmarks/results, of smoke runs/reproduce/results."),
    ] = None,
    scratch: Annotated[Path, typer.Option(help="Where data, checkpoints and models go.")] = Path("runs/reproduce"),
    workers: Annotated[int, typer.Option(help="Processes that make and prepare data.")] = 0,
    list_only: Annotated[
        bool, typer.Option("--list", help="List the rows (without a table: the tables) and what is done; run nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Run the rows of a table that have no result yet, one after the other, and write the table."""
    from maquette.bench.reproduce import TABLES, is_done, results_folder
    from maquette.bench.reproduce import reproduce as run_table
    from maquette.bench.selection import Selection
    from maquette.errors import FileError, InputError, UnknownNameError

    if table is None:
        if not list_only:
            raise InputError(f"which table? Name one of {', '.join(TABLES)}, or give --list to see what is done")
        _list_tables(configs, out, as_json=as_json)
        return
    if table not in TABLES:
        raise UnknownNameError("table", table, TABLES)
    selection = Selection(only or (), noise or (), floats(rates, "--rates"), _whole(seeds, "--seeds"), sets or ())
    whole = TABLES[table](size=size, configs=configs, data=data)
    part = TABLES[table](size=size, configs=configs, data=data, selection=selection)
    target = out or results_folder(size)
    if list_only:
        done = {row.name: is_done(row, part, out=target) for row in part.rows}
        text = "\n".join(f"{'done' if there else '    '}  {name}" for name, there in done.items())
        answer({"table": part.name, "rows": done}, as_json=as_json, text=text)
        return
    for row in part.rows:
        if not row.config.is_file():
            raise FileError(row.config, "is no file: run in a checkout of Maquette, or give its configs by --configs")
    path = run_table(part, whole=whole, out=target, scratch=scratch, stage=stage, workers=workers, size=size)
    answer(
        {"table": str(path), "rows": str(target / part.name)},
        as_json=as_json,
        text=f"{path.read_text(encoding='utf-8')}\ntable: {path}",
    )


def _list_tables(configs: Path, out: Path | None, *, as_json: bool) -> None:
    from dataclasses import asdict

    from maquette.bench.reproduce import table_states

    states = table_states(configs=configs, out=out)
    width = max(len(state.name) for state in states)
    lines = [f"{'table or figure':{width}}  size   {'status':>10}  command"]
    lines += [f"{state.name:{width}}  {state.size:5}  {state.status:>10}  {state.command}" for state in states]
    listed = [{**asdict(state), "status": state.status} for state in states]
    answer({"tables": listed}, as_json=as_json, text="\n".join(lines))


def _whole(text: str, option: str) -> list[int]:
    from maquette.errors import InputError

    numbers = floats(text, option)
    if any(number != int(number) or number < 0 for number in numbers):
        raise InputError(f"{option} {text!r}: expected whole numbers of at least 0")
    return [int(number) for number in numbers]
