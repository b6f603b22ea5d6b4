"""A row's name is that of its file: old names stay, data sets come first."""

from __future__ import annotations

from pathlib import Path

from maquette.bench.plan import Cell, Row, Table


def test_names_of_rows_are_different_where_the_rows_are() -> None:
    rows = [
        Row(method, rate, seed, Path("x.toml"), kind=kind, data=data)
        for method in ("rono", "cmcl")
        for rate in (0.0, 0.05, 0.4)
        for seed in (0, 1)
        for kind in ("symmetric", "asymmetric")
        for data in ("", "modelnet40")
    ]
    assert len({row.name for row in rows}) == len(rows)
    assert rows[0].name == "rono_00_seed0"
    assert Row("rono", 0.4, 1, Path("x.toml"), kind="asymmetric", data="a").name == "a_rono_asymmetric_40_seed1"


def test_a_table_is_rendered_and_kept_as_before_unless_it_says_more() -> None:
    table = Table("a", "A", (), {"clean": False})
    assert (table.columns, table.views, table.home, table.draw, table.figures) == ("", (), "", None, ())
    assert Cell("", "cmcl", "", "image->mesh").views == ""
