"""The figures beside a table: mAP by noise rate, a line a method, or of an ablation what each of its parts brings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from maquette.bench.plan import Table
from maquette.bench.tables import mean_maps, noise_of
from maquette.plots import part_differences, rate_curves, save_png

__all__ = ["LOUD", "draw_pictures", "table_pictures"]

LOUD = ("consensus", "rono", "dac", "cmcl")
"""Methods that are drawn in colour."""

_Results = Sequence[Mapping[str, Any]]


def table_pictures(table: Table, results: _Results) -> dict[str, str]:
    """The file name of each data set's picture.

    Rates: of sets with results at two symmetric rates or more. An ablation: of sets with a part beside the whole.
    """
    if table.baseline:
        found = {data: _differences(table, results, data) for data in _sets(results)}
        return {data: f"parts_{data}.png" if data else "parts.png" for data, parts in found.items() if parts}
    rates: dict[str, set[float]] = {}
    for result in results:
        kind, rate = noise_of(result)
        if kind == "symmetric":
            rates.setdefault(result.get("set", ""), set()).add(rate)
    return {data: f"rates_{data}.png" if data else "rates.png" for data, found in rates.items() if len(found) > 1}


def draw_pictures(table: Table, results: _Results, folder: Path) -> list[Path]:
    """Draw the pictures of `table_pictures` into `folder`, under the table's first protocol; the files."""
    paths = []
    for data, name in table_pictures(table, results).items():
        protocol, title = next(iter(table.protocols)), f"{table.title}: {data}" if data else table.title
        scores = _scores(table, results, data)
        if table.baseline:
            whole = {rate: mean(by_seed.values()) for rate, by_seed in scores[table.baseline].items() if by_seed}
            figure = part_differences(
                _differences(table, results, data),
                title=f"{title}: each row less {table.baseline}",
                baseline=table.baseline,
                scores=whole,
                label=f"difference in mAP (points, {protocol})",
            )
        else:
            by_rate = {
                method: {rate: list(by_seed.values()) for rate, by_seed in of.items()} for method, of in scores.items()
            }
            figure = rate_curves(by_rate, title=title, label=f"mAP (%), mean over pairs, {protocol}", loud=LOUD)
        save_png(figure, folder / name)
        paths.append(folder / name)
    return paths


def _scores(table: Table, results: _Results, data: str) -> dict[str, dict[float, dict[int, float]]]:
    """Of each row's method, each symmetric rate and seed: mAP averaged over pairs, where there is one."""
    protocol = next(iter(table.protocols))
    scores: dict[str, dict[float, dict[int, float]]] = {}
    for number, result in enumerate(results):
        kind, rate = noise_of(result)
        if result.get("set", "") != data or kind != "symmetric":
            continue
        of_rate = scores.setdefault(result["method"], {}).setdefault(rate, {})
        seed = result.get("seeds", {}).get("train", number)
        for score in mean_maps([result], protocol, result["method"], (kind, rate)):
            of_rate[seed] = score
    return scores


def _differences(table: Table, results: _Results, data: str) -> dict[str, dict[float, list[float]]]:
    """Of each part and rate: its score less the whole's, seed by seed, where both have run."""
    scores = _scores(table, results, data)
    whole = scores.get(table.baseline, {})
    found = {
        method: {
            rate: [score - whole[rate][seed] for seed, score in by_seed.items() if seed in whole.get(rate, {})]
            for rate, by_seed in of_rates.items()
        }
        for method, of_rates in scores.items()
        if method != table.baseline
    }
    return {method: of_rates for method, of_rates in found.items() if any(of_rates.values())}


def _sets(results: _Results) -> list[str]:
    return list(dict.fromkeys(result.get("set", "") for result in results))
