"""Every figure of a finished run is written, is not blank, and is the same when it is drawn again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from maquette.bench import drawings
from maquette.bench.drawings import compare_sheets, draw_curves, draw_densities, draw_maps, draw_sheets, rank
from maquette.bench.plan import Ran, Table
from maquette.bench.rows import make_run
from tests.bench.test_rows import stage, table

__all__ = ["table"]


def test_every_figure_of_a_run(table: Table, tmp_path: Path) -> None:
    row = replace(table.rows[0], changes=(*table.rows[0].changes, "train.density=true"), data="digits", place="digits")
    ran = [make_run(row, scratch=tmp_path / "scratch", shared=tmp_path / "sets", stage=stage)]
    # The same run as another method's, for the sheet that compares two.
    both = [Ran(replace(row, method="cmcl"), ran[0].run, ran[0].store), *ran]
    words: dict[str, Any] = {"names": {"rono": "batch size 20"}, "title": "Loss"}
    drawn = {
        "draw_curves": draw_curves(ran, tmp_path / "a", **words),
        "draw_densities": draw_densities(ran, tmp_path / "b"),
        "draw_maps": draw_maps(ran, tmp_path / "c"),
        "draw_sheets": draw_sheets(ran, tmp_path / "d", depth=3),
        "compare_sheets": compare_sheets(both, tmp_path / "e", depth=2),
    }
    assert [path.name for path in drawn["draw_sheets"]] == [
        "digits_image_to_pointcloud.png",
        "digits_pointcloud_to_image.png",
    ]
    assert [path.name for name in ("draw_curves", "draw_maps") for path in drawn[name]] == [
        "loss_curves.png",
        "digits_rono.png",
    ]
    for path in (path for paths in drawn.values() for path in paths):
        pixels = np.asarray(Image.open(path).convert("L"))
        assert min(pixels.shape) > 200
        assert 0.002 < (pixels < 200).mean() < 0.9, path
    again = draw_densities(ran, tmp_path / "f")
    assert again[0].read_bytes() == drawn["draw_densities"][0].read_bytes()


def test_titles_name_the_set_and_how_many_of_its_classes(
    table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = replace(table.rows[0], data="digits", place="digits")
    ran = [make_run(row, scratch=tmp_path / "scratch", shared=tmp_path / "sets", stage=stage)]
    titles: list[str] = []

    def keep(*args: Any, title: str, **words: Any) -> Figure:
        titles.append(title)
        return Figure()

    for name in ("tsne_map", "training_curves"):
        monkeypatch.setattr(drawings, name, keep)
    draw_curves(ran, tmp_path, names={"rono": "batch size 20"}, title="Loss")
    draw_maps(ran, tmp_path)
    monkeypatch.setattr(drawings, "_CLASSES", 4)
    draw_maps(ran, tmp_path)
    noise = " (symmetric noise 0.4)"
    assert titles == [
        "Loss on digits",
        f"RONO on digits, test objects{noise}",
        f"RONO on digits, test objects of the 4 largest of 10 classes{noise}",
    ]


def test_results_come_by_cosine_and_equal_ones_in_order() -> None:
    gallery = np.array([[2.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0]])
    assert rank(np.array([[1.0, 0.0], [0.0, 3.0]]), gallery).tolist() == [[0, 3, 2, 1], [1, 2, 0, 3]]
