from __future__ import annotations

from typing import Any

import pytest

from maquette.bench.speed.report import is_reached, write_markdown, write_table


def _row(**changes: Any) -> dict[str, Any]:
    side = {"cpu_seconds": {"median": 0.25, "low": 0.2, "high": 0.3}, "share_of_gemm": 0.34}
    row = {
        "name": "toy",
        "size": 40,
        "grows_with": "rows",
        "per": "call",
        "at_least": 5.0,
        "memory_at_least": None,
        "ratio_cpu": {"median": 5.25, "low": 5.0, "high": 5.5},
        "ratio_wall": {"median": 7.0, "low": 6.0, "high": 8.0},
        "ours": side,
        "textbook": {**side, "cpu_seconds": {"median": 1.5, "low": 1.0, "high": 2.0}},
        "exponent": {"ours": 1.125, "textbook": 2.0},
        "difference": 3e-13,
        "notes": {"waiting_share": 0.0123},
        "gemm_float32_gigaflops": 41.4,
        "provenance": {"maquette": "0.1.0", "commit": "abc", "machine": "a machine", "libraries": {"torch": "2.13.0"}},
    }
    return {**row, **changes}


def _report(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"rows": list(rows), "quick": False, "threads": 1, "pages_reused": True, "cpu_capability": "AVX2"}


@pytest.mark.parametrize(
    ("changes", "reached"),
    [
        ({}, True),
        ({"at_least": 5.3}, False),
        ({"at_least": None}, None),
        ({"memory_at_least": 4.0, "peak_memory_mb": {"ours": 1.0, "textbook": 3.9, "ratio": 3.9}}, False),
        ({"memory_at_least": 4.0, "peak_memory_mb": {"ours": 1.0, "textbook": 4.0, "ratio": 4.0}}, True),
        ({"at_least": None, "peak_memory_mb": {"ours": 1.0, "textbook": 4.0, "ratio": 4.0}}, None),
    ],
)
def test_reached_is_all_that_was_asked(changes: dict[str, Any], reached: bool | None) -> None:
    assert is_reached(_row(**changes)) is reached


def test_a_line_holds_the_figures() -> None:
    line = write_table(_report(_row())).splitlines()[1]
    for text in (
        "40 rows",
        "5.25",
        "5.00-5.50",
        "7.00",
        "250 ms",
        "1.5e+03 ms",
        "34 % vs 34 %",
        "1.12 vs 2.00",
        "3e-13",
    ):
        assert text in line, text
    assert line.endswith("5 yes")
    assert write_table(_report(_row(at_least=9.0))).splitlines()[1].endswith("9 NO")


def test_markdown_names_commit_machine_and_command() -> None:
    page = write_markdown(_report(_row(), _row(name="odd", at_least=9.0)), command="maquette bench")
    assert "commit abc, a machine, torch 2.13.0" in page and "`maquette bench`, AVX2, threads: 1." in page
    assert "| toy | 40 rows | 5.25 |" in page and "| odd | 40 rows | 5.25 |" in page and "| 9 NO |" in page
    assert "* toy: waiting share 0.0123" in page
    columns = {line.count("|") for line in page.splitlines() if line.startswith("|")}
    assert len(columns) == 1


def test_quick_runs_say_so() -> None:
    assert "a quick run" not in write_table(_report(_row()))
    assert "a quick run" in write_table({**_report(_row()), "quick": True})
