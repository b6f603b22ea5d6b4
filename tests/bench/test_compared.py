"""Cells are paper / ours / difference; what has not run says so; each axis can be the columns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from maquette.bench.compared import render_compared
from maquette.bench.plan import Cell, Row, Table


def result(row: Row, score: float, views: dict[str, float] | None = None) -> dict[str, Any]:
    def pairs(value: float, names: tuple[str, ...]) -> dict[str, Any]:
        return {name: {"map": value, "low": value - 0.01, "high": value + 0.02} for name in names}

    metrics: dict[str, Any] = {"clean": pairs(score, ("image->image", "image->mesh", "mesh->mesh"))}
    if views:
        metrics["views"] = {
            "clean": {count: pairs(value, ("image->image", "image->mesh")) for count, value in views.items()}
        }
    return {
        "row": row.name,
        "method": row.method,
        "kind": row.kind,
        "rate": row.rate,
        "set": row.data,
        "seeds": {"train": row.seed, "noise": 0},
        "metrics": metrics,
        "noise": {"realised_rate": row.rate},
        "data": {"digest": "0" * 64},
        "provenance": {"commit": "abc", "machine": "a machine", "device": "cpu", "threads": 1},
        "seconds": 1.0,
        "resumed": False,
    }


def made(columns: str, words: tuple[str, ...] = ("rono", "cmcl"), **more: Any) -> Table:
    rows = tuple(
        Row(word, rate, seed, Path("x.toml"), data=data)
        for word in words
        for rate in (0.2, 0.4)
        for seed in (0, 1)
        for data in ("one", "two")
    )
    return Table("a", "A title", rows, {"clean": False}, notes=("A note.",), columns=columns, **more)


def test_noise_as_columns_set_by_set() -> None:
    table = made("noise", published={Cell("one", "rono", "symmetric 0.4", "image->mesh"): 85.0})
    rows = {row.name: row for row in table.rows}
    results = [
        result(rows["one_rono_40_seed0"], 0.90),
        result(rows["one_rono_40_seed1"], 0.92),
        result(rows["two_rono_20_seed0"], 0.5),
    ]
    lines = render_compared(table, results).splitlines()
    assert lines.count("| row | pair | symmetric 0.2 | symmetric 0.4 |") == 2
    # Sample standard deviation of 90 and 92 is √2; 91 is 6 above the paper's.
    assert "| rono | image → mesh | not run | 85.00 / 91.00 ± 1.41 / +6.00 |" in lines
    assert "| rono | mesh → mesh | not run | 91.00 ± 1.41 |" in lines
    assert "| rono | image → mesh | 50.00 [49.0, 52.0] | not run |" in lines
    assert lines.count("| cmcl | all pairs | not run | not run |") == 2
    assert "| rono | **91.00** ± 1.41 (2) |" in lines, "each set begins with a line a method"
    assert any("Rows: 3 of 16 have run" in line for line in lines)


def test_rows_as_columns_with_views_in_the_lines() -> None:
    table = made(
        "row",
        views=(1, 4),
        published={
            Cell("one", "rono", "", "image->mesh", "4"): 60.5,
            Cell("one", "cmcl", "", "image->mesh", "1"): 88.0,
        },
    )
    rows = {row.name: row for row in table.rows}
    lines = render_compared(table, [result(rows["one_rono_20_seed0"], 0.7, {"1": 0.5, "4": 0.6})]).splitlines()
    assert "| pair | rono | cmcl |" in lines
    assert "| image → mesh, 1 view | 50.00 [49.0, 52.0] | 88.00 / not run / – |" in lines
    assert "| image → mesh, 4 views | 60.50 / 60.00 [59.0, 62.0] / -0.50 | not run |" in lines
    assert "| mesh → mesh | 70.00 [69.0, 72.0] | not run |" in lines
    # The other set has nothing measured and nothing published.
    assert "| all pairs | not run | not run |" in lines


def test_views_as_columns_repeat_what_has_no_image() -> None:
    table = made("views", ("cmcl",), views=(1, 4), published={Cell("one", "cmcl", "", "image->mesh", "1"): 86.0})
    rows = {row.name: row for row in table.rows}
    lines = render_compared(table, [result(rows["one_cmcl_20_seed0"], 0.7, {"1": 0.5, "4": 0.6})]).splitlines()
    assert "| row | pair | 1 view | 4 views |" in lines
    assert "| cmcl | image → mesh | 86.00 / 50.00 [49.0, 52.0] / -36.00 | 60.00 [59.0, 62.0] |" in lines
    assert "| cmcl | mesh → mesh | 70.00 [69.0, 72.0] | 70.00 [69.0, 72.0] |" in lines


def test_figures_that_count_the_query_stand_beside_ours_where_ours_count_it_too() -> None:
    published = {Cell("one", "cmcl", "", "image->image", "1"): 86.0, Cell("one", "cmcl", "", "image->mesh", "1"): 80.0}
    table = made("views", ("cmcl",), views=(1,), published=published)
    table = replace(table, protocols={"paper_cmcl": False, "clean": False})
    one = result(table.rows[0], 0.7, {"1": 0.5})
    for scores in (one["metrics"], one["metrics"]["views"]):
        scores["paper_cmcl"] = scores["clean"]
    parts = render_compared(table, [one]).split("## ")
    starts = [f"one: mAP, protocol `{name}`" for name in table.protocols]
    papers, clean = (next(part for part in parts if part.startswith(start)) for start in starts)
    assert "| cmcl | image → image | 86.00 / 50.00 [49.0, 52.0] / -36.00 |" in papers
    assert "| cmcl | image → image | 50.00 [49.0, 52.0] |" in clean
    assert all("| cmcl | image → mesh | 80.00 / 50.00 [49.0, 52.0] / -30.00 |" in part for part in (papers, clean))
    note = "The papers count a query in its own gallery"
    assert note in clean and note not in papers
    # The other set has no published figure: nothing is left out of it.
    assert all(note not in part for part in parts if part.startswith("two: "))


def test_without_results_the_published_figures_stand_alone() -> None:
    table = made("noise", published={Cell("one", "rono", "symmetric 0.4", "image->mesh"): 85.0})
    text = render_compared(table, [])
    assert "| rono | image → mesh | not run | 85.00 / not run / – |" in text
    assert "No row has been run yet." in text


def test_a_pair_whose_queries_have_no_relevant_item_is_no_figure() -> None:
    table = made("noise")
    one = result(table.rows[0], 0.5)
    one["metrics"]["clean"]["mesh->mesh"] = {"map": None}
    lines = render_compared(table, [one]).splitlines()
    assert "| rono | mesh → mesh | – | not run |" in lines
