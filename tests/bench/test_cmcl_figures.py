"""Published figures stand in the cells of their pair and number of views."""

from __future__ import annotations

from maquette.bench.cmcl_figures import modelnet10, table1, table2, table3, table4
from maquette.bench.plan import Cell


def test_single_figures_of_every_table() -> None:
    assert table1("a")[Cell("a", "cmcl", "", "image->pointcloud", "4")] == 89.04
    assert table1("a")[Cell("a", "cmcl", "", "mesh->mesh")] == 88.59
    assert table4("a")[Cell("a", "cmcl", "", "mesh->mesh")] == 88.51
    assert table4("a")[Cell("a", "dscmr_plus", "", "pointcloud->image", "2")] == 70.04
    assert table2("a")[Cell("a", "ce_center", "", "mesh->image", "1")] == 85.66
    assert table3("a")[Cell("a", "batch_12", "", "mesh->pointcloud")] == 8.29
    assert modelnet10()[Cell("modelnet10", "cmcl", "", "image->mesh", "1")] == 88.48


def test_nine_pairs_are_fifteen_figures_by_views() -> None:
    assert len(table1("a")) == len(modelnet10()) == 3 * 5 + 4
    assert (len(table2("a")), len(table3("a")), len(table4("a"))) == (36, 36, 4 * 19)
    # Tables 1, 2 and 4 say the same of one view, Table 3 nearly so of four.
    one, two = table1("a"), table2("a")
    assert all(one[cell] == two[cell] for cell in one if cell.views in ("", "1"))
    assert all(abs(one[cell] - figure) < 0.3 for cell, figure in table3("a").items() if cell.row == "cmcl")
