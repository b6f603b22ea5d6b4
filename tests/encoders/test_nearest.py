from __future__ import annotations

import pytest
import torch

from maquette.encoders import nearest
from maquette.encoders.nearest import nearest_rows
from maquette.errors import InputError


def _naive(points: torch.Tensor, k: int) -> torch.Tensor:
    objects, count, _ = points.shape
    rows = []
    for b in range(objects):
        for i in range(count):
            distances = (points[b] - points[b, i]).square().sum(1)
            rows.append(distances.argsort()[:k] + b * count)
    return torch.stack(rows).sort(1).values


# 3 has no group size; 40 and 96 are divided into groups; k = N takes all.
@pytest.mark.parametrize(("count", "k"), [(3, 1), (7, 7), (40, 5), (96, 20), (96, 2), (64, 40)])
def test_agrees_with_a_search_by_hand(count: int, k: int) -> None:
    points = torch.randn(2, count, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(count))
    assert torch.equal(nearest_rows(points, k).sort(1).values, _naive(points, k))


@pytest.mark.parametrize("block", [1, 100, 40 * 40, 3 * 40 * 40])
def test_blocks_change_nothing(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    points = torch.randn(5, 40, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    monkeypatch.setattr(nearest, "_CPU_BLOCK", block)
    assert torch.equal(nearest_rows(points, 6).sort(1).values, _naive(points, 6))


def test_every_point_is_among_its_own() -> None:
    points = torch.randn(1, 32, 3, generator=torch.Generator().manual_seed(2))
    assert (nearest_rows(points, 3) == torch.arange(32).unsqueeze(1)).any(1).all()


def test_equal_points_still_give_k_different_rows() -> None:
    rows = nearest_rows(torch.zeros(2, 64, 3), 4)
    assert all(len(set(row)) == 4 for row in rows.tolist())
    assert rows[:64].max() < 64 <= rows[64:].min()


def test_autocast_does_not_round_the_distances() -> None:
    points = 100 + torch.rand(1, 64, 3, generator=torch.Generator().manual_seed(3))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(nearest_rows(points, 5), nearest_rows(points, 5))
        rounded = nearest_rows(points, 5).sort(1).values
    assert torch.equal(rounded, nearest_rows(points, 5).sort(1).values)


@pytest.mark.parametrize("k", [0, 9])
def test_k_must_fit(k: int) -> None:
    with pytest.raises(InputError, match=f"k is {k}: expected 1 to 8"):
        nearest_rows(torch.zeros(1, 8, 3), k)
