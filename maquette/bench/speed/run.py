"""Runs the parts, one after the other, and puts what was measured into rows of JSON values."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from threadpoolctl import threadpool_limits

from maquette.allocator import reuse_pages
from maquette.bench.speed.child import ask_child
from maquette.bench.speed.measure import Times, fit_exponent, gemm_rate, interleave, matrix_flops, quartiles, ratios
from maquette.bench.speed.part import Contest, Part, Task
from maquette.bench.speed.parts import PARTS
from maquette.bench.speed.textbook import checkout
from maquette.encoders.compiled import has_kernels
from maquette.errors import ConfigError, UnknownNameError
from maquette.train.provenance import provenance

__all__ = ["measure_part", "merge_reports", "run_speed"]

_QUICK_REPEATS = 3
_MILLION = 1e6
OnPart = Callable[[int, int, str], None]
OnRow = Callable[[dict[str, Any]], None]


def run_speed(
    *,
    quick: bool = False,
    only: Sequence[str] = (),
    threads: int = 1,
    on_part: OnPart | None = None,
    on_report: OnRow | None = None,
) -> dict[str, Any]:
    """Measure the parts named in `only` (all without) and return the report.

    `on_report` receives the report after every part, so that an interrupted run leaves what it has measured.

    `quick` takes smaller sizes and measures peak memory of one part alone. `threads` is how many threads either side
    computes with: with one, processor time is what the work costs, however busy the machine is.
    """
    checkout()
    known = [part.name for part in PARTS]
    for name in only:
        if name not in known:
            raise UnknownNameError("part of the benchmark", name, known)
    if threads < 1:
        raise ConfigError(f"threads {threads}: expected at least 1")
    chosen = [part for part in PARTS if not only or part.name in only]
    report: dict[str, Any] = {"rows": [], "quick": quick, "threads": threads, "pages_reused": reuse_pages()}
    report |= {"cpu_capability": torch.backends.cpu.get_cpu_capability()}
    with _threads(threads), _apart(), tempfile.TemporaryDirectory(prefix="maquette-bench-") as folder:
        for number, part in enumerate(chosen):
            if on_part is not None:
                on_part(number, len(chosen), part.name)
            row = measure_part(part, quick=quick, threads=threads, scratch=Path(folder))
            # The ceiling anew for every part: a machine's clock and memory are not the same all day.
            row["gemm_float32_gigaflops"] = gemm_rate() / 1e9
            for side in ("ours", "textbook"):
                if "matrix_flops" in row:
                    seconds = row[side]["cpu_seconds"]["median"] * (row["items"] if row["per"] == "item" else 1)
                    row[side]["share_of_gemm"] = row["matrix_flops"][side] / seconds / _gemm_of(row)
            row["provenance"], row["compiled"] = provenance(), has_kernels()
            report["rows"].append(row)
            if on_report is not None:
                on_report(report)
        if on_part is not None:
            on_part(len(chosen), len(chosen), "")
    return report


def merge_reports(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """`after` with the rows of `before` that it lacks, in the parts' order; each row says which commit it is of.

    ConfigError where the two were not measured alike (quick or not, threads, pages, processor).
    """
    for key in ("quick", "threads", "pages_reused", "cpu_capability"):
        if before.get(key) != after[key]:
            raise ConfigError(
                f"the report that is there has {key} {before.get(key)!r}, this run {after[key]!r}: choose another --out"
            )
    rows = {row["name"]: row for row in (*before["rows"], *after["rows"])}
    order = [part.name for part in PARTS if part.name in rows]
    return {**after, "rows": [rows[name] for name in order]}


def _gemm_of(row: Mapping[str, Any]) -> float:
    """Operations a second of the ceiling that was measured with a row."""
    return float(row["gemm_float32_gigaflops"]) * 1e9


def measure_part(part: Part, *, quick: bool, threads: int, scratch: Path) -> dict[str, Any]:
    """One row: times of both sides at every size, their ratio, peak memory, difference and growth."""
    sizes = part.quick_sizes if quick else part.sizes
    row: dict[str, Any] = {"name": part.name, "what": part.what, "grows_with": part.grows_with, "size": sizes[-1]}
    row |= {"at_least": part.at_least, "memory_at_least": part.memory_at_least}
    series: list[tuple[Times, Times]] = []
    contest: Contest | None = None
    for size in sizes:
        contest = part.build(Task(size, sizes[-1], scratch))
        # Growth needs one point a size; the ratio needs several repeats, at the last one.
        repeats = 1 if size != sizes[-1] else (min(part.repeats, _QUICK_REPEATS) if quick else part.repeats)
        series.append(interleave(contest.ours, contest.textbook, repeats=repeats))
    assert contest is not None
    ours, textbook = series[-1]
    items = contest.items if part.per_item else 1
    row |= {
        "items": contest.items,
        "per": "item" if part.per_item else "call",
        "ours": _side(ours, items),
        "textbook": _side(textbook, items),
        "ratio_cpu": asdict(ratios(textbook.cpu, ours.cpu)),
        "ratio_wall": asdict(ratios(textbook.wall, ours.wall)),
        "difference": contest.difference(),
        "exponent": {
            "ours": fit_exponent(sizes, [quartiles(pair[0].cpu).median for pair in series]),
            "textbook": fit_exponent(sizes, [quartiles(pair[1].cpu).median for pair in series]),
        },
        "sizes": list(sizes),
        "notes": dict(contest.notes()),
    }
    flops = {"ours": matrix_flops(contest.ours), "textbook": matrix_flops(contest.textbook)}
    if all(flops.values()):
        row["matrix_flops"] = flops
    if "waited_seconds_an_epoch" in row["notes"]:
        row["notes"]["waiting_share"] = row["notes"]["waited_seconds_an_epoch"] / quartiles(ours.wall).median
    if part.memory and (not quick or part.memory_at_least is not None):
        row["peak_memory_mb"] = _memory(part, sizes, threads=threads, scratch=scratch)
    return row


def _side(times: Times, items: int) -> dict[str, Any]:
    """Seconds of a call, or of an item where a call works on several and the row counts them."""
    return {
        "cpu_seconds": asdict(quartiles([seconds / items for seconds in times.cpu])),
        "wall_seconds": asdict(quartiles([seconds / items for seconds in times.wall])),
        "repeats": len(times.cpu),
    }


def _memory(part: Part, sizes: Sequence[int], *, threads: int, scratch: Path) -> dict[str, float]:
    question = {"part": part.name, "size": sizes[-1], "smallest": sizes[0], "largest": sizes[-1]}
    question |= {"scratch": str(scratch), "threads": threads}
    found = {side: ask_child({**question, "side": side})["bytes"] / _MILLION for side in ("ours", "textbook")}
    return {**found, "ratio": found["textbook"] / max(found["ours"], 1e-6)}


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        # numpy's products have threads of their own, which wait busily for the next one.
        with threadpool_limits(count):
            yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _apart() -> Iterator[None]:
    """Layers draw their first weights from torch's global stream: inside, from a fixed state; outside, as before."""
    with torch.random.fork_rng(devices=[]):
        torch.set_rng_state(torch.Generator().manual_seed(0).get_state())
        yield
