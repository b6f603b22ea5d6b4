"""Rows from contests whose cost is known, and what the command refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits

import maquette.bench.speed.run as run
from maquette.bench.speed.measure import Times
from maquette.bench.speed.part import Contest, Part, Task
from maquette.bench.speed.parts import PARTS
from maquette.errors import ConfigError, UnknownNameError


def _work(size: int) -> Callable[[], object]:
    matrix = torch.ones(size, size)
    return lambda: matrix @ matrix


def _part(**changes: object) -> Part:
    def build(task: Task) -> Contest:
        return Contest(_work(task.size), _work(2 * task.size), lambda: 0.25, items=4)

    part = Part("toy", "a toy", "rows", build, sizes=(10, 20, 40), quick_sizes=(10, 20), repeats=4, per_item=True)
    return replace(part, **changes)  # type: ignore[arg-type]  # fields by name


@pytest.fixture
def known_times(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Our side takes rows · 1 ms, the textbook rows² · 1 ms; the repeats asked for are noted."""
    asked: list[int] = []

    def interleave(ours: Callable[[], torch.Tensor], textbook: Callable[[], object], *, repeats: int) -> object:
        asked.append(repeats)
        rows = len(ours())
        return (
            Times((rows * 1e-3,) * repeats, (rows * 2e-3,) * repeats),
            Times((rows**2 * 1e-3,) * repeats, (rows**2 * 4e-3,) * repeats),
        )

    monkeypatch.setattr(run, "interleave", interleave)
    return asked


def test_a_row_by_hand(known_times: list[int], tmp_path: Path) -> None:
    row = run.measure_part(_part(), quick=False, threads=1, scratch=tmp_path)
    assert known_times == [1, 1, 4]
    assert row["size"] == 40 and row["sizes"] == [10, 20, 40]
    assert row["ratio_cpu"]["median"] == pytest.approx(40)
    assert row["ratio_wall"]["median"] == pytest.approx(80)
    assert row["ours"]["cpu_seconds"]["median"] == pytest.approx(0.04 / 4)  # an item
    assert row["textbook"]["wall_seconds"]["median"] == pytest.approx(6.4 / 4)
    assert row["exponent"] == {"ours": pytest.approx(1), "textbook": pytest.approx(2)}
    assert row["matrix_flops"] == {"ours": 2 * 40**3, "textbook": 2 * 80**3}
    assert row["difference"] == 0.25
    assert "peak_memory_mb" not in row


def test_quick_takes_the_small_sizes_and_fewer_repeats(known_times: list[int], tmp_path: Path) -> None:
    row = run.measure_part(_part(per_item=False), quick=True, threads=1, scratch=tmp_path)
    assert known_times == [1, 3] and row["size"] == 20
    assert row["ours"]["cpu_seconds"]["median"] == pytest.approx(0.02)


def test_memory_is_asked_of_a_child_a_side(
    known_times: list[int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def ask(question: dict[str, object]) -> dict[str, int]:
        assert (question["smallest"], question["size"], question["largest"]) == (10, 40, 40)
        return {"bytes": 50_000_000 if question["side"] == "ours" else 200_000_000}

    monkeypatch.setattr(run, "ask_child", ask)
    row = run.measure_part(_part(memory=True), quick=False, threads=1, scratch=tmp_path)
    assert row["peak_memory_mb"] == {"ours": 50.0, "textbook": 200.0, "ratio": 4.0}
    assert "peak_memory_mb" not in run.measure_part(_part(memory=True), quick=True, threads=1, scratch=tmp_path)


def test_numpy_keeps_to_the_threads_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def pools() -> set[int]:
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    seen: set[int] = set()

    def build(task: Task) -> Contest:
        return Contest(lambda: seen.update(pools()), _work(task.size), lambda: 0.0)

    monkeypatch.setattr(run, "PARTS", (_part(build=build),))
    with threadpool_limits(2):
        run.run_speed(quick=True, threads=1)
        assert seen == {1} and pools() == {2}


def test_shares_of_the_ceiling_and_what_stands_beside(known_times: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "PARTS", (_part(), _part(name="other")))
    monkeypatch.setattr(run, "gemm_rate", lambda: 1e6)
    seen: list[tuple[int, int, str]] = []
    threads, stream = torch.get_num_threads(), torch.get_rng_state()
    report = run.run_speed(quick=True, only=["toy"], on_part=lambda *progress: seen.append(progress))
    assert [row["name"] for row in report["rows"]] == ["toy"]
    assert seen == [(0, 1, "toy"), (1, 1, "")]
    # 2 · 20³ operations in 20 ms of 10⁶ a second
    (row,) = report["rows"]
    assert row["ours"]["share_of_gemm"] == pytest.approx(2 * 20**3 / 0.02 / 1e6)
    assert {"threads", "quick", "cpu_capability", "pages_reused"} <= report.keys() and "commit" in row["provenance"]
    assert torch.get_num_threads() == threads and torch.equal(torch.get_rng_state(), stream)


def test_a_report_takes_up_what_was_measured_before() -> None:
    head = {"quick": False, "threads": 1, "pages_reused": True, "cpu_capability": "AVX2"}
    before = {**head, "rows": [{"name": "map", "of": 1}, {"name": "dgcnn_step", "of": 1}]}
    after = {**head, "rows": [{"name": "map", "of": 2}, {"name": "rdc_loss", "of": 2}]}
    merged = run.merge_reports(before, after)
    found = [(row["name"], row["of"]) for row in merged["rows"]]
    assert found == [("dgcnn_step", 1), ("rdc_loss", 2), ("map", 2)]
    with pytest.raises(ConfigError, match="has quick True, this run False"):
        run.merge_reports({**before, "quick": True}, after)


def test_what_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="unknown part of the benchmark 'dgcn'"):
        run.run_speed(only=["dgcn"])
    with pytest.raises(ConfigError, match="threads 0: expected at least 1"):
        run.run_speed(threads=0)


def test_a_real_part_runs_to_a_whole_row() -> None:
    assert "rdc_loss" in [part.name for part in PARTS]
    report = run.run_speed(quick=True, only=["rdc_loss"])
    (row,) = report["rows"]
    assert row["difference"] <= 1e-12
    assert row["ratio_cpu"]["low"] <= row["ratio_cpu"]["median"] <= row["ratio_cpu"]["high"]
