from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from maquette.bench.speed.arrays import ARRAY_PARTS
from maquette.bench.speed.part import Part, Task
from maquette.bench.speed.textbook import load_textbook


@pytest.mark.parametrize(("part", "size"), [(ARRAY_PARTS[0], 36), (ARRAY_PARTS[1], 120)], ids=["rdc_loss", "map"])
def test_both_sides_compute_the_same(part: Part, size: int, tmp_path: Path) -> None:
    contest = part.build(Task(size, size, tmp_path))
    assert contest.difference() <= (0 if part.name == "map" else 1e-12)
    for ours, textbook in zip(contest.ours(), contest.textbook(), strict=True):  # type: ignore[call-overload]  # arrays
        np.testing.assert_allclose(ours, textbook, rtol=2e-4, atol=1e-5)
        assert np.abs(np.asarray(ours)).max() > 0


def test_a_smaller_gallery_has_the_same_queries(tmp_path: Path) -> None:
    contest = ARRAY_PARTS[1].build(Task(60, 120, tmp_path))
    assert len(contest.ours()) == contest.items == 120  # type: ignore[arg-type]  # an array
    assert contest.difference() == 0


def test_the_textbook_loss_has_the_papers_numbers() -> None:
    images, points = (
        torch.tensor([[1.0, 2, 0], [0, 1, 1], [3, 0, 1]]),
        torch.tensor([[2.0, 1, 0], [1, 0, 2], [0, 1, 3]]),
    )
    centers = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]])
    labels = torch.tensor([0, 1, 1])

    def loss(blend: float, vanilla: float, robust: float, threshold: float) -> float:
        scales = {"scale_vanilla": vanilla, "scale_robust": robust, "threshold": threshold}
        both = torch.cat([images, points])
        return float(load_textbook("losses").rdc_loss(both, labels.repeat(2), centers, blend=blend, **scales))

    assert loss(0.0, 0.05, 0.05, 0.3) == pytest.approx(-1.935879, abs=1e-5)
    assert loss(1.0, 0.05, 0.05, 0.3) == pytest.approx(-11.397897, abs=1e-5)
    assert loss(1.0, 0.01, 0.5, 0.2) == pytest.approx(-1.060792, abs=1e-5)


def test_the_textbook_measure_by_hand() -> None:
    images, points = np.array([[1.0, 2, 0], [0, 1, 1], [3, 0, 1]]), np.array([[2.0, 1, 0], [1, 0, 2], [0, 1, 3]])
    labels = np.array([0, 1, 1])
    found = load_textbook("ranking").average_precisions(images, points, labels, labels)
    assert found.mean() == pytest.approx(0.861111, abs=1e-6)
