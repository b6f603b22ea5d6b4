"""Each line holds its method's means and spreads; the names beside the lines do not lie on each other."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.container import ErrorbarContainer
from matplotlib.lines import Line2D

from maquette.errors import InputError
from maquette.plots.rates import rate_curves, spread_out

SCORES: dict[str, dict[float, list[float]]] = {
    "ours": {0.8: [80.0], 0.2: [90.0, 92.0]},
    "theirs": {0.2: [70.0], 0.8: [79.9]},
    "nothing": {0.2: []},
}


def points(line: Line2D | None) -> list[tuple[float, float]]:
    assert line is not None
    return list(zip(np.asarray(line.get_xdata()).tolist(), np.asarray(line.get_ydata()).tolist(), strict=True))


def test_lines_hold_means_and_spreads_by_rate() -> None:
    axes = rate_curves(SCORES, title="T", loud=("ours",)).axes[0]
    ours, theirs = (container.lines for container in axes.containers if isinstance(container, ErrorbarContainer))
    assert points(ours[0]) == [(0.2, 91.0), (0.8, 80.0)]
    assert points(theirs[0]) == [(0.2, 70.0), (0.8, 79.9)]
    (bars,) = ours[2]
    assert bars.get_segments()[0][:, 1] == pytest.approx([91 - np.sqrt(2), 91 + np.sqrt(2)])
    assert ours[0] is not None and theirs[0] is not None
    assert ours[0].get_color() != theirs[0].get_color()
    assert axes.get_title() == "T"
    assert list(axes.get_xticks()) == [0.2, 0.8]


def test_names_keep_apart_and_in_the_order_of_their_lines() -> None:
    axes = rate_curves(SCORES, title="T").axes[0]
    heights = {text.get_text(): float(text.get_position()[1]) for text in axes.texts}
    low, high = axes.get_ylim()
    assert heights["ours"] - heights["theirs"] >= 0.03 * (high - low)
    assert set(heights) == {"ours", "theirs"}


def test_places_move_no_more_than_they_must() -> None:
    assert spread_out([], apart=1.0) == []
    assert spread_out([3.0, 1.0, 2.0], apart=1.0) == [3.0, 1.0, 2.0]
    assert spread_out([0.0, 0.0, 0.0, 9.0], apart=1.0) == [-1.0, 0.0, 1.0, 9.0]
    rng = np.random.default_rng(0)
    places = rng.uniform(0, 5, 40)
    moved = np.array(spread_out(places.tolist(), apart=0.2))
    assert (np.argsort(moved, kind="stable") == np.argsort(places, kind="stable")).all()
    assert np.diff(np.sort(moved)).min() >= 0.2 - 1e-9


def test_no_scores_are_refused() -> None:
    with pytest.raises(InputError, match="no scores"):
        rate_curves({"ours": {0.4: []}}, title="T")
