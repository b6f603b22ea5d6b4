"""Training curves: every term of the objective and every validation figure over the batches, for one run or several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.ndimage import gaussian_filter1d

from maquette.errors import InputError
from maquette.plots.canvas import class_colors, new_figure, style

__all__ = ["training_curves"]

_COLUMNS = 3
# Width of the smoothing kernel as a share of a curve, as in the loss curves of the CMCL paper.
_KERNEL_SHARE = 0.015
_LOG_FROM_RATIO = 50
# Fewer values than this are shown as they are, each with its point.
_MANY = 20


def training_curves(runs: Mapping[str, Sequence[Mapping[str, Any]]], *, title: str = "Training") -> Figure:
    """One panel for each recorded value, a line for each run: the value itself pale, its kernel-smoothed course strong.

    `runs` maps a run's name to the entries of its record: `kind` ("train", "validation"), `batches` done, and `values`
    by name. Terms that stay positive and fall far get a logarithmic scale. Nothing recorded: InputError.
    """
    panels = _panels(runs)
    if not panels:
        raise InputError("the record holds no values: train at least one batch before plotting")
    rows = -(-len(panels) // _COLUMNS)
    with style():
        columns = min(_COLUMNS, len(panels))
        figure = new_figure(max(5.0, 3.6 * columns), 2.5 * rows + 0.8)
        figure.suptitle(title, fontsize=12, fontweight="bold")
        for number, (kind, name) in enumerate(panels):
            axes = figure.add_subplot(rows, columns, number + 1)
            _panel(axes, runs, kind, name)
        if len(runs) > 1:
            handles, labels = figure.axes[0].get_legend_handles_labels()
            figure.legend(handles, labels, loc="outside lower center", ncols=min(len(runs), 5))
    return figure


def _panels(runs: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[tuple[str, str]]:
    found = {(entry["kind"], name): None for run in runs.values() for entry in run for name in entry["values"]}
    return sorted(found, key=lambda panel: panel[0] != "train")


def _panel(axes: Axes, runs: Mapping[str, Sequence[Mapping[str, Any]]], kind: str, name: str) -> None:
    lowest, highest, always_positive = np.inf, -np.inf, True
    for color, (run, entries) in zip(class_colors(len(runs)), runs.items(), strict=True):
        points = [(e["batches"], e["values"][name]) for e in entries if e["kind"] == kind and name in e["values"]]
        batches, values = np.array(points, dtype=np.float64).reshape(-1, 2).T
        dense = len(values) > _MANY
        if dense:
            axes.plot(batches, values, color=color, alpha=0.25, linewidth=0.7)
        course = _smooth(values) if dense else values
        axes.plot(batches, course, color=color, linewidth=1.6, label=run, marker="" if dense else "o", markersize=4)
        always_positive = always_positive and bool((values > 0).all())
        lowest, highest = min(lowest, course.min(initial=np.inf)), max(highest, course.max(initial=-np.inf))
    if always_positive and highest > _LOG_FROM_RATIO * lowest:
        axes.set_yscale("log")
        # Single batches far below the course would else take most of the panel.
        axes.set_ylim(bottom=lowest / 2)
    axes.set_title(name.replace("_", " ") if kind == "train" else f"{kind}: {name.replace('_', ' ')}")
    axes.set_xlabel("batches")


def _smooth(values: Float[np.ndarray, "N"]) -> Float[np.ndarray, "N"]:
    # Mirrored at the ends: "nearest" would make half of the last point's course of the last batch alone.
    smooth: Float[np.ndarray, "N"] = gaussian_filter1d(values, max(1.0, _KERNEL_SHARE * len(values)), mode="reflect")
    return smooth
