from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from jaxtyping import UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from maquette.errors import ConfigError
from maquette.plots.canvas import QUERY, RIGHT, WRONG, save_png
from maquette.plots.topk import top_k_sheet


def picture(value: int, *, side: int = 8) -> UInt8[np.ndarray, "_ _ 3"]:
    return np.full((side, side + 2, 3), value, dtype=np.uint8)


def frame(axes: Axes) -> Rectangle:
    return next(patch for patch in axes.patches if isinstance(patch, Rectangle))


def test_each_result_carries_sign_frame_and_name(tmp_path: Path) -> None:
    right = np.array([[True, False, True], [False, False, True]])
    names = [["cup", "bowl", "cup"], ["van", "truck", "car"]]
    figure = top_k_sheet(
        [picture(0), picture(1)],
        [[picture(10 * row + place) for place in range(3)] for row in (1, 2)],
        right=right,
        query_names=["cup", "car"],
        result_names=names,
        title="image → mesh",
    )
    shown = [(int(axes.images[0].get_array()[0, 0, 0]), axes) for axes in figure.axes]  # type: ignore[index]  # never None here
    assert [value for value, _ in shown] == [0, 10, 11, 12, 1, 20, 21, 22]
    for value, axes in shown:
        color = mpl.colors.to_hex(frame(axes).get_edgecolor())
        if value < 10:
            assert color == QUERY.lower()
            continue
        row, place = value // 10 - 1, value % 10
        good = bool(right[row, place])
        assert color == (RIGHT if good else WRONG).lower()
        assert (frame(axes).get_linestyle() == "solid") == good
        assert axes.get_xlabel() == ("✓ " if good else "✗ ") + names[row][place]
    assert [axes.get_title() for _, axes in shown[:4]] == ["query", "1", "2", "3"]
    save_png(figure, tmp_path / "sheet.png")
    assert (tmp_path / "sheet.png").stat().st_size > 5000


def test_fewer_results_than_places_and_pictures_of_any_size() -> None:
    figure = top_k_sheet(
        [picture(1, side=5)], [[picture(2, side=30)]], right=np.zeros((1, 4), dtype=np.bool_), query_names=["a" * 40]
    )
    assert len(figure.axes) == 2
    assert figure.axes[0].get_xlabel() == "a" * 13 + "…"
    assert figure.axes[1].get_xlabel() == "✗"


def test_long_names_are_broken_where_words_end_and_rows_make_room() -> None:
    def sheet(name: str) -> Figure:
        return top_k_sheet(
            [picture(1)], [[picture(2)]], right=np.array([[True]]), query_names=["cup"], result_names=[[name]]
        )

    for name, shown in {
        "BuildingNonResidential": "✓ BuildingNon\nResidential",
        "Musical_Instrument": "✓ Musical_\nInstrument",
        "night_stand": "✓ night_stand",
        "a very long name of many words": "✓ a very long\nname of many …",
    }.items():
        assert sheet(name).axes[1].get_xlabel() == shown
    assert sheet("Musical_Instrument").get_figheight() > sheet("night_stand").get_figheight()


def test_no_query_is_an_empty_sheet_and_lists_that_do_not_match_are_refused() -> None:
    assert not top_k_sheet([], [], right=np.zeros((0, 3), dtype=np.bool_), query_names=[]).axes
    with pytest.raises(ConfigError, match=r"\(1, 1\)"):
        top_k_sheet([picture(1)], [[picture(1)] * 2], right=np.array([[True]]), query_names=["a"])
    with pytest.raises(ConfigError, match="1 queries"):
        top_k_sheet([picture(1)], [[picture(1)]], right=np.array([[True]]), query_names=[])
