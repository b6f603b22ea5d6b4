"""The report of a run as text and as Markdown: a line a part, its ratio first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["is_reached", "write_markdown", "write_table"]

_HEAD = (
    *("part", "size", "times faster", "quartiles", "wall", "ours", "textbook", "memory", "GEMM", "growth", "differ"),
    "at least",
)


def is_reached(row: Mapping[str, Any]) -> bool | None:
    """Whether the row's ratios, of processor time and of memory, are what they are to be; None where none is asked."""
    wanted = [(row["ratio_cpu"]["median"], row["at_least"])]
    if "peak_memory_mb" in row:
        wanted.append((row["peak_memory_mb"]["ratio"], row["memory_at_least"]))
    asked = [(found, least) for found, least in wanted if least is not None]
    return all(found >= least for found, least in asked) if asked else None


def write_table(report: Mapping[str, Any]) -> str:
    """The report for a terminal."""
    cells = [_HEAD, *(_cells(row) for row in report["rows"])]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_HEAD))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    return "\n".join([*lines, "", *_remarks(report)])


def write_markdown(report: Mapping[str, Any], *, command: str) -> str:
    """The report as a page of its own."""
    origins = sorted({_origin(row["provenance"]) for row in report["rows"]})
    lines = [
        "# Speed against textbook formulations",
        "",
        f"`{command}`, {report['cpu_capability']}, threads: {report['threads']}.",
        *origins,
        "",
        "| " + " | ".join(_HEAD) + " |",
        "|" + "---|" * len(_HEAD),
        *("| " + " | ".join(_cells(row)) + " |" for row in report["rows"]),
        "",
        *(f"* {line}" for line in _remarks(report)),
        "",
    ]
    return "\n".join(lines)


def _origin(facts: Mapping[str, Any]) -> str:
    torch = facts["libraries"]["torch"]
    return f"Maquette {facts['maquette']} at commit {facts['commit']}, {facts['machine']}, torch {torch}."


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    least = "" if row["at_least"] is None else f"{row['at_least']:g}"
    if row["memory_at_least"] is not None:
        least += f", memory {row['memory_at_least']:g}"
    size = f"{row['size']} {row['grows_with']}"
    reached = {True: " yes", False: " NO", None: ""}[is_reached(row)]
    ratio, memory = row["ratio_cpu"], row.get("peak_memory_mb")
    shares = [row[side].get("share_of_gemm") for side in ("ours", "textbook")]
    return (
        row["name"],
        size,
        f"{ratio['median']:.2f}",
        f"{ratio['low']:.2f}-{ratio['high']:.2f}",
        f"{row['ratio_wall']['median']:.2f}",
        _milliseconds(row, "ours"),
        _milliseconds(row, "textbook"),
        f"{memory['ours']:.0f} vs {memory['textbook']:.0f} MB, {memory['ratio']:.1f}" if memory else "",
        " vs ".join(f"{100 * share:.0f} %" for share in shares if share is not None),
        f"{row['exponent']['ours']:.2f} vs {row['exponent']['textbook']:.2f}",
        f"{row['difference']:.0e}",
        f"{least}{reached}",
    )


def _milliseconds(row: Mapping[str, Any], side: str) -> str:
    return f"{1000 * row[side]['cpu_seconds']['median']:.3g} ms" + ("/item" if row["per"] == "item" else "")


def _ceilings(report: Mapping[str, Any]) -> str:
    found = sorted(round(row["gemm_float32_gigaflops"]) for row in report["rows"])
    return "" if not found else (str(found[0]) if found[0] == found[-1] else f"{found[0]} to {found[-1]}")


def _remarks(report: Mapping[str, Any]) -> list[str]:
    lines = [
        "times faster: textbook over ours, processor time, median of interleaved repeats with quartiles; wall: the "
        "same by the clock, which on a shared machine says less",
        "memory: peak above what was resident before, each side in a process of its own",
        f"GEMM: operations in matrix products a processor second, as a share of the {_ceilings(report)} GF/s that a "
        "float32 product of 1,024 rows reached just after the part",
        "growth: the exponent of processor time in the size; differ: the largest difference of the two results "
        "(networks: float64, with gradients and running statistics)",
        f"freed pages kept by the allocator: {'yes, for both sides' if report['pages_reused'] else 'no'}",
    ]
    with_kernels = [row["name"] for row in report["rows"] if row.get("compiled")]
    lines.append(f"compiled kernels were there for: {', '.join(with_kernels) or 'none'}")
    for row in report["rows"]:
        if row.get("notes"):
            notes = ", ".join(f"{name.replace('_', ' ')} {value:.3g}" for name, value in row["notes"].items())
            lines.append(f"{row['name']}: {notes}")
    if report["quick"]:
        lines.append("a quick run: small sizes, few repeats; ratios at full size are larger or smaller than these")
    return lines
