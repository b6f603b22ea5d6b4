from __future__ import annotations

import numpy as np
import pytest
from jaxtyping import Float
from matplotlib.lines import Line2D

from maquette.errors import InputError
from maquette.plots.density import density_curve, density_figure

Epoch = tuple[int, Float[np.ndarray, "N"], Float[np.ndarray, "N"]]


def course(epochs: int, *, noisy: float, clean: float) -> list[Epoch]:
    rng = np.random.default_rng(0)
    return [
        (epoch, rng.normal(noisy * epoch / epochs, 0.05, 200), rng.normal(clean * epoch / epochs, 0.05, 200))
        for epoch in range(epochs)
    ]


def peak(line: Line2D) -> float:
    return float(np.asarray(line.get_xdata())[np.argmax(line.get_ydata())])


def test_a_row_for_each_run_and_evenly_spaced_epochs() -> None:
    figure = density_figure(
        {"vanilla": course(10, noisy=0.8, clean=0.1), "robust": course(10, noisy=0.1, clean=0.8)}, epochs=4
    )
    assert [axes.get_title(loc="left") for axes in figure.axes] == 2 * ["epoch 0", "epoch 3", "epoch 6", "epoch 9"]
    assert [axes.get_ylabel() for axes in figure.axes] == ["vanilla", "", "", "", "robust", "", "", ""]
    assert len({axes.get_xlim() for axes in figure.axes}) == 1
    (legend,) = figure.legends
    words = [text.get_text() for text in legend.get_texts()]
    assert ["noisy" in words[0], "clean" in words[1]] == [True, True]
    for last, expected, share in ((figure.axes[3], [0.72, 0.09], "0%"), (figure.axes[7], [0.09, 0.72], "100%")):
        noisy, clean = last.get_lines()
        assert [peak(noisy), peak(clean)] == pytest.approx(expected, abs=0.03)
        assert noisy.get_linestyle() != clean.get_linestyle()
        assert last.get_title(loc="right") == f"{share} nearer clean"


def test_no_curve_is_cut_off() -> None:
    spread = np.linspace(-0.4, 0.4, 30)
    (axes,) = density_figure({"a": [(0, spread, spread / 2)]}).axes
    lowest, highest = axes.get_xlim()
    for line in axes.get_lines():
        places, density = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
        assert (density[(places < lowest) | (places > highest)] <= 0.011 * density.max()).all()


def test_fewer_epochs_than_asked_for_are_shown_once_each_and_of_one_the_last() -> None:
    short = course(2, noisy=0.5, clean=0.5)
    assert [axes.get_title(loc="left") for axes in density_figure({"a": short}).axes] == ["epoch 0", "epoch 1"]
    (only,) = density_figure({"a": short}, epochs=1).axes
    assert only.get_title(loc="left") == "epoch 1"
    both = density_figure({"a": course(5, noisy=0.5, clean=0.5), "b": short}, epochs=3)
    assert [axes.get_title(loc="left") for axes in both.axes] == [f"epoch {n}" for n in (0, 2, 4, 0, 1)]


@pytest.mark.parametrize("center", [-1.0, 0.0, 0.97])
def test_a_density_has_area_one_even_at_the_border(center: float) -> None:
    values = np.clip(np.random.default_rng(0).normal(center, 0.1, 300), -1.0, 1.0)
    places, density = density_curve(values)
    assert np.trapezoid(density, places) == pytest.approx(1.0, abs=1e-3)
    assert (density >= 0).all()
    # The curve's mean is that of the values, but for what the kernel mirrors at the border.
    assert np.trapezoid(places * density, places) == pytest.approx(values.mean(), abs=0.03)


@pytest.mark.parametrize("values", [np.array([0.31]), np.full(5, 0.31), np.array([1.0, 1.0])])
def test_values_without_spread_are_a_histogram(values: Float[np.ndarray, "N"]) -> None:
    places, density = density_curve(values)
    assert np.trapezoid(density, places) == pytest.approx(1.0)
    assert np.abs(places[density > 0] - values[0]).max() < 2 / 50 + 1e-9


def test_nothing_to_draw_is_refused() -> None:
    nothing = np.zeros(0)
    refused: list[dict[str, list[Epoch]]] = [{}, {"a": []}, {"a": [(0, nothing, nothing)]}]
    for runs in refused:
        with pytest.raises(InputError, match=r"no runs|a: an epoch without"):
            density_figure(runs)
    with pytest.raises(InputError, match="at least 1"):
        density_figure({"a": course(2, noisy=0.5, clean=0.5)}, epochs=0)
