"""`maquette demo`: the whole job on the built-in data."""

from __future__ import annotations

import os
import time
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from maquette.cli.app import JsonOption, answer, app
from maquette.cli.progress import say, stage
from maquette.cli.training import map_table


@app.command()
def demo(
    out: Annotated[
        Path, typer.Option(help="Where everything is written; what is there and done is not repeated.")
    ] = Path("demo"),
    size: Annotated[str, typer.Option(help="standard, or tiny: seconds, for a look at the stages.")] = "standard",
    workers: Annotated[int, typer.Option(help="Processes that make and prepare data.")] = 2,
    as_json: JsonOption = False,
) -> None:
    """Make 3D models, train on their photos, scans and meshes, evaluate, build a collection, search it, report."""
    from maquette.bench.demo import run_demo

    began = time.monotonic()
    done = run_demo(out, stage=stage, size=size, workers=workers)
    say(f"all done in {time.monotonic() - began:.0f} s")
    command = os.environ.get("MAQUETTE_COMMAND", "maquette")
    photo = Path(os.path.relpath(done.example_photo))
    serve = f"{command} serve {quote(str(done.collection))}"
    values = {
        "report": str(done.report),
        "collection": str(done.collection),
        "results": dict(done.results),
        "open": serve,
    }
    text = "\n".join(
        [
            map_table(dict(done.results)),
            "",
            f"report:      {done.report}",
            f"collection:  {done.collection}",
            f"search it:   {command} search {quote(str(done.collection))} --image {quote(str(photo))}",
            f"open it:     {serve}",
        ]
    )
    answer(values, as_json=as_json, text=text)
