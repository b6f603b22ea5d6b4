"""`maquette lint`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from maquette.cli.app import JsonOption, answer, app


@app.command()
def lint(
    results: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN...",
            help="Runs' folders, results of `evaluate --json`, rows, folders of rows or of tables of `reproduce`.",
        ),
    ],
    as_json: JsonOption = False,
) -> None:
    """Print every violation of the protocol `clean`, by what the results say of themselves; exit code 1 if any."""
    from maquette.metrics.lint import lint as find

    read = {name: values for path in results for name, values in _read(path).items()}
    violations = find(read)
    lines = [violation.line() for violation in violations]
    lines.append(f"{len(read)} results, {len(violations)} violations of the protocol clean")
    found = [{"result": v.result, "rule": v.rule, "reason": v.reason} for v in violations]
    answer({"results": sorted(read), "violations": found}, as_json=as_json, text="\n".join(lines))
    if violations:
        raise typer.Exit(1)


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """The results at a path by name: a run's, a file's, those of all files of a folder, or a table's by its manifest.

    FileError where there is none.
    """
    from maquette.errors import FileError

    if path.is_dir() and not (path / "run.json").is_file():
        files = sorted(path.glob("*.json"))
        if not files:
            raise FileError(path, "holds neither run.json nor results: expected a run's folder, or one of result files")
        read = {f"{path}/{file.stem}": _one(file) for file in files}
        # A table's own files stand beside its rows, and are no results.
        results = {name: values for name, values in read.items() if "table" not in values or "row" in values}
        return results or _named(path, read.get(f"{path}/manifest", {}))
    return {str(path): _one(path / "run.json" if path.is_dir() else path)}


def _named(folder: Path, manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The rows that a table's manifest names, of the folders beside the table's: tables may share their rows."""
    from maquette.errors import FileError

    rows = manifest.get("rows")
    if not isinstance(rows, dict) or not rows:
        raise FileError(
            folder, "holds no row of results, and no manifest.json that names any: expected the folder of the rows"
        )
    read = {}
    for row, facts in rows.items():
        identity = facts.get("identity") if isinstance(facts, dict) else None
        files = sorted(folder.resolve().parent.glob(f"*/{row}.json"))
        found = [values for values in map(_one, files) if identity is not None and values.get("identity") == identity]
        if not found:
            raise FileError(
                folder / "manifest.json",
                f"names the row {row!r} of identity {identity}, which no folder beside it holds: "
                "expected its file there; or lint the folder of the rows",
            )
        read[f"{folder}/{row}"] = found[0]
    return read


def _one(path: Path) -> dict[str, Any]:
    import json

    from maquette.errors import FileError

    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FileError(path, f"cannot be read as a result: {error}") from error
    if not isinstance(values, dict):
        raise FileError(path, "is no result: expected a JSON object")
    return values
