"""The command line's frame: one application, one way to fail, one way to answer in JSON."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from maquette.errors import InputError, MaquetteError

__all__ = ["JsonOption", "answer", "app", "floats", "run_app"]

app = typer.Typer(
    name="maquette",
    help="Find 3D models by photo, scan or mesh; train on labels that nobody can fully trust.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

JsonOption = Annotated[bool, typer.Option("--json", help="Answer as one JSON object on standard output.")]


def answer(values: Mapping[str, Any], *, as_json: bool, text: str) -> None:
    """Print the command's result: `values` as JSON, or `text` for a person."""
    print(json.dumps(values, indent=2, sort_keys=True) if as_json else text)


def floats(text: str, option: str) -> list[float]:
    """The numbers of an option's value, with commas between them; InputError for anything else."""
    try:
        return [float(part) for part in text.split(",") if part.strip()]
    except ValueError as error:
        raise InputError(f"{option} {text!r}: expected numbers with commas between them") from error


def _version(wanted: bool) -> bool:
    if wanted:
        from maquette import __version__

        print(f"maquette {__version__}")
        raise typer.Exit
    return wanted


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Find 3D models by photo, scan or mesh; train on labels that nobody can fully trust."""


def run_app() -> None:
    """Run the command line; what Maquette refuses is one line on standard error, with its exit code."""
    from maquette.allocator import reuse_pages

    reuse_pages()
    try:
        app()
    except MaquetteError as error:
        print(f"maquette: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("maquette: stopped; the same command goes on where it can", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output went away (`maquette ... | head`): nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
