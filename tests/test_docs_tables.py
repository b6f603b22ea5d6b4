"""The results on the methods' pages are what the committed rows say, cell by cell."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest

from maquette.bench.rows import Row, Table

ROOT = Path(__file__).parent.parent
SPEC = importlib.util.spec_from_file_location("make_tables", ROOT / "docs" / "make_tables.py")
assert SPEC is not None and SPEC.loader is not None
make_tables = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(make_tables)


def test_every_page_says_what_the_committed_rows_say() -> None:
    for path, text in make_tables.pages().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run: python docs/make_tables.py"


def test_every_committed_tables_pictures_lie_beside_it() -> None:
    tables = sorted((ROOT / "benchmarks" / "results").rglob("table.md"))
    shown = [(path, name) for path in tables for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", path.read_text("utf-8"))]
    assert len(tables) > 20 and len(shown) > 20
    assert [(path, name) for path, name in shown if "/" in name or not (path.parent / name).is_file()] == []
    named = set(re.findall(r"\]\(\.\./(benchmarks/[^)]+)\)", (ROOT / "docs" / "results.md").read_text("utf-8")))
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


def made(method: str, rate: float, score: float, *, name: str = "rono_mnist", **more: Any) -> dict[str, Any]:
    pairs = {"image->pointcloud": {"map": score}, "image->image": {"map": 1.0}}
    return {
        "table": "a/b",
        "row": "",
        "method": method,
        "rate": rate,
        "metrics": {"paper_rono": pairs},
        "config": {"method": {"name": name}},
        **more,
    }


def test_cells_by_hand() -> None:
    paper = {("RONO, paper", "image->pointcloud"): {0.4: 95.22}}
    table = Table("a/b", "T", (), {"paper_rono": True}, paper, paper_of={"RONO, paper": "rono"})
    other = Table("a/c", "T", (), {"paper_rono": True})
    rows = [
        made("rono", 0.4, 0.90),
        made("rono", 0.4, 0.92),
        made("rono", 0.4, 0.5, kind="asymmetric"),
        made("gce", 0.8, 0.1, name="generalized_cross_entropy"),
    ]
    found = [(table, rows), (other, [made("no_gap", 0.4, 0.25)])]
    lines = make_tables.render("rono", found).splitlines()
    assert lines[2:] == [
        "| table | row | pair | symmetric 0.4 | asymmetric 0.4 |",
        "|---|---|---|---|---|",
        "| a/b | rono | image → pointcloud | 91.00 ± 1.41 (2) / 95.22 | 50.00 (1) |",
        "| a/c | no_gap | image → pointcloud | 25.00 (1) | – |",
    ]
    generalized = make_tables.render("generalized_cross_entropy", found).splitlines()
    assert generalized[-1] == "| a/b | gce | image → pointcloud | 10.00 (1) |"
    assert make_tables.render("pls", found) == make_tables.NOTHING


def test_many_pairs_without_a_papers_figures_are_one_line() -> None:
    pairs = {"image->mesh": {"map": 0.5}, "mesh->image": {"map": 0.6}, "mesh->pointcloud": {"map": 0.7}}
    row = made("rono", 0.4, 0.0) | {"metrics": {"clean": {**pairs, "mesh->mesh": {"map": 1.0}}}}
    table = Table("a/b", "T", (), {"clean": False})
    assert make_tables.render("rono", [(table, [row])]).splitlines()[-1] == "| a/b | rono | mean of 3 | 60.00 (1) |"
    paper = Table("a/b", "T", (), {"clean": False}, {("RONO", "image->mesh"): {0.4: 55.0}}, paper_of={"RONO": "rono"})
    assert make_tables.render("rono", [(paper, [row])]).splitlines()[-3:] == [
        "| a/b | rono | image → mesh | 50.00 (1) / 55.00 |",
        "| a/b | rono | mesh → image | 60.00 (1) |",
        "| a/b | rono | mesh → pointcloud | 70.00 (1) |",
    ]


def test_each_table_with_rows_is_one_part_of_the_results() -> None:
    tables = [Table(name, f"Title {name}", (), {"paper_rono": True}, command=f"make {name}") for name in ("a", "b")]
    lines = make_tables.at_a_glance([(tables[0], [made("rono", 0.4, 0.9)]), (tables[1], [])]).splitlines()
    assert lines[0] == "## Title a"
    assert "| rono | **90.00** (1) |" in lines
    assert lines[-1] == "[`benchmarks/results/a/table.md`](../benchmarks/results/a/table.md), by `make a`."
    assert make_tables.at_a_glance([]) == make_tables.NOTHING


def test_tables_of_several_sets_have_a_part_for_each() -> None:
    rows = [made("rono", 0.4, 0.9, set="one"), made("rono", 0.4, 0.8, set="two")]
    table = Table("a", "T", (), {"paper_rono": True}, columns="noise")
    text = make_tables.at_a_glance([(table, rows)])
    first, second = text.split("two: At a glance")
    assert "one: At a glance: mAP, mean of the 1 pairs" in first
    assert "| rono | **90.00** (1) |" in first
    assert "| rono | **80.00** (1) |" in second


def test_tables_by_views_stand_as_the_paper_has_them_and_on_no_page() -> None:
    plan = tuple(Row(name, 0.0, 0, Path("x.toml"), data="one") for name in ("ce", "cmcl"))
    table = Table("a", "T", plan, {"paper_cmcl": False}, columns="row", views=(1,))
    scores = {"mesh->pointcloud": {"map": 0.75}}
    row = made("cmcl", 0.0, 0.0, name="cmcl", set="one") | {"metrics": {"paper_cmcl": scores}}
    lines = make_tables.at_a_glance([(table, [row])]).splitlines()
    assert "| pair | ce | cmcl |" in lines
    assert "| mesh → pointcloud | not run | 75.00 |" in lines
    assert make_tables.render("cmcl", [(table, [row])]) == make_tables.NOTHING


def test_rows_are_read_from_their_tables_folders(tmp_path: Path) -> None:
    row = Row("dscmr", 0.6, 1, Path("x.toml"))
    path = tmp_path / "rono" / "mnist3d" / f"{row.name}.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(made("dscmr", 0.6, 0.75, name="dscmr")))
    written = make_tables.pages(tmp_path)
    page = ROOT / "docs" / "methods" / "dscmr.md"
    assert "| rono/mnist3d | dscmr | image → pointcloud | 75.00 (1) |" in written[page]
    assert make_tables.NOTHING in written[page.with_name("rono.md")]


def test_markers_are_needed_once() -> None:
    page = "a\n<!-- results -->\nold\nlines\n<!-- /results -->\nb\n"
    assert make_tables.filled(page, "new \\1") == "a\n<!-- results -->\nnew \\1\n<!-- /results -->\nb\n"
    for text in ("a", page + page):
        with pytest.raises(ValueError, match="once"):
            make_tables.filled(text, "x")


@pytest.mark.parametrize(
    ("method", "page"), [("rono_mnist", "rono"), ("cmcl", "cmcl"), ("cmcl_paper", "cmcl"), ("dac_defaults", "dac")]
)
def test_presets_stand_on_the_page_of_their_method(method: str, page: str) -> None:
    assert make_tables.page_of(method) == page
