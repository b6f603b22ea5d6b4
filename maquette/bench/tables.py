"""From the rows' JSON files to the table that people read, in Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from maquette.bench.rows import Table
from maquette.metrics.lint import lint
from maquette.train.provenance import machine_words

__all__ = [
    "Noise",
    "average",
    "crossing",
    "figure_lines",
    "how_lines",
    "mean_maps",
    "noise_of",
    "overview",
    "render_table",
]

Noise = tuple[str, float]
"""A kind of noise and its rate: what a column is of."""

_Results = Sequence[Mapping[str, Any]]

_DIVISION = {
    "division_clean_f1": "F1 of what it calls clean",
    "division_noisy_f1": "F1 of what it calls noisy",
    "division_noisy_precision": "precision of what it calls noisy",
    "division_noisy_recall": "recall of what it calls noisy",
    "called_noisy": "labels that it calls noisy: its estimate of the rate",
    "correction_accuracy_on_noisy": "wrong labels that it corrects",
    "prediction_memorised": "wrong labels that it predicts (memorised)",
    "prediction_recovered": "wrong labels where it predicts the true class",
}


def render_table(table: Table, results: _Results, figures: Sequence[Path] = ()) -> str:
    """The table as Markdown: mAP in percent under each protocol, the paper's figures beside, and how it was made.

    First a line a method: the mean over pairs of different modalities, then each pair. A cell is mean ± standard
    deviation over seeds; of one seed, its figure with the 95 % interval over queries. Rows that have not run yet are
    left out, and counted.
    """
    noises = _noises(results)
    lines = [f"# {table.title}", "", *(f"* {note}" for note in table.notes)]
    if not results:
        return "\n".join([*lines, "", "No row has been run yet.", ""])
    lines += ["", *overview(table, results), *figure_lines(figures)]
    for protocol, only_crossing in table.protocols.items():
        kind = "pairs of different modalities" if only_crossing else "all pairs"
        lines += ["", f"## mAP, protocol `{protocol}`, {kind}", "", *_head("| method | pair |", noises)]
        lines += _scores(results, protocol, noises)
        if only_crossing:
            lines += [
                f"| {label} | {_arrow(pair)} | " + " | ".join(_paper(figures, noise) for noise in noises) + " |"
                for (label, pair), figures in table.paper.items()
            ]
    division = _divisions(results, noises)
    if division:
        lines += ["", "## What they made of the noise (training objects, last epoch, percent)", ""]
        lines += [*_head("| method | share |", noises), *division]
    return "\n".join([*lines, "", "## How", "", *how_lines(table, results), ""])


def overview(table: Table, results: _Results) -> list[str]:
    """A line a method: mAP averaged over pairs of different modalities, under the table's first protocol; its title.

    The highest mean of a column is bold. A published line stands below where every pair has a figure.
    """
    protocol, noises = next(iter(table.protocols)), _noises(results)
    means = {
        (method, noise): mean_maps(results, protocol, method, noise) for method in _methods(results) for noise in noises
    }
    best = {
        n: max((mean(values) for (_, m), values in means.items() if m == n and values), default=0.0) for n in noises
    }
    count = len(crossing(results[0]["metrics"][protocol]))
    lines = [
        f"## At a glance: mAP, mean of the {count} pairs of different modalities, protocol `{protocol}`",
        "",
        "Mean ± standard deviation over seeds (their number); bold: the highest mean of its column.",
        "",
        "| method |" + "".join(f" {_words(noise, noises)} |" for noise in noises),
        "|---|" + "---|" * len(noises),
    ]
    for method in _methods(results):
        cells = []
        for noise in noises:
            values = means[method, noise]
            text = f"{mean(values):.2f}" if values else "–"
            text = f"**{text}**" if values and mean(values) == best[noise] else text
            text += f" ± {stdev(values):.2f}" if len(values) > 1 else ""
            cells.append(text + (f" ({len(values)})" if values else ""))
        lines.append(f"| {method} | " + " | ".join(cells) + " |")
    for label in dict.fromkeys(label for label, _ in table.paper):
        of_pairs = [figures for (other, _), figures in table.paper.items() if other == label]
        if len(of_pairs) == count:
            rates = set.intersection(*({*figures} for figures in of_pairs))
            figures = {rate: mean(pair[rate] for pair in of_pairs) for rate in rates}
            lines.append(f"| {label} | " + " | ".join(_paper(figures, noise) for noise in noises) + " |")
    return lines


def mean_maps(results: _Results, protocol: str, method: str, noise: Noise) -> list[float]:
    """A value a seed, in percent: the mean over pairs of different modalities."""
    found = [r["metrics"][protocol] for r in results if r["method"] == method and noise_of(r) == noise]
    # No value: no query of the pair had a relevant item.
    groups = [(scores, [pair for pair in crossing(scores) if scores[pair]["map"] is not None]) for scores in found]
    return [100 * average(scores, pairs)["map"] for scores, pairs in groups if pairs]


def crossing(scores: Iterable[str]) -> list[str]:
    """The pairs of different modalities.

    >>> crossing(["image->image", "image->mesh"])
    ['image->mesh']
    """
    return [pair for pair in scores if len(set(pair.split("->"))) == 2]


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
    """A line a method and pair."""
    lines = []
    for method in _methods(results):
        pairs = list(next(result for result in results if result["method"] == method)["metrics"][protocol])
        for pair in pairs:
            cells = []
            for noise in noises:
                found = [r for r in results if r["method"] == method and noise_of(r) == noise]
                cells.append(_cell([r["metrics"][protocol][pair] for r in found]))
            lines.append(f"| {method} | {_arrow(pair)} | " + " | ".join(cells) + " |")
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
    return f"{100 * only['map']:.2f} [{100 * only['low']:.1f}, {100 * only['high']:.1f}]"


def _divisions(results: _Results, noises: Sequence[Noise]) -> list[str]:
    lines = []
    for method in _methods(results):
        for key, words in _DIVISION.items():
            cells = []
            for noise in noises:
                own = [_division(r) for r in results if r["method"] == method and noise_of(r) == noise]
                values = [100 * scores[key] for scores in own if key in scores]
                cells.append(f"{mean(values):.1f}" if values else "–")
            if set(cells) != {"–"}:
                lines.append(f"| {method} | {words} | " + " | ".join(cells) + " |")
    return lines


def _division(result: Mapping[str, Any]) -> dict[str, float]:
    """What was recorded, and the share of labels that it calls noisy, rate · recall / precision."""
    scores = dict(result["metrics"].get("division", {}))
    if scores.get("division_noisy_precision") and "prediction_noise_rate" in scores:
        found = scores["prediction_noise_rate"] * scores["division_noisy_recall"]
        scores["called_noisy"] = found / scores["division_noisy_precision"]
    return scores


def figure_lines(figures: Sequence[Path]) -> list[str]:
    """The figures, which lie beside the table's file, as Markdown."""
    return [line for path in figures for line in ("", f"![{path.stem}]({path.name})")]


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
        f"* Held against the protocol `clean` (`maquette lint`): {_linted(results)}.",
        f"* Commits: {_distinct(results, lambda r: str(r['provenance']['commit']))}. "
        f"Data digests: {_distinct(results, lambda r: str(r['data']['digest'])[:16])}.",
        f"* Machines: {_distinct(results, lambda r: machine_words(r['provenance']))}, "
        f"{_distinct(results, lambda r: str(r['provenance']['threads']))} threads.",
        f"* Command: `{table.command}`",
    ]
    if seconds:
        lines.insert(5, f"* Training took {seconds[0]:.0f} to {seconds[-1]:.0f} seconds a row.")
    return lines


def _linted(results: _Results) -> str:
    """What the linter says of the rows: that all keep `clean`, or by rule how many do not."""
    broken = {(found.rule, found.result) for found in lint({str(n): result for n, result in enumerate(results)})}
    counts = Counter(rule for rule, _ in broken)
    return ", ".join(f"{rule} in {count} rows" for rule, count in sorted(counts.items())) or "all rows keep it"


def _methods(results: _Results) -> list[str]:
    return list(dict.fromkeys(result["method"] for result in results))


def _distinct(results: _Results, value: Any) -> str:
    return ", ".join(sorted({value(result) for result in results}))


def _arrow(pair: str) -> str:
    return pair.replace("->", " → ")


def _paper(figures: Mapping[float, float], noise: Noise) -> str:
    kind, rate = noise
    return f"{figures[rate]:.2f}" if kind == "symmetric" and rate in figures else "–"
