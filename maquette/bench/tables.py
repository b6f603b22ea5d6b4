"""From the rows' JSON files to the table that people read, in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean, stdev
from typing import Any

from maquette.bench.rows import Table

__all__ = ["render_table"]

_Results = Sequence[Mapping[str, Any]]

_DIVISION = {
    "division_clean_f1": "F1 of what it calls clean",
    "division_noisy_f1": "F1 of what it calls noisy",
    "correction_accuracy_on_noisy": "wrong labels that it corrects",
    "prediction_memorised": "wrong labels that it predicts (memorised)",
    "prediction_recovered": "wrong labels where it predicts the true class",
}


def render_table(table: Table, results: _Results) -> str:
    """The table as Markdown: mAP in percent under each protocol, the paper's figures beside, and how it was made.

    A cell is mean ± standard deviation over seeds; of one seed, its figure with the 95 % interval over queries. Rows
    that have not run yet are left out, and counted.
    """
    rates = sorted({result["rate"] for result in results})
    lines = [f"# {table.title}", "", *(f"* {note}" for note in table.notes)]
    if not results:
        return "\n".join([*lines, "", "No row has been run yet.", ""])
    for protocol, crossing in table.protocols.items():
        kind = "pairs of different modalities" if crossing else "all pairs"
        lines += ["", f"## mAP, protocol `{protocol}`, {kind}", "", *_head("| method | pair |", rates)]
        lines += _scores(results, protocol, rates)
        if crossing:
            lines += [
                f"| {label} | {_arrow(pair)} | " + " | ".join(_paper(figures.get(rate)) for rate in rates) + " |"
                for (label, pair), figures in table.paper.items()
            ]
    division = _divisions(results, rates)
    if division:
        lines += ["", "## What they made of the noise (training objects, last epoch, percent)", ""]
        lines += [*_head("| method | share |", rates), *division]
    return "\n".join([*lines, "", "## How", "", *_facts(table, results), ""])


def _head(start: str, rates: Sequence[float]) -> list[str]:
    return [start + "".join(f" noise {rate:g} |" for rate in rates), "|---|---|" + "---|" * len(rates)]


def _scores(results: _Results, protocol: str, rates: Sequence[float]) -> list[str]:
    lines = []
    for method in _methods(results):
        pairs = next(result for result in results if result["method"] == method)["metrics"][protocol]
        for pair in pairs:
            cells = []
            for rate in rates:
                found = [r["metrics"][protocol][pair] for r in results if r["method"] == method and r["rate"] == rate]
                cells.append(_cell(found))
            lines.append(f"| {method} | {_arrow(pair)} | " + " | ".join(cells) + " |")
    return lines


def _cell(found: Sequence[Mapping[str, Any]]) -> str:
    if not found:
        return "–"
    if len(found) > 1:
        values = [100 * scores["map"] for scores in found]
        return f"{mean(values):.2f} ± {stdev(values):.2f}"
    only = found[0]
    return f"{100 * only['map']:.2f} [{100 * only['low']:.1f}, {100 * only['high']:.1f}]"


def _divisions(results: _Results, rates: Sequence[float]) -> list[str]:
    lines = []
    for method in _methods(results):
        for key, words in _DIVISION.items():
            cells = []
            for rate in rates:
                values = [
                    100 * result["metrics"]["division"][key]
                    for result in results
                    if result["method"] == method
                    and result["rate"] == rate
                    and key in result["metrics"].get("division", {})
                ]
                cells.append(f"{mean(values):.1f}" if values else "–")
            if set(cells) != {"–"}:
                lines.append(f"| {method} | {words} | " + " | ".join(cells) + " |")
    return lines


def _facts(table: Table, results: _Results) -> list[str]:
    seconds = sorted(result["seconds"] for result in results if not result["resumed"])
    seeds = sorted({result["seeds"]["train"] for result in results})
    realised = {
        rate: {f"{100 * r['noise']['realised_rate']:.2f}" for r in results if r["rate"] == rate}
        for rate in sorted({result["rate"] for result in results})
    }
    rates = ", ".join(f"{rate:g}: {' and '.join(sorted(values))} %" for rate, values in realised.items())
    lines = [
        f"* Rows: {len(results)} of {len(table.rows)} have run. Seeds of training: {', '.join(map(str, seeds))}. "
        "The last epoch is measured; nothing is chosen on test.",
        f"* Realised noise rates: {rates}.",
        f"* Commits: {_distinct(results, lambda r: str(r['provenance']['commit']))}. "
        f"Data digests: {_distinct(results, lambda r: str(r['data']['digest'])[:16])}.",
        f"* Machines: {_distinct(results, lambda r: r['provenance']['machine'] + ', ' + r['provenance']['device'])}, "
        f"{_distinct(results, lambda r: str(r['provenance']['threads']))} threads.",
        f"* Command: `{table.command}`",
    ]
    if seconds:
        lines.insert(4, f"* Training took {seconds[0]:.0f} to {seconds[-1]:.0f} seconds a row.")
    return lines


def _methods(results: _Results) -> list[str]:
    return list(dict.fromkeys(result["method"] for result in results))


def _distinct(results: _Results, value: Any) -> str:
    return ", ".join(sorted({value(result) for result in results}))


def _arrow(pair: str) -> str:
    return pair.replace("->", " → ")


def _paper(figure: float | None) -> str:
    return "–" if figure is None else f"{figure:.2f}"
