"""A table of noise rates has a picture for each data set that was run at two rates or more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from maquette.bench.plan import Table
from maquette.bench.rates import draw_rates, rate_files


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
    assert rate_files(table, rows) == {"one": "rates_one.png"}
    (path,) = draw_rates(table, rows, tmp_path / "b")
    assert path == tmp_path / "b" / "rates_one.png"
    before = path.read_bytes()
    draw_rates(table, rows, tmp_path / "b")
    assert path.read_bytes() == before
    draw_rates(table, [*rows[:2], result("cmcl", 0.8, 0.1, set="one")], tmp_path / "b")
    assert path.read_bytes() != before


def test_a_table_of_one_set_has_one_picture_and_one_of_one_rate_none(tmp_path: Path) -> None:
    table = Table("a/b", "T", (), {"clean": False})
    rows = [result("rono", 0.0, 0.9), result("rono", 0.4, 0.7)]
    assert [path.name for path in draw_rates(table, rows, tmp_path)] == ["rates.png"]
    assert draw_rates(table, rows[:1], tmp_path) == []
    assert draw_rates(table, [], tmp_path) == []
