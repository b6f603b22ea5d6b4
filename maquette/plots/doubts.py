"""Sheets of doubted labels: an object a row, beside it objects of the class it is given as and of the proposed one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from maquette.errors import ConfigError
from maquette.plots.canvas import QUERY, RIGHT, WRONG, new_figure, plain_axes, style

__all__ = ["Doubt", "doubt_sheet"]

_INCHES = 1.0

Picture = UInt8[np.ndarray, "_ _ 3"]


@dataclass(frozen=True)
class Doubt:
    """An object whose label is doubted: its picture, both classes, the probability, and pictures of both classes."""

    picture: Picture
    given: str
    proposed: str
    probability: float
    given_examples: Sequence[Picture]
    proposed_examples: Sequence[Picture]


def doubt_sheet(doubts: Sequence[Doubt], *, examples: int = 3, title: str = "") -> Figure:
    """Sheet with a row a doubt: the object, up to `examples` as it is given, as many as it is proposed to be.

    Frames are dashed for the given class and solid for the proposed one, so that the sheet reads without colour.
    ConfigError where there is nothing to show, or an object has more examples than there is room for.
    """
    if not doubts or examples < 1:
        raise ConfigError(f"a sheet of {len(doubts)} doubts, {examples} examples each: expected at least one of both")
    if any(max(len(doubt.given_examples), len(doubt.proposed_examples)) > examples for doubt in doubts):
        raise ConfigError(f"a doubt has more than {examples} examples of a class: hand in as many at most")
    with style():
        figure = new_figure((2 * examples + 2.0) * _INCHES, len(doubts) * 1.2 * _INCHES + 0.75)
        figure.suptitle(title, fontsize=12, fontweight="bold")
        figure.supxlabel(
            "dashed: nearest of the class it is given as     solid: nearest of the class it is proposed to be",
            fontsize=8,
            color="#444444",
        )
        ratios = [1.0, 0.15, *[1.0] * examples, 0.15, *[1.0] * examples]
        grid = figure.add_gridspec(len(doubts), len(ratios), width_ratios=ratios)
        for row, doubt in enumerate(doubts):
            _picture(figure.add_subplot(grid[row, 0]), doubt.picture, f"P(wrong) {doubt.probability:.2f}", QUERY, "-")
            sides = (
                (2, doubt.given_examples, f"given: {doubt.given}", WRONG, (0, (2.2, 1.4))),
                (3 + examples, doubt.proposed_examples, f"proposed: {doubt.proposed}", RIGHT, "-"),
            )
            for start, pictures, words, color, line in sides:
                for place, picture in enumerate(pictures):
                    axes = figure.add_subplot(grid[row, start + place])
                    _picture(axes, picture, "", color, line)
                    if place == 0:
                        # Over all of its pictures: names are long.
                        axes.set_title(words, fontsize=7, loc="left", color=color, fontweight="bold", pad=3)
                if not pictures:
                    axes = figure.add_subplot(grid[row, start : start + examples])
                    axes.set_axis_off()
                    axes.text(0, 0.5, f"{words}: nothing to show", fontsize=7, color=color, va="center")
    return figure


def _picture(axes: Axes, picture: Picture, caption: str, color: str, line: object) -> None:
    plain_axes(axes)
    axes.imshow(picture, interpolation="antialiased")
    axes.set_xlabel(caption, fontsize=7, color=color, labelpad=3, fontweight="bold")
    for spine in axes.spines.values():
        spine.set(visible=True, edgecolor=color, linewidth=2.0, linestyle=line)
