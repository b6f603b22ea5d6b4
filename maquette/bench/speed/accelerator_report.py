"""The report of a run on an accelerator as Markdown: a line a network and precision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from maquette.bench.speed.accelerator import PRECISIONS

__all__ = ["write_accelerator"]


def write_accelerator(report: Mapping[str, Any], *, command: str) -> str:
    """The report as a page of Markdown."""
    facts, ceilings = report["provenance"], report["ceilings"]
    lines = [
        "# Speed on an accelerator",
        "",
        f"`{command}`, {facts['device']}, torch {facts['libraries']['torch']}, commit {facts['commit']}.",
        "",
        f"Ceilings, measured before: copying {ceilings['copy_gigabytes']:,.0f} GB/s (read and written), products "
        + ", ".join(f"{name} {ceilings[f'gemm_{name}_gigaflops'] / 1e3:,.0f} TF/s" for name in PRECISIONS)
        + f". Batches of {report['objects']}.",
        "",
        "| network | precision | textbook | ours | times faster | quartiles | memory | GEMM | copying | compiled |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in report["rows"]:
        for name, found in row["precisions"].items():
            ours, ratio = found["ours"], found["ratio"]
            memory = " vs ".join(_megabytes(found[side].get("peak_megabytes")) for side in ("ours", "textbook"))
            extra = found.get("compiled", {})
            compiled = (
                f"{extra['milliseconds']['median']:.3g} ms" if "milliseconds" in extra else extra.get("error", "")
            )
            lines.append(
                f"| {row['name']} | {name} | {_milliseconds(found['textbook'])} | {_milliseconds(ours)} | "
                f"{ratio['median']:.2f} | {ratio['low']:.2f}-{ratio['high']:.2f} | {memory} | "
                f"{100 * ours['share_of_gemm']:.0f} % | {100 * ours['share_of_copy']:.0f} % | {compiled} |"
            )
    lines += [
        "",
        "* times faster: textbook over ours by the clock, each call waited for; median of interleaved repeats",
        "* memory: peak above weights and inputs, ours vs the textbook's",
        "* GEMM, copying: operations in matrix products, and bytes that ours' operators read and write, a second, as a "
        "share of the device's ceiling",
    ]
    for row in report["rows"]:
        hottest = ", ".join(f"{name} {100 * share:.0f} %" for name, share in row["hottest"].items())
        lines.append(
            f"* {row['name']}: differs by {row['difference']:.0e} in float64" + (f"; {hottest}" if hottest else "")
        )
    return "\n".join([*lines, ""])


def _milliseconds(side: Mapping[str, Any]) -> str:
    return f"{side['milliseconds']['median']:.3g} ms"


def _megabytes(value: float | None) -> str:
    return "?" if value is None else f"{value:,.0f} MB"
