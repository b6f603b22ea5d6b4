"""The paper all figures are drawn on: one style, colours that colour-blind readers tell apart, the same bytes twice.

Figures are made without pyplot, so that drawing leaves nothing behind in the process.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = ["MARKERS", "QUERY", "RIGHT", "WRONG", "class_colors", "new_figure", "plain_axes", "save_png", "style"]

# Okabe and Ito, Color Universal Design, 2008; their yellow is left out, which white paper swallows.
_PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
RIGHT = "#009E73"
WRONG = "#D55E00"
QUERY = "#0072B2"
MARKERS = ("o", "^", "s", "D", "v", "P")
_DOTS_PER_INCH = 150


@contextmanager
def style() -> Iterator[None]:
    """Drawing inside this looks the same whatever the user's own matplotlib settings are; they are put back after."""
    with mpl.rc_context():
        mpl.rcParams.update(
            {name: value for name, value in mpl.rcParamsDefault.items() if not name.startswith(("backend", "toolbar"))}
        )
        mpl.rcParams.update(
            {
                "font.family": "DejaVu Sans",
                "font.size": 9,
                "axes.titlesize": 10,
                "axes.labelsize": 9,
                "axes.spines.top": False,
                "axes.spines.right": False,
                "axes.grid": True,
                "grid.color": "#DDDDDD",
                "grid.linewidth": 0.6,
                "legend.frameon": False,
            }
        )
        yield


def new_figure(width: float, height: float) -> Figure:
    """Empty figure of that size in inches, which lays its parts out so that they do not overlap."""
    return Figure(figsize=(width, height), dpi=_DOTS_PER_INCH, layout="constrained", facecolor="white")


def plain_axes(axes: Axes) -> None:
    """Take ticks, grid and spines off axes that hold a picture."""
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)


def class_colors(count: int) -> list[str]:
    """One colour for each of `count` classes: seven safe ones, Tableau's ten, or hues of alternating lightness.

    >>> class_colors(2)
    ['#0072B2', '#D55E00']
    """
    if count <= len(_PALETTE):
        return list(_PALETTE[:count])
    if count <= len(ten := mpl.color_sequences["tab10"]):
        return [mpl.colors.to_hex(color) for color in ten[:count]]
    hues = mpl.colormaps["turbo"](np.linspace(0.03, 0.97, count))[:, :3]
    # Every other hue is darkened: neighbours in the map then differ in lightness too.
    shades = np.where(np.arange(count)[:, None] % 2 == 0, 0.92 * hues, 0.55 * hues)
    return [mpl.colors.to_hex(shade) for shade in shades]


def save_png(figure: Figure, path: Path) -> None:
    """Write the figure as PNG, whole or not at all; the file holds no date and no version, only the picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    with style():
        figure.savefig(partial, format="png", metadata={"Software": None})
    partial.replace(path)
