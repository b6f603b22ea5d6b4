"""`maquette bench`: how fast the parts are, against textbook formulations of the same."""

from __future__ import annotations

from collections.abc import Sequence
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
    device: Annotated[
        str, typer.Option(help="cpu: all parts; cuda or cuda:N: the networks there, against its ceilings.")
    ] = "cpu",
    compiled: Annotated[bool, typer.Option("--compile", help="On a GPU: time torch.compile as well; minutes.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="A folder to write speed.json and speed.md to, part by part (GPU: speed_cuda)."),
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

    if device != "cpu":
        _bench_accelerator(device, quick=quick, only=only or (), compiled=compiled, out=out, as_json=as_json)
        return

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


def _bench_accelerator(
    name: str, *, quick: bool, only: Sequence[str], compiled: bool, out: Path | None, as_json: bool
) -> None:
    import json

    from maquette.bench.speed.accelerator import run_accelerator
    from maquette.bench.speed.accelerator_report import write_accelerator
    from maquette.data.atomic import write_atomically
    from maquette.train.run import pick_device

    device = pick_device(name)
    command = f"maquette bench --device {name}" + (" --quick" if quick else "") + (" --compile" if compiled else "")

    def keep(report: dict[str, Any]) -> None:
        if out is not None:
            write_atomically(out / "speed_cuda.json", (json.dumps(report, indent=1, sort_keys=True) + "\n").encode())
            write_atomically(out / "speed_cuda.md", write_accelerator(report, command=command).encode())

    objects, repeats = (16, 3) if quick else (96, 7)
    with stage("measuring") as update:
        report = run_accelerator(
            device, objects=objects, repeats=repeats, only=only, compiled=compiled, on_part=update, on_report=keep
        )
    answer(report, as_json=as_json, text=write_accelerator(report, command=command))
