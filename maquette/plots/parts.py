"""What each part of a method brings: a row a part, how far the scores without it are from those of the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean, stdev

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from maquette.errors import InputError
from maquette.plots.canvas import QUERY, WRONG, new_figure, style

__all__ = ["part_differences"]

_MARGIN = 0.22
"""Room for figures on either side, as a share of what the dots span."""


def part_differences(
    differences: Mapping[str, Mapping[float, Sequence[float]]],
    *,
    title: str,
    baseline: str,
    scores: Mapping[float, float],
    label: str = "difference in mAP (points)",
) -> Figure:
    """A panel for each noise rate, in which each part has a dot: the mean difference to `baseline`, which is the line.

    `differences` maps a part to its rates (shares, 0 to 1), and each to one difference a seed, in points of percent:
    below 0 the whole is better. Bars are one standard deviation over seeds either way, where there are several.
    `scores` are the baseline's own. Rows go from what costs most at the last rate to what costs least. Nothing to draw:
    InputError.
    """
    rates = sorted({rate for of_rates in differences.values() for rate, values in of_rates.items() if values})
    if not rates:
        raise InputError("no differences: give at least one part with a difference at one rate")
    means = {name: {r: mean(values) for r, values in of.items() if values} for name, of in differences.items()}
    names = sorted((name for name in means if means[name]), key=lambda name: means[name].get(rates[-1], 0.0))
    with style():
        figure = new_figure(2.2 + 3.0 * len(rates), 1.3 + 0.24 * len(names))
        panels = figure.subplots(1, len(rates), sharey=True, squeeze=False)[0]
        for axes, rate in zip(panels, rates, strict=True):
            found = {name: list(differences[name].get(rate, ())) for name in names}
            _panel(axes, found)
            axes.set_title(f"noise {rate:g}; {baseline}: {scores[rate]:.2f}", fontsize=9)
            axes.set_xlabel(label)
        panels[0].set_yticks(range(len(names)), names)
        panels[0].set_ylim(len(names) - 0.5, -0.5)
        figure.suptitle(title, fontsize=10)
    return figure


def _panel(axes: Axes, found: Mapping[str, Sequence[float]]) -> None:
    """Dots, their stems from the baseline, and their figures on the side away from it."""
    axes.axvline(0.0, color="black", linewidth=1.2)
    ends = [0.0]
    for place, values in enumerate(found.values()):
        if not values:
            continue
        middle, spread = mean(values), stdev(values) if len(values) > 1 else 0.0
        worse = middle < 0
        color = WRONG if worse else QUERY
        axes.plot([0.0, middle], [place, place], color=color, linewidth=1.2, alpha=0.5)
        axes.errorbar(
            [middle], [place], xerr=[spread], color=color, marker="o" if worse else "D", markersize=4, capsize=2
        )
        end = middle - spread if worse else middle + spread
        axes.annotate(
            f"{middle:+.2f}",
            (end, place),
            xytext=(-5 if worse else 5, 0),
            textcoords="offset points",
            ha="right" if worse else "left",
            va="center",
            fontsize=7,
            color="#333333",
        )
        ends += [middle - spread, middle + spread]
    low, high = min(ends), max(ends)
    room = _MARGIN * ((high - low) or 1.0)
    axes.set_xlim(low - room, high + room)
    axes.xaxis.set_major_locator(MaxNLocator(5))
