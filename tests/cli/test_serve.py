"""What `maquette serve` refuses before it listens; that it serves is tested in tests/serve/test_server.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from maquette.cli.app import app
from maquette.errors import ConfigError, FileError, InputError


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (["--host", "0.0.0.0"], ConfigError, "other machines could reach the service"),
        (["--token-file", "none"], FileError, "cannot be read as a file of tokens"),
        ([], InputError, "is no collection"),
    ],
)
def test_refusals(options: list[str], error: type[Exception], message: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["serve", str(tmp_path), *options])
    assert isinstance(done.exception, error) and message in str(done.exception)


def test_a_token_cannot_stand_on_the_command_line(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["serve", str(tmp_path), "--token", "secret"])
    assert done.exit_code == 2 and "No such option" in done.output
