"""The arithmetic of the report, on clocks whose ticks are known; no real time is looked at."""

from __future__ import annotations

import pytest
import torch

from maquette.bench.speed.measure import Quartiles, fit_exponent, gemm_rate, interleave, matrix_flops, quartiles, ratios


class _Clock:
    """Processor and wall seconds that move only when work is done."""

    def __init__(self) -> None:
        self.cpu = self.wall = 0.0
        self.order: list[str] = []

    def work(self, name: str, cpu: float, wall: float) -> None:
        self.order.append(name)
        self.cpu += cpu
        self.wall += wall

    def __call__(self) -> tuple[float, float]:
        return self.cpu, self.wall


def test_both_sides_take_turns_and_keep_their_own_times() -> None:
    clock = _Clock()
    ours, textbook = interleave(
        lambda: clock.work("a", 1.0, 5.0), lambda: clock.work("b", 4.0, 10.0), repeats=3, now=clock
    )
    assert ours.cpu == (1.0, 1.0, 1.0) and ours.wall == (5.0, 5.0, 5.0)
    assert textbook.cpu == (4.0, 4.0, 4.0) and textbook.wall == (10.0, 10.0, 10.0)
    # One call each that does not count; then who begins alternates.
    assert "".join(clock.order) == "ab" + "ab" + "ba" + "ab"


def test_a_quick_side_is_called_often_and_divided() -> None:
    clock = _Clock()
    ours, textbook = interleave(
        lambda: clock.work("a", 0.01, 0.02), lambda: clock.work("b", 0.1, 0.1), repeats=2, least_seconds=0.05, now=clock
    )
    assert ours.cpu == pytest.approx((0.01, 0.01)) and ours.wall == pytest.approx((0.02, 0.02))
    assert clock.order.count("a") == 2 + 2 * 5
    assert clock.order.count("b") == 1 + 2
    assert textbook.cpu == pytest.approx((0.1, 0.1))


def test_quartiles_and_ratios_by_hand() -> None:
    assert quartiles([4.0, 1.0, 3.0, 2.0]) == Quartiles(2.5, 1.75, 3.25)
    # Repeat by repeat: 2, 8, 5; not the ratio of the medians, 8 / 2.
    assert ratios([2.0, 8.0, 50.0], [1.0, 1.0, 10.0]) == Quartiles(5.0, 3.5, 6.5)
    assert ratios([2.0, 8.0, 50.0], [1.0, 2.0, 10.0]).median == 4.0


@pytest.mark.parametrize("exponent", [0.0, 1.0, 1.5, 2.0])
def test_exponent_of_a_power(exponent: float) -> None:
    sizes = [256, 512, 1024]
    assert fit_exponent(sizes, [0.3 * size**exponent for size in sizes]) == pytest.approx(exponent, abs=1e-12)


def test_exponent_is_the_least_squares_slope() -> None:
    # log2 sizes 0, 1, 2; log2 seconds 0, 3, 2: slope ((-1)(0) + (0)(3) + (1)(2)) / 2 = 1
    assert fit_exponent([1, 2, 4], [1.0, 8.0, 4.0]) == pytest.approx(1.0)


def test_operations_of_matrices_are_counted_backward_included() -> None:
    left, right = torch.ones(2, 3, requires_grad=True), torch.ones(3, 4, requires_grad=True)
    assert matrix_flops(lambda: left @ right) == 2 * 2 * 3 * 4
    assert matrix_flops(lambda: torch.autograd.backward((left @ right).sum())) == 3 * 2 * 2 * 3 * 4
    assert matrix_flops(lambda: left.exp()) == 0


def test_the_ceiling_is_a_rate() -> None:
    assert gemm_rate(side=64, repeats=2) > 0
