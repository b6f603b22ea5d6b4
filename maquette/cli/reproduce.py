"""`maquette reproduce`: the tables of the papers, row by row."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from maquette.cli.app import JsonOption, answer, app
from maquette.cli.progress import stage


@app.command()
def reproduce(
    table: Annotated[str, typer.Argument(help="Which table: rono/mnist3d.")],
    size: Annotated[
        str, typer.Option(help="small: real data; smoke: minutes, built-in data, figures of no meaning.")
    ] = "smoke",
    data: Annotated[Path | None, typer.Option(help="Where the table's data are.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only this method; may be given again.")] = None,
    rates: Annotated[str, typer.Option(help="Only these noise rates, as in 0.2,0.4.")] = "",
    seeds: Annotated[str, typer.Option(help="These seeds of training, as in 0,1,2.")] = "",
    configs: Annotated[Path, typer.Option(help="The folder of configurations, as in a checkout.")] = Path("configs"),
    out: Annotated[
        Path | None, typer.Option(help="Where results go [benchmarks/results; smoke: runs/reproduce/results].")
    ] = None,
    scratch: Annotated[Path, typer.Option(help="Where data, checkpoints and models go.")] = Path("runs/reproduce"),
    workers: Annotated[int, typer.Option(help="Processes that make and prepare data.")] = 0,
    list_only: Annotated[
        bool, typer.Option("--list", help="List the rows and which are done, and run nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Run the rows of a table that have no result yet, one after the other, and write the table."""
    from maquette.bench.reproduce import TABLES
    from maquette.bench.reproduce import reproduce as run_table
    from maquette.errors import UnknownNameError

    if table not in TABLES:
        raise UnknownNameError("table", table, TABLES)
    chosen = {"size": size, "configs": configs, "data": data}
    whole = TABLES[table](**chosen)
    part = TABLES[table](**chosen, only=only or (), rates=_floats(rates, "--rates"), seeds=_whole(seeds, "--seeds"))
    target = out or Path("runs/reproduce/results" if size == "smoke" else "benchmarks/results")
    if list_only:
        done = {row.name: (target / part.name / f"{row.name}.json").is_file() for row in part.rows}
        text = "\n".join(f"{'done' if there else '    '}  {name}" for name, there in done.items())
        answer({"table": part.name, "rows": done}, as_json=as_json, text=text)
        return
    path = run_table(part, whole=whole, out=target, scratch=scratch, stage=stage, workers=workers)
    answer(
        {"table": str(path), "rows": str(target / part.name)},
        as_json=as_json,
        text=f"{path.read_text(encoding='utf-8')}\ntable: {path}",
    )


def _floats(text: str, option: str) -> list[float]:
    from maquette.errors import InputError

    try:
        return [float(part) for part in text.split(",") if part.strip()]
    except ValueError as error:
        raise InputError(f"{option} {text!r}: expected numbers with commas between them") from error


def _whole(text: str, option: str) -> list[int]:
    from maquette.errors import InputError

    numbers = _floats(text, option)
    if any(number != int(number) or number < 0 for number in numbers):
        raise InputError(f"{option} {text!r}: expected whole numbers of at least 0")
    return [int(number) for number in numbers]
