"""The frame: versions, one-line errors with the right exit code, quick start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import maquette
from maquette.cli.app import app, run_app
from maquette.errors import ConfigError, MaquetteError


def maquette_command(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "maquette", *map(str, words)], capture_output=True, text=True, check=False
    )


def test_version() -> None:
    assert maquette_command("--version").stdout == f"maquette {maquette.__version__}\n"


def test_help_needs_no_heavy_import() -> None:
    code = "import sys; sys.argv=['maquette','--help']\ntry:\n  from maquette.cli import main; main()\n"
    code += "except SystemExit: pass\n"
    code += "print(sorted({'torch','lancedb','trimesh','matplotlib','pydantic'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("[]")


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("train", "nowhere.toml"), 2, "maquette: nowhere.toml: no such configuration file"),
        (("search", "nowhere", "--image", "a.png"), 2, "is no collection"),
        (("index", "create", "shop", "--model", "nothere"), 2, "nothere: there is no model: expected a folder with"),
        (("evaluate", "--features", "nowhere"), 2, "label.npy: is missing"),
        (("evaluate",), 2, "give exactly one of them"),
        (("evaluate", "run", "--protocol", "fair"), 2, "unknown protocol 'fair': expected one of clean"),
        (("data", "inspect", "nowhere"), 2, "nowhere: is no folder: expected one that"),
        (("plot", "curves", "nowhere"), 2, "no record there"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(words: tuple[str, ...], code: int, message: str, tmp_path: Path) -> None:
    done = maquette_command(*words)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("error", "code"), [(MaquetteError("broke"), 1), (ConfigError("no"), 2), (KeyboardInterrupt(), 130)]
)
def test_exit_codes(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr("maquette.cli.app.app", fail)
    with pytest.raises(SystemExit) as left:
        run_app()
    assert left.value.code == code
    assert capsys.readouterr().err.startswith("maquette: ")


def test_every_command_has_a_help_line_and_json() -> None:
    import typer

    def walk(command: Any, path: str) -> list[tuple[str, Any]]:
        children = getattr(command, "commands", None)
        if children is None:
            return [(path, command)]
        return [found for name in children for found in walk(children[name], f"{path} {name}")]

    commands = walk(typer.main.get_command(app), "maquette")
    assert len(commands) > 10
    for path, command in commands:
        assert getattr(command, "help", None), f"{path} has no help"
        options = {name for parameter in command.params for name in parameter.opts}
        # A service answers over HTTP; its own words are its log, which is JSON.
        assert "--json" in options or path == "maquette serve", f"{path} has no --json"
        for parameter in command.params:
            assert parameter.name == "help" or getattr(parameter, "help", None), f"{path}: {parameter.name} has no help"
            if parameter.name == "seed":
                refused = CliRunner().invoke(app, [*path.split()[1:], "--seed", "-1"])
                assert refused.exit_code == 2 and "--seed" in refused.stderr, f"{path}: a seed below zero is no seed"
