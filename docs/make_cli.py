"""Writes docs/cli.md from the commands' own help, so that the page cannot say anything else: python docs/make_cli.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import typer

from maquette.cli.app import app

HEAD = """# The command line

Every command answers `--help`; long work shows a progress bar on a terminal and plain lines elsewhere; `--json` gives one
JSON object on standard output. Errors are one sentence on standard error, with exit code 2 (what was asked cannot be
done) or 1 (it failed). This page is generated from the commands themselves.
"""


def render() -> str:
    """The whole page."""
    import maquette.cli  # noqa: F401  (registers the commands)

    command = typer.main.get_command(app)
    return HEAD + "".join(_sections(command, "maquette"))


def _sections(command: click.Command, path: str) -> Iterator[str]:
    subcommands = getattr(command, "commands", None)
    if subcommands is not None:
        for name in sorted(subcommands):
            yield from _sections(subcommands[name], f"{path} {name}")
        return
    yield f"\n## {path}\n\n{(command.help or '').strip()}\n"
    rows = []
    for parameter in command.params:
        if parameter.name == "help":
            continue
        help_text = " ".join((getattr(parameter, "help", "") or "").split())
        if getattr(parameter, "param_type_name", "") == "argument":
            names = (parameter.human_readable_name or "").upper() + (" ..." if parameter.nargs == -1 else "")
        else:
            names = ", ".join([*parameter.opts, *parameter.secondary_opts])
        rows.append(f"| `{names}` | {help_text.replace('|', chr(92) + '|')} | {_default(parameter)} |\n")
    if rows:
        yield "\n| option | meaning | default |\n|---|---|---|\n" + "".join(rows)


def _default(parameter: click.Parameter) -> str:
    if parameter.required:
        return "required"
    value = parameter.default
    if value is None or value == () or callable(value) or value is False or repr(value).startswith("Sentinel"):
        return ""
    return f"`{value}`" if not isinstance(value, list | tuple) else f"`{', '.join(map(str, value))}`"


if __name__ == "__main__":
    (Path(__file__).parent / "cli.md").write_text(render(), encoding="utf-8")
