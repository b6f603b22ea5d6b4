"""`maquette bench`: how fast the parts are, against textbook formulations of the same."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from maquette.cli.app import JsonOption, answer, app
from maquette.cli.progress import stage


@app.command()
def bench(
    quick: Annotated[bool, typer.Option("--quick", help="Small sizes and few repeats: under two minutes.")] = False,
    only: Annotated[list[str] | None, typer.Option(help="Only this part; may be given again.")] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads that either side computes with.")] = 1,
    out: Annotated[
        Path | None, typer.Option(help="Also write the report here, as speed.json and speed.md: a folder.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure every fast part against a textbook formulation of the same, in turn; needs a checkout.

    The textbook formulations stand in `benchmarks/textbook`, which an installed package does not have.
    """
    import json

    from maquette.bench.speed.report import write_markdown, write_table
    from maquette.bench.speed.run import run_speed
    from maquette.data.atomic import write_atomically

    with stage("measuring") as update:
        report = run_speed(quick=quick, only=only or (), threads=threads, on_part=update)
    table = write_table(report)
    if out is not None:
        words = ["maquette bench", *(["--quick"] if quick else []), *(f"--only {name}" for name in only or ())]
        write_atomically(out / "speed.json", (json.dumps(report, indent=1, sort_keys=True) + "\n").encode())
        page = write_markdown(report, command=" ".join([*words, f"--threads {threads}"]))
        write_atomically(out / "speed.md", page.encode())
    answer(report, as_json=as_json, text=table)
