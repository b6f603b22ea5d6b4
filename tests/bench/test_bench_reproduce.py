"""A part of a table is run, and the whole table is rendered from what is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from maquette.bench import reproduce as reproduce_module
from maquette.bench.plan import Row, Table
from maquette.bench.reproduce import FULL, LARGE, TABLES, is_done, reproduce, results_folder, table_states
from tests.bench.test_rows import stage


def test_every_table_has_a_smoke_size() -> None:
    configs = Path(__file__).parents[2] / "configs"
    for name, build in TABLES.items():
        table = build(size="smoke", configs=configs)
        assert table.rows
        assert table.name.startswith(name)
        assert all(row.config.is_file() for row in table.rows)


def test_the_state_of_every_table_counts_its_results(tmp_path: Path) -> None:
    configs = Path(__file__).parents[2] / "configs"
    folder = tmp_path / "rono" / "workshop"
    folder.mkdir(parents=True)
    for name in ("mvi_20_seed1", "mvi_asymmetric_20_seed1", "mvi_asymmetric_80_seed1", "other"):
        (folder / f"{name}.json").write_text("{}")
    states = {(state.name, state.size): state for state in table_states(configs=configs, out=tmp_path)}
    sizes = {(name, size) for name in TABLES for size in ("smoke", "small")}
    assert set(states) == sizes | {(name, "full") for name in FULL} | {(name, "large") for name in LARGE}
    assert TABLES.keys() >= LARGE and len({state.command for state in states.values()}) == len(states)
    state = states["rono/workshop", "small"]
    # Thirteen methods, eight noises, three seeds; asymmetric noise of 0.8 is no row.
    assert (state.done, state.rows, state.status) == (2, 312, "2 of 312")
    assert states["rono/workshop", "smoke"].status == "not run"
    assert state.command == "maquette reproduce rono/workshop --size small"
    assert sum(state.done for state in states.values()) == 2
    table = TABLES["rono/workshop"](size="small", configs=configs)
    assert sum(is_done(row, table, out=tmp_path) for row in table.rows) == 2
    assert results_folder("small") != results_folder("smoke")


def test_only_the_part_is_run_and_the_whole_is_rendered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = tuple(Row(name, 0.2, 0, tmp_path / "none.toml") for name in ("one", "two"))
    whole, part = (Table("a/b", "T", chosen, {}) for chosen in (rows, rows[1:]))
    seen: dict[str, object] = {}

    def run(table: Table, **places: object) -> None:
        seen.update(names=[row.name for row in table.rows], **places)

    monkeypatch.setattr(reproduce_module, "run_rows", run)
    path = reproduce(part, whole=whole, out=tmp_path / "out", scratch=tmp_path / "scratch", stage=stage)
    assert path == tmp_path / "out" / "a" / "b" / "table.md"
    assert seen["names"] == ["two_20_seed0"]
    assert seen["results"] == tmp_path / "out" / "a" / "b"
    assert seen["scratch"] == tmp_path / "scratch" / "a" / "b"
    assert path.read_text().startswith("# T\n")
