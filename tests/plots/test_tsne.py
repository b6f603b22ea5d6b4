from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from jaxtyping import Float, Int

from maquette.errors import ConfigError
from maquette.plots.canvas import save_png
from maquette.plots.tsne import tsne_layout, tsne_map


def objects(count: int = 30) -> tuple[dict[str, Float[np.ndarray, "N D"]], Int[np.ndarray, "N"]]:
    rng = np.random.default_rng(0)
    labels = np.arange(count) % 3
    centers = 5 * rng.standard_normal((3, 8))
    return {name: centers[labels] + rng.standard_normal((count, 8)) for name in ("image", "mesh")}, labels


def test_clusters_stay_together_and_the_same_generator_gives_the_same_map() -> None:
    representations, labels = objects(60)
    values = representations["image"].astype(np.float32)
    places = tsne_layout(values, rng=np.random.default_rng(1))
    distances = np.linalg.norm(places[:, None] - places[None], axis=2) + 1e9 * np.eye(60)
    assert (labels[distances.argmin(axis=1)] == labels).all()
    np.testing.assert_array_equal(places, tsne_layout(values, rng=np.random.default_rng(1)))


def test_only_directions_count() -> None:
    representations, _ = objects()
    lengths = 2.0 ** np.random.default_rng(2).integers(-5, 5, size=(30, 1))
    first = tsne_layout(representations["image"], rng=np.random.default_rng(0))
    np.testing.assert_array_equal(tsne_layout(representations["image"] * lengths, rng=np.random.default_rng(0)), first)


def test_a_panel_for_each_modality_and_one_for_all(tmp_path: Path) -> None:
    representations, labels = objects()
    has_mesh = np.arange(30) < 20
    figure = tsne_map(
        dict(representations, mesh=np.where(has_mesh[:, None], representations["mesh"], np.nan)),
        labels,
        class_names=["cup", "bowl", "van"],
        rng=np.random.default_rng(0),
        present={"mesh": has_mesh},
    )
    assert [axes.get_title() for axes in figure.axes] == ["image", "mesh", "all modalities"]
    sizes = [[len(dots.get_offsets()) for dots in axes.collections] for axes in figure.axes]  # type: ignore[arg-type]  # matplotlib is vague
    assert sizes == [[30], [20], [30, 20]]
    colors = [mpl.colors.to_hex(color) for color in np.asarray(figure.axes[0].collections[0].get_facecolor())]
    assert [colors[i] for i in range(3)] * 10 == colors
    assert len(set(colors)) == 3
    for axes in figure.axes:
        assert sorted(text.get_text() for text in axes.texts) == ["bowl", "cup", "van"]
    save_png(figure, tmp_path / "map.png")
    assert (tmp_path / "map.png").stat().st_size > 10_000


def test_few_points_and_unnamed_classes_are_refused() -> None:
    representations, labels = objects()
    with pytest.raises(ConfigError, match="at least 5 representations, there are 4"):
        tsne_layout(representations["image"][:4], rng=np.random.default_rng(0))
    with pytest.raises(ConfigError, match="0 to 2, but 2 classes are named"):
        tsne_map(representations, labels, class_names=["cup", "bowl"], rng=np.random.default_rng(0))


def test_names_of_classes_that_lie_together_do_not_stand_on_each_other() -> None:
    representations = {"image": np.random.default_rng(0).standard_normal((30, 8))}
    figure = tsne_map(representations, np.arange(30) % 6, class_names=list("abcdef"), rng=np.random.default_rng(0))
    (axes,) = figure.axes
    places = [text.get_position() for text in axes.texts if text.get_text() in "abcdef"]
    assert len(places) == 6
    for number, (x, y) in enumerate(places):
        assert all(abs(x - a) > 0.1 or abs(y - b) > 0.02 for a, b in places[:number])
