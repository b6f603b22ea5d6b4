"""The sheet shows what it was given, says which side is which in words, and is the same bytes twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from maquette.errors import ConfigError
from maquette.plots import Doubt, doubt_sheet, save_png


def picture(value: int) -> np.ndarray:
    return np.full((8, 8, 3), value, dtype=np.uint8)


DOUBT = Doubt(picture(0), "cup", "bowl", 0.875, [picture(1), picture(2)], [picture(3)])


def test_a_row_holds_the_object_and_both_classes(tmp_path: Path) -> None:
    figure = doubt_sheet([DOUBT, replace(DOUBT, proposed_examples=[])], examples=2, title="Doubts")
    shown = [int(axes.images[0].get_array()[0, 0, 0]) for axes in figure.axes if axes.images]  # type: ignore[index]  # never None here
    assert shown == [0, 1, 2, 3, 0, 1, 2]
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles.count("given: cup") == 2 and titles.count("proposed: bowl") == 1
    assert any(text.get_text() == "proposed: bowl: nothing to show" for axes in figure.axes for text in axes.texts)
    assert figure.axes[0].get_xlabel() == "P(wrong) 0.88"
    for name in ("a.png", "b.png"):
        save_png(doubt_sheet([DOUBT], examples=2), tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ConfigError, match="at least one"):
        doubt_sheet([])
    with pytest.raises(ConfigError, match="more than 1 examples"):
        doubt_sheet([DOUBT], examples=1)
