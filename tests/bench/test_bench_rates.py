"""A table of rates has a picture for each set that was run at two or more; an ablation has one of its parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from maquette.bench import rates as rates_module
from maquette.bench.plan import Table
from maquette.bench.rates import draw_pictures, table_pictures


def result(method: str, rate: float, score: float | None, **more: Any) -> dict[str, Any]:
    pairs = {"image->mesh": {"map": score}, "mesh->mesh": {"map": 1.0}}
    return {"method": method, "rate": rate, "metrics": {"clean": pairs}, **more}


def test_a_picture_for_each_set_with_two_rates(tmp_path: Path) -> None:
    table = Table("a/b", "T", (), {"clean": False})
    rows = [
        result("rono", 0.2, 0.9, set="one"),
        result("rono", 0.8, 0.8, set="one"),
        result("cmcl", 0.8, None, set="one"),
        result("rono", 0.2, 0.9, set="two"),
        result("rono", 0.4, 0.9, set="two", kind="asymmetric"),
    ]
    assert table_pictures(table, rows) == {"one": "rates_one.png"}
    (path,) = draw_pictures(table, rows, tmp_path / "b")
    assert path == tmp_path / "b" / "rates_one.png"
    before = path.read_bytes()
    draw_pictures(table, rows, tmp_path / "b")
    assert path.read_bytes() == before
    draw_pictures(table, [*rows[:2], result("cmcl", 0.8, 0.1, set="one")], tmp_path / "b")
    assert path.read_bytes() != before


def test_a_table_of_one_set_has_one_picture_and_one_of_one_rate_none(tmp_path: Path) -> None:
    table = Table("a/b", "T", (), {"clean": False})
    rows = [result("rono", 0.0, 0.9), result("rono", 0.4, 0.7)]
    assert [path.name for path in draw_pictures(table, rows, tmp_path)] == ["rates.png"]
    assert draw_pictures(table, rows[:1], tmp_path) == []
    assert draw_pictures(table, [], tmp_path) == []


def test_an_ablation_has_one_picture_of_its_parts_against_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = Table("a/b", "T", (), {"clean": False}, baseline="full")
    rows = [
        result("full", 0.4, 0.5, seeds={"train": 0}),
        result("full", 0.4, 0.75, seeds={"train": 1}),
        result("no_gap", 0.4, 0.5, seeds={"train": 1}),
        result("no_gap", 0.4, 0.375, seeds={"train": 0}),
        # The whole has not run with this seed, nor at this rate.
        result("no_gap", 0.4, 0.1, seeds={"train": 2}),
        result("no_gap", 0.8, 0.1, seeds={"train": 0}),
    ]
    (path,) = draw_pictures(table, rows, tmp_path)
    assert path == tmp_path / "parts.png" and path.is_file()
    seen: dict[str, Any] = {}

    def keep(differences: Any, **words: Any) -> None:
        seen.update(differences=differences, **words)

    monkeypatch.setattr(rates_module, "part_differences", keep)
    monkeypatch.setattr(rates_module, "save_png", lambda figure, path: None)
    draw_pictures(table, rows, tmp_path)
    # Seed by seed, in whatever order they stand.
    assert {rate: sorted(found) for rate, found in seen["differences"]["no_gap"].items()} == {
        0.4: [-25.0, -12.5],
        0.8: [],
    }
    assert (seen["scores"], seen["baseline"]) == ({0.4: 62.5}, "full")
    assert table_pictures(table, rows[:2]) == table_pictures(table, rows[2:]) == {}
