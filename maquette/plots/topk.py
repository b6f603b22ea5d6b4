"""Top-K sheets: a query a row, its first K results beside it, right and wrong marked by sign, frame and colour."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from maquette.errors import ConfigError
from maquette.plots.canvas import QUERY, RIGHT, WRONG, new_figure, plain_axes, style

__all__ = ["top_k_sheet"]

_INCHES = 1.0
_LONGEST_LINE = 14
_LINES = 2


def top_k_sheet(
    queries: Sequence[UInt8[np.ndarray, "_ _ 3"]],
    results: Sequence[Sequence[UInt8[np.ndarray, "_ _ 3"]]],
    *,
    right: Bool[np.ndarray, "Q K"],
    query_names: Sequence[str],
    result_names: Sequence[Sequence[str]] | None = None,
    title: str = "",
) -> Figure:
    """Sheet of Q queries with K results each, best first; `right[q, k]` says whether a result is relevant.

    A right result has a solid frame and a check mark, a wrong one a dashed frame and a cross, so that the sheet reads
    without colour. A query with fewer than K results leaves the rest of its row empty. Names are usually classes.
    """
    count, depth = right.shape
    lists = [len(queries), len(results), len(query_names), *([] if result_names is None else [len(result_names)])]
    if set(lists) != {count} or any(len(row) > depth for row in results):
        raise ConfigError(f"right has shape {right.shape}, so {count} queries of at most {depth} results are expected")
    with style():
        names = [*query_names, *(name for row in result_names or () for name in row)]
        height = 1.2 + 0.12 * max((_wrapped(name).count("\n") for name in names), default=0)
        figure = new_figure((depth + 1.35) * _INCHES, max(1, count) * height * _INCHES + 0.75)
        figure.suptitle(title, fontsize=12, fontweight="bold")
        figure.supxlabel("✓ solid frame: right class     ✗ dashed frame: wrong class", fontsize=8, color="#444444")
        if not count:
            return figure
        grid = figure.add_gridspec(count, depth + 2, width_ratios=[1, 0.12, *[1] * depth])
        for row in range(count):
            axes = figure.add_subplot(grid[row, 0])
            _picture(axes, queries[row], _wrapped(query_names[row]), color=QUERY, dashed=False)
            if row == 0:
                _heading(axes, "query")
            for place, image in enumerate(results[row]):
                axes = figure.add_subplot(grid[row, place + 2])
                good = bool(right[row, place])
                name = "" if result_names is None else f" {_wrapped(result_names[row][place])}"
                _picture(axes, image, ("✓" if good else "✗") + name, color=RIGHT if good else WRONG, dashed=not good)
                if row == 0:
                    _heading(axes, str(place + 1))
    return figure


def _picture(axes: Axes, image: UInt8[np.ndarray, "_ _ 3"], caption: str, *, color: str, dashed: bool) -> None:
    plain_axes(axes)
    axes.imshow(image, interpolation="antialiased")
    axes.set_xlabel(caption, fontsize=7, color=color, labelpad=3, fontweight="bold")
    frame = Rectangle(
        (0, 0),
        1,
        1,
        transform=axes.transAxes,
        fill=False,
        edgecolor=color,
        linewidth=2.2,
        linestyle=(0, (2.2, 1.4)) if dashed else "solid",
        clip_on=False,
    )
    axes.add_patch(frame)


def _heading(axes: Axes, text: str) -> None:
    axes.set_title(text, fontsize=8, color="#444444", pad=5)


def _wrapped(name: str) -> str:
    """`name` on one or two lines that fit under a picture, broken after _, - and blanks and before capitals, or cut."""
    lines = [""]
    for word in re.split(r"(?<=[_\-\s])|(?<=[a-z0-9])(?=[A-Z])", name):
        if lines[-1] and len(lines[-1]) + len(word.rstrip()) > _LONGEST_LINE:
            lines.append("")
        lines[-1] += word
    if len(lines) > _LINES:
        lines[_LINES - 1 :] = ["".join(lines[_LINES - 1 :])]
    return "\n".join(_short(line.strip()) for line in lines)


def _short(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else line[: _LONGEST_LINE - 1] + "…"
