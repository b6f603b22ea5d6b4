from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from jaxtyping import Float
from matplotlib.lines import Line2D

from maquette.errors import InputError
from maquette.plots.curves import training_curves


def record(batches: int, *, rate: float = 0.05) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    for done in range(1, batches + 1):
        values = {"center": 700 * float(np.exp(-rate * done)) + 1e-3, "robust_center": -0.01 * done}
        entries.append({"kind": "train", "batches": done, "epoch": 0, "step": done - 1, "values": values})
        if done % 10 == 0:
            entries.append({"kind": "validation", "batches": done, "epoch": 0, "values": {"map": done / batches}})
    return entries


def course(line: Line2D) -> Float[np.ndarray, "2 N"]:
    return np.array([line.get_xdata(), line.get_ydata()], dtype=np.float64)


def test_one_panel_for_each_value_and_a_line_for_each_run() -> None:
    figure = training_curves({"a": record(60, rate=0.2), "b": record(40, rate=0.1)})
    assert [axes.get_title() for axes in figure.axes] == ["center", "robust center", "validation: map"]
    scales = [axes.get_yscale() for axes in figure.axes]
    assert scales == ["log", "linear", "linear"]
    validation = figure.axes[2].get_lines()
    assert [line.get_label() for line in validation] == ["a", "b"]
    np.testing.assert_allclose(course(validation[0]), [np.arange(10, 61, 10), np.arange(10, 61, 10) / 60])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b"]


def test_long_curves_show_the_values_and_their_smoothed_course() -> None:
    rng = np.random.default_rng(0)
    values = rng.standard_normal(500)
    noisy = [{"kind": "train", "batches": i, "values": {"term": float(value)}} for i, value in enumerate(values)]
    raw, smooth = training_curves({"run": noisy}).axes[0].get_lines()
    np.testing.assert_allclose(course(raw)[1], values)
    assert course(smooth)[1].std() < 0.4 * values.std()
    assert not training_curves({"run": noisy}).legends


def test_smoothing_leaves_a_constant_alone() -> None:
    flat = [{"kind": "train", "batches": i, "values": {"term": 2.5}} for i in range(100)]
    np.testing.assert_allclose(course(training_curves({"run": flat}).axes[0].get_lines()[1])[1], 2.5)


def test_the_last_batch_alone_does_not_bend_the_end() -> None:
    values = np.full(400, 1.0)
    values[-1] = 2.0
    entries = [{"kind": "train", "batches": i, "values": {"term": float(value)}} for i, value in enumerate(values)]
    smooth = course(training_curves({"run": entries}).axes[0].get_lines()[1])[1]
    # A kernel of six batches: of what a batch strays an end shows 2 / (6 √(2π)) = 0.13, not half.
    assert 1.1 < smooth[-1] < 1.16


def test_a_value_that_one_run_lacks_leaves_its_line_empty() -> None:
    other = [{"kind": "train", "batches": 1, "values": {"gap": 1.0}}]
    figure = training_curves({"a": record(10), "b": other})
    titles = {axes.get_title(): axes for axes in figure.axes}
    assert set(titles) == {"center", "robust center", "gap", "validation: map"}
    assert [course(line).shape[1] for line in titles["gap"].get_lines()] == [0, 1]


def test_an_empty_record_is_refused() -> None:
    with pytest.raises(InputError, match="holds no values"):
        training_curves({"run": []})
