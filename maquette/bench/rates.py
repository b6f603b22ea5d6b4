"""The figure beside a table of noise rates: mAP by rate, a line a method, a picture a data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from maquette.bench.plan import Table
from maquette.bench.tables import mean_maps, noise_of
from maquette.plots import rate_curves, save_png

__all__ = ["LOUD", "draw_rates", "rate_files"]

LOUD = ("consensus", "rono", "dac", "cmcl")
"""Methods that are drawn in colour."""


def rate_files(table: Table, results: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The file name of each data set's picture: of sets with results at two symmetric rates or more."""
    rates: dict[str, set[float]] = {}
    for result in results:
        kind, rate = noise_of(result)
        if kind == "symmetric":
            rates.setdefault(result.get("set", ""), set()).add(rate)
    return {data: f"rates_{data}.png" if data else "rates.png" for data, found in rates.items() if len(found) > 1}


def draw_rates(table: Table, results: Sequence[Mapping[str, Any]], folder: Path) -> list[Path]:
    """Draw the pictures of `rate_files` into `folder`, under the table's first protocol; the files."""
    paths = []
    for data, name in rate_files(table, results).items():
        protocol = next(iter(table.protocols))
        own = [r for r in results if r.get("set", "") == data and noise_of(r)[0] == "symmetric"]
        scores: dict[str, dict[float, list[float]]] = {}
        for result in own:
            method, noise = result["method"], noise_of(result)
            scores.setdefault(method, {})[noise[1]] = mean_maps(own, protocol, method, noise)
        title = f"{table.title}: {data}" if data else table.title
        figure = rate_curves(scores, title=title, label=f"mAP (%), mean over pairs, {protocol}", loud=LOUD)
        save_png(figure, folder / name)
        paths.append(folder / name)
    return paths
