"""Tokens and their roles."""

from __future__ import annotations

from pathlib import Path

import pytest

from maquette.errors import ConfigError, FileError
from maquette.serve import Tokens

ONE, TWO, THREE = "first-token-of-three", "second-token-of-three", "third-token-of-three"


def test_tokens_of_a_file_and_of_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text(f"# of this machine\nreader {ONE}\n\nwriter {TWO}\n")
    file.chmod(0o600)
    tokens = Tokens.read(file, environment={"MAQUETTE_WRITER_TOKEN": THREE, "OTHER": "x"})
    assert [tokens.role(token) for token in (ONE, TWO, THREE, "", ONE + " ", "é\udcff")] == [
        "reader",
        "writer",
        "writer",
        None,
        None,
        None,
    ]
    assert tokens and not Tokens() and Tokens().role("") is None
    assert ONE not in repr(tokens)


def test_what_would_not_be_safe_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text(f"reader {ONE}\n")
    file.chmod(0o644)
    with pytest.raises(FileError, match="chmod 600"):
        Tokens.read(file)
    file.chmod(0o600)
    file.write_text("owner of-everything-here\n")
    with pytest.raises(FileError, match="line 1: expected 'reader TOKEN'"):
        Tokens.read(file)
    with pytest.raises(FileError, match="cannot be read"):
        Tokens.read(tmp_path / "none")
    with pytest.raises(ConfigError, match="5 characters: expected at least 16"):
        Tokens.read(environment={"MAQUETTE_READER_TOKEN": "short"})
