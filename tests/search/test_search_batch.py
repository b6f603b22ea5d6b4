from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from maquette.errors import InputError
from maquette.search import Answer, Engine
from maquette.search.answers import Hit
from maquette.search.batch import COLUMNS, BatchRow, as_csv, find_queries, search_folder


def test_a_folder_of_queries_answers_file_by_file(engine: Engine, tree: Path) -> None:
    engine.add_paths([tree])
    (tree / "broken.png").write_bytes(b"no picture")
    (tree / ".hidden.off").write_text("OFF")
    progress: list[tuple[int, int]] = []
    rows = list(search_folder(engine, tree, k=2, on_progress=lambda done, total: progress.append((done, total))))
    names = ["bars/long.off", "bars/short.stl", "broken.png", "plates/square.obj", "plates/wide.ply", "plates/wide.png"]
    names += ["scans/blob.xyz", "scans/only photo.png"]
    assert [row.query for row in rows] == names
    assert [row.query for row in rows if row.answer is None] == ["broken.png"]
    assert rows[2].refused
    assert rows[1].answer is not None
    assert rows[1].answer.hits == engine.search({"mesh": [tree / "bars" / "short.stl"]}, k=2).hits
    assert progress == [(done, 8) for done in range(1, 9)]
    table = list(csv.DictReader(io.StringIO(as_csv(rows))))
    assert [line["query"] for line in table] == [
        name for name in names for _ in range(1 if name == "broken.png" else 2)
    ]
    assert [line["refused"] for line in table if line["query"] == "broken.png"] == [rows[2].refused]
    assert {(line["rank"], line["band"]) for line in table if line["id"]} == {("1", "similar"), ("2", "similar")}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(start: str) -> None:
    bad = start + "SUM(A1)"
    hit = Hit(1, bad, -0.5, bad, bad, "", {}, {})
    rows = [BatchRow(bad, Answer((hit,), (), {}, 1, 1)), BatchRow(bad, refused=bad)]
    first, second = csv.DictReader(io.StringIO(as_csv(rows), newline=""))
    for cell in (first["query"], first["id"], first["class"], first["path"], second["query"], second["refused"]):
        assert cell == "'" + bad
    assert first["score"] == "-0.500000", "a number stays one"


def test_a_query_that_finds_nothing_keeps_its_line() -> None:
    row = BatchRow("a.png", Answer((), (), {}, 0, 1, rejected=True))
    (line,) = csv.reader(io.StringIO(as_csv([row]).split("\n", 1)[1]))
    assert dict(zip(COLUMNS, line, strict=True))["rejected"] == "yes"


def test_folders_without_queries(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(InputError, match=r"holds nothing to search by: expected files ending in .*\.off"):
        find_queries(tmp_path)
    with pytest.raises(InputError, match="is no folder"):
        find_queries(tmp_path / "notes.txt")
