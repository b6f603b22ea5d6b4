"""`maquette bench`: how fast the parts are, against textbook formulations of the same."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from maquette.cli.app import JsonOption, answer, app
from maquette.cli.progress import stage


@app.command()
def bench(
    quick: Annotated[bool, typer.Option("--quick", help="Small sizes and few repeats: under two minutes.")] = False,
    only: Annotated[list[str] | None, typer.Option(help="Only this part; may be given again.")] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads that either side computes with.")] = 1,
    out: Annotated[
        Path | None,
        typer.Option(help="A folder to write speed.json and speed.md to, part by part."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure every fast part against a textbook formulation of the same, in turn; needs a checkout.

    The textbook formulations stand in `benchmarks/textbook`, which an installed package does not have.
    """
    import json

    from maquette.bench.speed.report import write_markdown, write_table
    from maquette.bench.speed.run import merge_reports, run_speed
    from maquette.data.atomic import write_atomically

    def keep(report: dict[str, Any]) -> None:
        """Rows of earlier runs into the same folder stay, so that a full run can be made in several."""
        if out is None:
            return
        path = out / "speed.json"
        if path.is_file():
            report = merge_reports(json.loads(path.read_text(encoding="utf-8")), report)
        write_atomically(path, (json.dumps(report, indent=1, sort_keys=True) + "\n").encode())
        command = f"maquette bench {'--quick ' if quick else ''}--threads {threads}"
        write_atomically(out / "speed.md", write_markdown(report, command=command).encode())

    with stage("measuring") as update:
        report = run_speed(quick=quick, only=only or (), threads=threads, on_part=update, on_report=keep)
    answer(report, as_json=as_json, text=write_table(report))
