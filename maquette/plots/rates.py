"""Scores by noise rate, a line a method: how much each loses as more labels are wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean, stdev

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from maquette.errors import InputError
from maquette.plots.canvas import MARKERS, class_colors, new_figure, style

__all__ = ["rate_curves", "spread_out"]

_QUIET = "#9A9A9A"
_APART = 0.034
"""Least distance between two names, as a share of the axis."""


def rate_curves(
    scores: Mapping[str, Mapping[float, Sequence[float]]],
    *,
    title: str,
    label: str = "mAP (%)",
    loud: Sequence[str] = (),
) -> Figure:
    """A line for each name: the mean over seeds at each noise rate, with a bar of one standard deviation either way.

    `scores` maps a name to its rates (shares, 0 to 1), and each to one score a seed in percent. Names stand at the ends
    of their lines; those in `loud` have colours and markers, the others are grey. Nothing to draw: InputError.
    """
    if not any(values for of_rates in scores.values() for values in of_rates.values()):
        raise InputError("no scores: give at least one name with a score at one rate")
    colors = dict(zip(loud, class_colors(max(len(loud), 1)), strict=False))
    ends: list[tuple[float, float, str]] = []
    with style():
        figure = new_figure(7.2, 4.6)
        axes = figure.add_subplot()
        for name, of_rates in scores.items():
            rates = sorted(rate for rate, values in of_rates.items() if values)
            if not rates:
                continue
            means = [mean(of_rates[rate]) for rate in rates]
            spreads = [stdev(of_rates[rate]) if len(of_rates[rate]) > 1 else 0.0 for rate in rates]
            marked = name in colors
            axes.errorbar(
                rates,
                means,
                yerr=spreads,
                color=colors.get(name, _QUIET),
                marker=MARKERS[list(colors).index(name) % len(MARKERS)] if marked else None,
                linewidth=2.0 if marked else 1.0,
                markersize=5,
                capsize=2 if marked else 0,
                elinewidth=1.0,
                zorder=3 if marked else 2,
            )
            ends.append((rates[-1], means[-1], name))
        axes.set(title=title, xlabel="share of wrong labels (noise rate)", ylabel=label)
        axes.set_xticks(sorted({rate for of_rates in scores.values() for rate in of_rates}))
        _name_ends(axes, ends, colors)
    return figure


def spread_out(places: Sequence[float], *, apart: float) -> list[float]:
    """The places moved as little as it takes for each two neighbours to be `apart`; their order stays.

    >>> spread_out([1.0, 1.0, 5.0], apart=1.0)
    [0.5, 1.5, 5.0]
    """
    order = sorted(range(len(places)), key=lambda number: places[number])
    # Groups that touch are one block around the mean of what they want: the least squares of a chain.
    blocks: list[list[float]] = []
    for rank, number in enumerate(order):
        blocks.append([places[number] - rank * apart, 1.0])
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            wanted, count = blocks.pop()
            before, others = blocks[-1]
            blocks[-1] = [(before * others + wanted * count) / (others + count), others + count]
    starts = [start for start, count in blocks for _ in range(int(count))]
    moved = [0.0] * len(places)
    for rank, number in enumerate(order):
        moved[number] = starts[rank] + rank * apart
    return moved


def _name_ends(axes: Axes, ends: Sequence[tuple[float, float, str]], colors: Mapping[str, str]) -> None:
    """Names to the right of the last rate, each at its line's height, or as near as the others let it."""
    low, high = axes.get_ylim()
    last = max(rate for rate, _, _ in ends)
    heights = spread_out([score for _, score, _ in ends], apart=_APART * (high - low))
    for (rate, score, name), height in zip(ends, heights, strict=True):
        color = colors.get(name, "#555555")
        axes.annotate(
            name,
            xy=(rate, score),
            xytext=(last + 0.025, height),
            textcoords="data",
            va="center",
            color=color,
            fontsize=8,
            fontweight="bold" if name in colors else "normal",
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": color,
                "linewidth": 0.5,
                "shrinkA": 1,
                "shrinkB": 2,
                "relpos": (0.0, 0.5),
            },
        )
