"""A part of a table is run, and the whole table is rendered from what is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from maquette.bench import reproduce as reproduce_module
from maquette.bench.reproduce import TABLES, reproduce
from maquette.bench.rows import Row, Table
from tests.bench.test_rows import stage


def test_every_table_has_a_smoke_size() -> None:
    configs = Path(__file__).parents[2] / "configs"
    for name, build in TABLES.items():
        table = build(size="smoke", configs=configs)
        assert table.rows
        assert table.name.startswith(name)
        assert all(row.config.is_file() for row in table.rows)


def test_only_the_part_is_run_and_the_whole_is_rendered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = tuple(Row(name, 0.2, 0, tmp_path / "none.toml") for name in ("one", "two"))
    whole, part = (Table("a/b", "T", chosen, {}) for chosen in (rows, rows[1:]))
    seen: dict[str, object] = {}

    def run(table: Table, **places: object) -> None:
        seen.update(names=[row.name for row in table.rows], **places)

    monkeypatch.setattr(reproduce_module, "run_rows", run)
    path = reproduce(part, whole=whole, out=tmp_path / "out", scratch=tmp_path / "scratch", stage=stage)
    assert path == tmp_path / "out" / "a" / "b.md"
    assert seen["names"] == ["two_20_seed0"]
    assert seen["results"] == tmp_path / "out" / "a" / "b"
    assert seen["scratch"] == tmp_path / "scratch" / "a" / "b"
    assert path.read_text().startswith("# T\n")
