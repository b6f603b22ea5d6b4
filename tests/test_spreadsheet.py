"""Cells that a spreadsheet would run are texts; all others come back as they were."""

from __future__ import annotations

import csv
import io

import pytest

from maquette.spreadsheet import csv_line


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(start: str) -> None:
    (cells,) = csv.reader(io.StringIO(csv_line([f"{start}1+1", "a"]), newline=""))
    assert cells == [f"'{start}1+1", "a"]


def test_numbers_commas_quotes_and_line_breaks_come_back() -> None:
    values = [-1.5, "-0.50", 'a "b", c', "one\ntwo", "", None]
    (cells,) = csv.reader(io.StringIO(csv_line(values), newline=""))
    assert cells == ["-1.5", "-0.50", 'a "b", c', "one\ntwo", "", ""]
