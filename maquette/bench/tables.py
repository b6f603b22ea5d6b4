"""From the rows' JSON files to the table that people read, in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean, stdev
from typing import Any

from maquette.bench.rows import Table

__all__ = ["Noise", "average", "how_lines", "noise_of", "render_table"]

Noise = tuple[str, float]
"""A kind of noise and its rate: what a column is of."""

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
    noises = _noises(results)
    lines = [f"# {table.title}", "", *(f"* {note}" for note in table.notes)]
    if not results:
        return "\n".join([*lines, "", "No row has been run yet.", ""])
    for protocol, crossing in table.protocols.items():
        kind = "pairs of different modalities" if crossing else "all pairs"
        lines += ["", f"## mAP, protocol `{protocol}`, {kind}", "", *_head("| method | pair |", noises)]
        lines += _scores(results, protocol, noises)
        if crossing:
            lines += [
                f"| {label} | {_arrow(pair)} | " + " | ".join(_paper(figures, noise) for noise in noises) + " |"
                for (label, pair), figures in table.paper.items()
            ]
    division = _divisions(results, noises)
    if division:
        lines += ["", "## What they made of the noise (training objects, last epoch, percent)", ""]
        lines += [*_head("| method | share |", noises), *division]
    return "\n".join([*lines, "", "## How", "", *how_lines(table, results), ""])


def noise_of(result: Mapping[str, Any]) -> Noise:
    """The kind and rate of noise of a row's result; results from before there were kinds are of symmetric noise."""
    return result.get("kind", "symmetric"), result["rate"]


def _noises(results: _Results) -> list[Noise]:
    """Symmetric noise first, then the other kinds by name; rates ascending."""
    return sorted({noise_of(result) for result in results}, key=lambda noise: (noise[0] != "symmetric", *noise))


def _words(noise: Noise, among: Sequence[Noise]) -> str:
    kind = noise[0] if {other for other, _ in among} != {"symmetric"} else "noise"
    return f"{kind} {noise[1]:g}"


def _head(start: str, noises: Sequence[Noise]) -> list[str]:
    titles = "".join(f" {_words(noise, noises)} |" for noise in noises)
    return [start + titles, "|---|---|" + "---|" * len(noises)]


def _scores(results: _Results, protocol: str, noises: Sequence[Noise]) -> list[str]:
    """A line a method and pair; before a method's many pairs, the mean of those of different modalities."""
    lines = []
    for method in _methods(results):
        pairs = list(next(result for result in results if result["method"] == method)["metrics"][protocol])
        crossing = [pair for pair in pairs if len(set(pair.split("->"))) == 2]
        groups = {_arrow(pair): [pair] for pair in pairs}
        if len(crossing) > 2:
            groups = {f"mean of {len(crossing)} of different modalities": crossing, **groups}
        for words, group in groups.items():
            cells = []
            for noise in noises:
                found = [r for r in results if r["method"] == method and noise_of(r) == noise]
                cells.append(_cell([average(r["metrics"][protocol], group) for r in found]))
            lines.append(f"| {method} | {words} | " + " | ".join(cells) + " |")
    return lines


def average(scores: Mapping[str, Any], pairs: Sequence[str]) -> Mapping[str, Any]:
    """One pair's scores as they are; of several their mean, which has no interval: their queries are the same."""
    if len(pairs) == 1:
        one: Mapping[str, Any] = scores[pairs[0]]
        return one
    return {"map": mean(scores[pair]["map"] for pair in pairs)}


def _cell(found: Sequence[Mapping[str, Any]]) -> str:
    if not found:
        return "–"
    if len(found) > 1:
        values = [100 * scores["map"] for scores in found]
        return f"{mean(values):.2f} ± {stdev(values):.2f}"
    only = found[0]
    if "low" not in only:
        return f"{100 * only['map']:.2f}"
    return f"{100 * only['map']:.2f} [{100 * only['low']:.1f}, {100 * only['high']:.1f}]"


def _divisions(results: _Results, noises: Sequence[Noise]) -> list[str]:
    lines = []
    for method in _methods(results):
        for key, words in _DIVISION.items():
            cells = []
            for noise in noises:
                values = [
                    100 * result["metrics"]["division"][key]
                    for result in results
                    if result["method"] == method
                    and noise_of(result) == noise
                    and key in result["metrics"].get("division", {})
                ]
                cells.append(f"{mean(values):.1f}" if values else "–")
            if set(cells) != {"–"}:
                lines.append(f"| {method} | {words} | " + " | ".join(cells) + " |")
    return lines


def how_lines(table: Table, results: _Results) -> list[str]:
    """How the results came about: rows, seeds, rates, commits, data, machines, time, command; at least one result."""
    seconds = sorted(result["seconds"] for result in results if not result["resumed"])
    seeds = sorted({result["seeds"]["train"] for result in results})
    noises = _noises(results)
    realised = {
        noise: {f"{100 * r['noise']['realised_rate']:.2f}" for r in results if noise_of(r) == noise} for noise in noises
    }
    rates = ", ".join(
        f"{_words(noise, noises).removeprefix('noise ')}: {' and '.join(sorted(values))} %"
        for noise, values in realised.items()
    )
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


def _paper(figures: Mapping[float, float], noise: Noise) -> str:
    kind, rate = noise
    return f"{figures[rate]:.2f}" if kind == "symmetric" and rate in figures else "–"
