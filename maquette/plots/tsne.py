"""Maps of the common space by t-SNE: colour is the class, marker the modality.

Van der Maaten and Hinton, Visualizing data using t-SNE, JMLR 2008 (https://jmlr.org/papers/v9/vandermaaten08a.html).
Distances between far groups and sizes of groups mean little in such a map; which points lie together does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Float, Int
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from sklearn.manifold import TSNE

from maquette.errors import ConfigError
from maquette.plots.canvas import MARKERS, class_colors, new_figure, plain_axes, style

__all__ = ["tsne_layout", "tsne_map"]

_FEWEST_POINTS = 5
_PERPLEXITY = 30.0
# Room that a name takes, as shares of a panel's width and height.
_NAME, _LINE = 0.12, 0.024


def tsne_layout(
    representations: Float[np.ndarray, "N D"], *, rng: np.random.Generator, perplexity: float = _PERPLEXITY
) -> Float[np.ndarray, "N 2"]:
    """Places on the map for N >= 5 representations, compared by cosine; the same generator gives the same map.

    The perplexity is lowered where there are too few points for it.
    """
    if len(representations) < _FEWEST_POINTS:
        raise ConfigError(f"a map needs at least {_FEWEST_POINTS} representations, there are {len(representations)}")
    double = representations.astype(np.float64)
    # On the unit sphere the squared distance is 2 - 2 cosine, and zero vectors stay defined.
    unit = double / np.maximum(np.linalg.norm(double, axis=1, keepdims=True), np.finfo(np.float64).tiny)
    model = TSNE(
        perplexity=min(perplexity, (len(unit) - 1) / 3),
        init="pca" if min(unit.shape) >= 2 else "random",
        learning_rate="auto",
        random_state=int(rng.integers(2**31)),
        n_jobs=1,
    )
    return np.asarray(model.fit_transform(unit), dtype=np.float64)


def tsne_map(
    representations: Mapping[str, Float[np.ndarray, "N D"]],
    labels: Int[np.ndarray, "N"],
    *,
    class_names: Sequence[str],
    rng: np.random.Generator,
    present: Mapping[str, Bool[np.ndarray, "N"]] | None = None,
    title: str = "The common space",
) -> Figure:
    """One map of all modalities together, shown once for each modality and once mixed, with the classes named in place.

    Row i of every array is object i; `present[m]` says which objects have modality m (all, if m is not named).
    A few hundred objects make a map that reads well; several thousand take minutes.
    """
    masks = {name: (present or {}).get(name, np.ones(len(labels), dtype=np.bool_)) for name in representations}
    places = tsne_layout(np.concatenate([values[masks[name]] for name, values in representations.items()]), rng=rng)
    ends = np.cumsum([int(masks[name].sum()) for name in representations])
    maps = dict(zip(representations, np.split(places, ends[:-1]), strict=True))
    shown = {name: labels[masks[name]] for name in representations}
    classes = sorted({int(label) for values in shown.values() for label in values})
    if classes[0] < 0 or classes[-1] >= len(class_names):
        raise ConfigError(f"labels run from {classes[0]} to {classes[-1]}, but {len(class_names)} classes are named")
    colors = dict(zip(classes, class_colors(len(classes)), strict=True))
    markers = dict(zip(representations, MARKERS * len(representations), strict=False))
    panels = [*([(name,) for name in representations] if len(representations) > 1 else []), tuple(representations)]
    with style():
        columns = len(panels) if len(panels) < 4 else 2
        rows = -(-len(panels) // columns)
        figure = new_figure(5.2 * columns, 5.0 * rows + 0.7)
        figure.suptitle(title, fontsize=12, fontweight="bold")
        for number, names in enumerate(panels):
            axes = figure.add_subplot(rows, columns, number + 1)
            _square(axes, places)
            axes.set_title(names[0] if len(names) == 1 else "all modalities")
            for name in names:
                point_colors = [colors[int(label)] for label in shown[name]]
                axes.scatter(
                    maps[name][:, 0],
                    maps[name][:, 1],
                    c=point_colors,
                    marker=markers[name],
                    s=18,
                    linewidths=0.3,
                    edgecolors="white",
                    alpha=0.7,
                )
            points, names_of = np.concatenate([maps[n] for n in names]), np.concatenate([shown[n] for n in names])
            taken: list[tuple[float, float]] = []
            for label in classes:
                if (names_of == label).any():
                    _name_in_place(axes, points[names_of == label], class_names[label], taken=taken)
        handles = [
            Line2D([], [], linestyle="", marker=markers[name], color="#444444", label=name) for name in representations
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure


def _square(axes: Axes, places: Float[np.ndarray, "N 2"]) -> None:
    plain_axes(axes)
    axes.spines[:].set(visible=True, color="#CCCCCC")
    low, high = places.min(axis=0), places.max(axis=0)
    margin = 0.06 * (high - low)
    axes.set(xlim=(low[0] - margin[0], high[0] + margin[0]), ylim=(low[1] - margin[1], high[1] + margin[1]))


def _name_in_place(
    axes: Axes, points: Float[np.ndarray, "K 2"], name: str, *, taken: list[tuple[float, float]]
) -> None:
    # The point nearest to the median: a class in two clumps is named at one of them, not in the void between.
    median = np.median(points, axis=0)
    x, y = points[np.argmin(((points - median) ** 2).sum(axis=1))]
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    # In shares of the panel: a name that would stand on another one moves up, or down where there is no room above.
    across, up = (x - left) / (right - left), (y - bottom) / (top - bottom)
    step = _LINE if up < 0.5 else -_LINE
    place = up
    while any(abs(across - a) < _NAME and abs(place - u) < _LINE for a, u in taken):
        place += step
    taken.append((across, place))
    # Dark letters just above the points: light class colours cannot be read, and the points stay visible.
    text = axes.annotate(
        name,
        (x, y),
        xytext=(across, place + 0.012),
        textcoords="axes fraction",
        fontsize=7,
        color="#222222",
        ha="center",
        zorder=5,
        arrowprops={"arrowstyle": "-", "color": "#888888", "linewidth": 0.5} if place != up else None,
    )
    text.set_path_effects([patheffects.withStroke(linewidth=2.0, foreground="white")])
