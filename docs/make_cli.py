"""Writes docs/cli.md from the commands' own help, so that the page cannot say anything else.

python docs/make_cli.py
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

import maquette.cli
from maquette.cli.app import app

HEAD = """# The command line

Every command answers `--help`; long work shows a progress bar on a terminal and plain lines elsewhere; `--json` gives
one JSON object on standard output. Errors are one sentence on standard error, with exit code 2 (what was asked cannot
be done) or 1 (it failed). This page is generated from the commands themselves (`python docs/make_cli.py`).

| command | what it does |
|---|---|
"""


def commands() -> dict[str, Any]:
    """Every command by its words ("index add"), in alphabetical order; the values are typer's own command objects."""
    assert "collection" in maquette.cli.__all__, "importing the folder registers the commands"
    return dict(sorted(_leaves(typer.main.get_command(app), ())))


def render() -> str:
    """The whole page."""
    found = commands()
    rows = [f"| [`maquette {path}`](#{_anchor(path)}) | {_summary(command)} |\n" for path, command in found.items()]
    return HEAD + "".join(rows) + "".join(_section(path, command) for path, command in found.items())


def _leaves(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    subcommands = getattr(command, "commands", None)
    if subcommands is None:
        yield " ".join(path), command
        return
    for name, subcommand in subcommands.items():
        yield from _leaves(subcommand, (*path, name))


def _anchor(path: str) -> str:
    return f"maquette {path}".replace(" ", "-")


def _summary(command: Any) -> str:
    return inspect.cleandoc(command.help or "").split("\n")[0].replace("|", r"\|")


def _section(path: str, command: Any) -> str:
    parameters = [parameter for parameter in command.params if parameter.name != "help"]
    arguments = [_argument(parameter) for parameter in parameters if parameter.param_type_name == "argument"]
    usage = " ".join(["maquette", path, *arguments, *(["[OPTIONS]"] if len(parameters) > len(arguments) else [])])
    rows = "".join(_row(parameter) for parameter in parameters)
    text = inspect.cleandoc(command.help or "")
    return f"\n## maquette {path}\n\n    {usage}\n\n{text}\n\n| option | meaning | default |\n|---|---|---|\n{rows}"


def _argument(parameter: Any) -> str:
    name = (parameter.metavar or parameter.name).upper().removesuffix("...")
    name += "..." if parameter.nargs == -1 else ""
    return name if parameter.required else f"[{name}]"


def _row(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        names = _argument(parameter)
    else:
        names = ", ".join([*parameter.opts, *parameter.secondary_opts])
    meaning = " ".join((getattr(parameter, "help", "") or "").split()).replace("|", r"\|")
    return f"| `{names}` | {meaning} | {_default(parameter)} |\n"


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    value = parameter.default
    if value is None or value is False or value in ((), []) or callable(value) or "Sentinel" in repr(type(value)):
        return ""
    return f"`{', '.join(map(str, value))}`" if isinstance(value, list | tuple) else f"`{value}`"


if __name__ == "__main__":
    (Path(__file__).parent / "cli.md").write_text(render(), encoding="utf-8")
