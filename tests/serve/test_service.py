"""What one service holds, and what it starts and ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from maquette.errors import FileError, InputError
from maquette.serve import Service, Settings
from tests.serve.serve_cases import Live


def test_files_are_read_in_processes_of_their_own(shared: Live, folder: Path, tmp_path: Path) -> None:
    sandbox = shared.service.library.engine.sandbox
    assert sandbox is not None and sandbox.limits.upload_bytes == shared.service.settings.file_bytes
    assert shared.service.own_files is not None
    (tmp_path / "bad.off").write_text("OFF nothing")
    with pytest.raises(FileError):
        shared.service.preview("turntable", tmp_path / "bad.off", of_query=True)
    good = folder / "models" / "bars" / "long.off"
    assert shared.service.preview("turntable", good, of_query=True) == shared.service.preview("turntable", good)


def test_limits_are_those_that_hold(shared: Live) -> None:
    limits = shared.service.limits()
    assert limits["faces"] == 5_000_000 and limits["results"] == 1000 and limits["file_bytes"] == 64 * 2**20


def test_there_must_be_a_collection(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no collection"):
        Service.open(tmp_path, Settings())
