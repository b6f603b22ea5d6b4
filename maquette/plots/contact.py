"""Contact sheets: a few objects of every class of a collection, to see at a glance what is in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import UInt8
from matplotlib.figure import Figure

from maquette.errors import ConfigError
from maquette.plots.canvas import new_figure, plain_axes, style

__all__ = ["contact_sheet"]

_STRIP_INCHES = 3.6


def contact_sheet(
    classes: Mapping[str, Sequence[UInt8[np.ndarray, "H W 3"]]], *, columns: int = 3, title: str = ""
) -> Figure:
    """Sheet with one strip of pictures for each class, in the mapping's order, row by row, under the class's name.

    All pictures have one size; a class with fewer of them than another leaves its strip's end white.
    """
    if columns < 1:
        raise ConfigError(f"a sheet has at least 1 column, not {columns}")
    longest = max((len(images) for images in classes.values()), default=1)
    if longest == 0:
        raise ConfigError("no class has a picture: hand in at least one")
    rows = max(1, -(-len(classes) // columns))
    with style():
        figure = new_figure(columns * _STRIP_INCHES, rows * (_STRIP_INCHES / longest + 0.3) + 0.5)
        figure.suptitle(title, fontsize=12, fontweight="bold")
        grid = figure.add_gridspec(rows, columns)
        for number, (name, images) in enumerate(classes.items()):
            axes = figure.add_subplot(grid[divmod(number, columns)])
            plain_axes(axes)
            axes.set_title(f"{name} ({len(images)})" if not images else name, fontsize=8, loc="left", pad=2)
            if images:
                axes.imshow(_strip(images, longest), interpolation="antialiased")
    return figure


def _strip(images: Sequence[UInt8[np.ndarray, "H W 3"]], length: int) -> UInt8[np.ndarray, "H _ 3"]:
    height, width, _ = images[0].shape
    strip = np.full((height, width * length, 3), 255, dtype=np.uint8)
    for place, image in enumerate(images):
        strip[:, place * width : (place + 1) * width] = image
    return strip
