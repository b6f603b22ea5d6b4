"""Similarity of wrongly labelled objects to their noisy and to their clean centers, over epochs, run above run.

After the densities by which RONO shows what its robust center loss does: Feng et al., CVPR 2023.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import gaussian_kde

from maquette.errors import InputError
from maquette.plots.canvas import QUERY, WRONG, new_figure, style

__all__ = ["density_curve", "density_figure"]

Cosines = Float[np.ndarray, "N"]

_GRID = 400
_BINS = 50
# Below this spread a kernel has no width worth the name.
_LEAST_SPREAD = 1e-6


def density_figure(
    runs: Mapping[str, Sequence[tuple[int, Cosines, Cosines]]],
    *,
    epochs: int = 4,
    title: str = "Wrongly labelled objects: similarity to their two centers",
) -> Figure:
    """A row for each run, a column for each of `epochs` (>= 1) of its epochs, evenly spaced from the first to the last.

    `runs` maps a run's name to its epochs in order: the epoch's number; of each wrongly labelled representation the
    cosine to the center of its given label ("noisy"), and to that of its true label ("clean"), from -1 to 1. A panel
    holds the density of either, and the share of representations that are nearer to the clean center. A run without
    epochs, or an epoch without representations: InputError.
    """
    if epochs < 1:
        raise InputError(f"epochs = {epochs}: expected at least 1")
    if not runs:
        raise InputError("no runs: give at least one to draw")
    for name, recorded in runs.items():
        if not recorded or not all(len(noisy) and len(noisy) == len(clean) for _, noisy, clean in recorded):
            raise InputError(f"{name}: an epoch without similarities, or none at all: train it again from the start")
    chosen = {name: [recorded[place] for place in _spread(len(recorded), epochs)] for name, recorded in runs.items()}
    columns = max(len(panels) for panels in chosen.values())
    values = [cosines for panels in chosen.values() for _, *both in panels for cosines in both]
    ends = np.array([_ends(cosines) for cosines in values])
    with style():
        figure = new_figure(max(5.0, 2.6 * columns), 2.1 * len(runs) + 1.0)
        figure.suptitle(title, fontsize=12, fontweight="bold")
        figure.supylabel("density", fontsize=9)
        for row, (name, panels) in enumerate(chosen.items()):
            for column, (epoch, noisy, clean) in enumerate(panels):
                axes = figure.add_subplot(len(runs), columns, row * columns + column + 1)
                _panel(axes, noisy, clean)
                axes.set_xlim(float(ends[:, 0].min()), float(ends[:, 1].max()))
                axes.set_title(f"epoch {epoch}", loc="left")
                if column == 0:
                    axes.set_ylabel(name, fontweight="bold")
                if row == len(runs) - 1:
                    axes.set_xlabel("cosine to the center")
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return figure


def density_curve(cosines: Cosines) -> tuple[Float[np.ndarray, "G"], Float[np.ndarray, "G"]]:
    """Places from -1 to 1, and the density of `cosines` (at least one) there; its integral is 1.

    A Gaussian kernel of Scott's width, mirrored at -1 and 1, beyond which no cosine lies; a histogram, as a line with
    steps, where all values are the same or there is only one.

    >>> places, density = density_curve(np.array([0.1, 0.2, 0.4]))
    >>> round(float(np.trapezoid(density, places)), 3)
    1.0
    """
    if len(cosines) < 2 or float(cosines.std()) < _LEAST_SPREAD:
        heights, edges = np.histogram(cosines, bins=_BINS, range=(-1.0, 1.0), density=True)
        return np.repeat(edges, 2)[1:-1], np.repeat(heights, 2)
    places = np.linspace(-1.0, 1.0, _GRID)
    kernel = gaussian_kde(cosines)
    return places, kernel(places) + kernel(2.0 - places) + kernel(-2.0 - places)


def _ends(cosines: Cosines) -> tuple[float, float]:
    """Between which places the density is more than a hundredth of its peak."""
    places, density = density_curve(cosines)
    shown = places[density > 0.01 * density.max()]
    return float(shown[0]), float(shown[-1])


def _spread(count: int, wanted: int) -> list[int]:
    """At most `wanted` places out of `count`, evenly spaced, first and last among them; of one, the last."""
    if wanted == 1:
        return [count - 1]
    return sorted(set(np.linspace(0, count - 1, min(count, wanted)).round().astype(int).tolist()))


def _panel(axes: Axes, noisy: Cosines, clean: Cosines) -> None:
    kinds = (
        (noisy, WRONG, "--", "to the noisy center (given label)"),
        (clean, QUERY, "-", "to the clean center (true label)"),
    )
    for cosines, color, line, label in kinds:
        places, density = density_curve(cosines)
        axes.plot(places, density, color=color, linestyle=line, linewidth=1.6, label=label)
        axes.fill_between(places, density, color=color, alpha=0.12, linewidth=0)
    axes.set_ylim(bottom=0.0)
    # Heights say no more than that the area is 1.
    axes.set_yticks([])
    axes.set_title(f"{np.mean(clean > noisy):.0%} nearer clean", loc="right", fontsize=8, color="#555555")
