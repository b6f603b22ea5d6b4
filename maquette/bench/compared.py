"""A table cell by cell beside the paper's: paper, ours, difference; what has not run says so and is not filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from maquette.bench.plan import Cell, Table
from maquette.bench.tables import average, crossing, figure_lines, how_lines, noise_of, overview
from maquette.metrics import get_protocol

__all__ = ["compared_lines", "render_compared"]

_NOT_RUN = "not run"
_MEAN = "mean of "
_EXPLAINED = (
    "Cells: paper / ours ± standard deviation over seeds / difference (ours - paper), mAP in percent; ours alone where "
    "the paper has no figure. One seed: with the 95 % interval over queries. not run: there is no result."
)
_SELF_MATCH = (
    "The papers count a query in its own gallery, this protocol does not: pairs of one modality have no figures of "
    "theirs beside them."
)

_Results = Sequence[Mapping[str, Any]]


def render_compared(table: Table, results: _Results, figures: Sequence[Path] = ()) -> str:
    """The table as Markdown, a part for each data set and protocol; `table.columns` says what its columns are."""
    lines = [
        f"# {table.title}",
        "",
        *(f"* {note}" for note in table.notes),
        f"* {_EXPLAINED}",
        *figure_lines(figures),
    ]
    for data in dict.fromkeys(row.data for row in table.rows):
        own = [result for result in results if result.get("set", "") == data]
        if own and table.columns == "noise":
            title, *glance = overview(table, own)
            lines += ["", f"{title}: {data}" if data else title, *glance]
        for protocol, only_crossing in table.protocols.items():
            kind = "pairs of different modalities" if only_crossing else "all pairs"
            words = f"{data}: mAP" if data else "mAP"
            lines += ["", f"## {words}, protocol `{protocol}`, {kind}", ""]
            if any(cell.data == data and _measured_otherwise(cell.pair, protocol) for cell in table.published):
                lines += [_SELF_MATCH, ""]
            lines += compared_lines(table, own, data, protocol)
    how = how_lines(table, results) if results else [f"* No row has been run yet.\n* Command: `{table.command}`"]
    return "\n".join([*lines, "", "## How", "", *how, ""])


def compared_lines(table: Table, results: _Results, data: str, protocol: str) -> list[str]:
    """The table itself, of one data set (whose results these are) under one protocol."""
    planned = [row for row in table.rows if row.data == data]
    rows = list(dict.fromkeys(row.method for row in planned))
    noises = list(dict.fromkeys(f"{row.kind} {row.rate:g}" for row in planned)) if table.columns == "noise" else [""]
    views = [str(count) for count in table.views]
    columns = {"noise": noises, "row": rows, "views": views}[table.columns]
    titles = [f"{column} view{'s'[: column != '1']}" for column in columns] if table.columns == "views" else columns
    first = [] if table.columns == "row" else ["row"]
    lines = ["| " + " | ".join([*first, "pair", *titles]) + " |"]
    lines.append("|---" * (len(first) + 1 + len(titles)) + "|")
    for row in [""] if table.columns == "row" else rows:
        mine = [result for result in results if not row or result["method"] == row]
        words = [row] if row else []
        for pair, count in _places(table, mine, data, row, protocol):
            cells = [Cell(data, row, *_coordinates(table.columns, column, pair, count)) for column in columns]
            if table.columns == "row":
                cells = [cell._replace(row=column) for cell, column in zip(cells, columns, strict=True)]
            label = f"{_arrow(pair)}, {count} view{'s'[: count != '1']}" if count else _arrow(pair)
            lines.append("| " + " | ".join([*words, label, *(_text(table, mine, c, protocol) for c in cells)]) + " |")
    return lines


def _coordinates(axis: str, column: str, pair: str, count: str) -> tuple[str, str, str]:
    """Noise, pair and views of a cell in this column; pairs without images are the same at any number of views."""
    if axis == "views":
        return "", pair, column if "image" in pair or pair.startswith(_MEAN) else ""
    return (column if axis == "noise" else ""), pair, count


def _places(table: Table, results: _Results, data: str, row: str, protocol: str) -> list[tuple[str, str]]:
    """Pairs, with the number of views where it is not a column: those measured, else those published."""
    measured = list(results[0]["metrics"][protocol]) if results else []
    known = [cell.pair for cell in table.published if cell.data == data and (not row or cell.row == row)]
    pairs = list(dict.fromkeys([*measured, *known])) or ["all pairs"]
    count = len(crossing(pairs))
    places = [(f"{_MEAN}{count} of different modalities", "")] if results and count > 2 else []
    for pair in pairs:
        by_views = table.columns != "views" and table.views and "image" in pair
        places += [(pair, str(count)) for count in table.views] if by_views else [(pair, "")]
    return places


def _text(table: Table, results: _Results, cell: Cell, protocol: str) -> str:
    found = [scores for result in results if (scores := _scores(result, cell, protocol)) is not None]
    # No value: no query had a relevant item.
    values = [100 * scores["map"] for scores in found if scores["map"] is not None]
    paper = None if _measured_otherwise(cell.pair, protocol) else table.published.get(cell)
    ours = "–" if found else _NOT_RUN
    if len(values) > 1:
        ours = f"{mean(values):.2f} ± {stdev(values):.2f}"
    elif values:
        only = found[0]
        ours = f"{values[0]:.2f}" + (f" [{100 * only['low']:.1f}, {100 * only['high']:.1f}]" if "low" in only else "")
    if paper is None:
        return ours
    return f"{paper:.2f} / {ours} / " + (f"{mean(values) - paper:+.2f}" if values else "–")


def _measured_otherwise(pair: str, protocol: str) -> bool:
    """Whether papers' figures of the pair, in which each query finds itself, are no measure under the protocol."""
    return get_protocol(protocol).exclude_self and len(set(pair.split("->"))) == 1 and "->" in pair


def _scores(result: Mapping[str, Any], cell: Cell, protocol: str) -> Mapping[str, Any] | None:
    """A result's scores for the cell; None where the result is of another one, or was not measured there."""
    kind, rate = noise_of(result)
    if cell.row != result["method"] or cell.noise not in ("", f"{kind} {rate:g}"):
        return None
    metrics = result["metrics"]
    pairs = {**metrics[protocol], **metrics.get("views", {}).get(protocol, {}).get(cell.views, {})}
    if cell.pair.startswith(_MEAN):
        found = [pair for pair in crossing(pairs) if pairs[pair]["map"] is not None]
        return average(pairs, found) if found else {"map": None}
    if cell.views and cell.views not in metrics.get("views", {}).get(protocol, {}):
        return None
    return pairs.get(cell.pair)


def _arrow(pair: str) -> str:
    return pair.replace("->", " → ")
