"""A dot stands where the part's mean difference is, and the rows go from what costs most to what costs least."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer

from maquette.errors import InputError
from maquette.plots.canvas import QUERY, WRONG
from maquette.plots.parts import part_differences

FOUND: dict[str, dict[float, list[float]]] = {
    "no_gap": {0.4: [0.5], 0.8: [1.0, 3.0]},
    "no_votes": {0.4: [-0.25], 0.8: [-9.0, -11.0]},
    "nothing": {0.4: [], 0.8: []},
}


NAMES = ("no_votes", "no_gap")


def dots(axes: Axes) -> dict[str, tuple[float, float, str]]:
    found = {}
    for container in axes.containers:
        assert isinstance(container, ErrorbarContainer)
        line, (bars,) = container.lines[0], container.lines[2]
        assert line is not None
        ((x,), (y,)) = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
        ends = bars.get_segments()[0][:, 0]
        found[NAMES[int(y)]] = float(x), float(ends[1] - ends[0]) / 2, str(line.get_color())
    return found


def test_a_dot_a_part_in_a_panel_a_rate() -> None:
    figure = part_differences(FOUND, title="T", baseline="full", scores={0.4: 95.714, 0.8: 90.0})
    low, high = figure.axes
    assert dots(low) == {"no_votes": (-0.25, 0.0, WRONG), "no_gap": (0.5, 0.0, QUERY)}
    middle, spread, color = dots(high)["no_votes"]
    assert (middle, color) == (-10.0, WRONG)
    assert spread == pytest.approx(np.sqrt(2))
    assert [label.get_text() for label in low.get_yticklabels()] == list(NAMES)
    assert low.get_title() == "noise 0.4; full: 95.71"
    assert [text.get_text() for text in high.texts] == ["-10.00", "+2.00"]
    for axes in (low, high):
        left, right = axes.get_xlim()
        assert left < min(x - bar for x, bar, _ in dots(axes).values()) < 0 < right
    # The first row is at the top.
    assert low.get_ylim()[0] > low.get_ylim()[1]


def test_no_differences_are_refused() -> None:
    with pytest.raises(InputError, match="no differences"):
        part_differences({"no_gap": {0.4: []}}, title="T", baseline="full", scores={})
