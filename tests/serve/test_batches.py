"""Searching by many files at once."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

from maquette.serve import Client
from maquette.serve.batches import COLUMNS
from tests.serve.serve_cases import Live


def test_an_archive_with_a_bad_file(client: Client, shared: Live, folder: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        archive.write(folder / "models" / "bars" / "long.off", "sub/long.off")
        archive.writestr("bad.off", "OFF nothing")
        archive.writestr("notes.txt", "no model")
    rows = list(csv.DictReader(io.StringIO(client.batch([tmp_path / "many.zip"], k=1, where=["class=plates"]))))
    assert [(row["file"], row["class"], bool(row["refused"])) for row in rows] == [
        ("bad.off", "", True),
        ("sub/long.off", "plates", False),
        ("notes.txt", "", True),
    ]
    assert not list(shared.service.library.state.glob("batch-*"))


def test_it_comes_as_a_file(shared: Live, folder: Path) -> None:
    with (folder / "photo.png").open("rb") as photo:
        answer = shared.ask("POST", "/api/batch", files={"file": photo})
    assert answer.headers["content-disposition"] == 'attachment; filename="maquette-batch.csv"'
    assert answer.text.splitlines()[0] == ",".join(COLUMNS)
