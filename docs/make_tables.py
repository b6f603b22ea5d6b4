"""Writes the tables of benchmarks/results anew from their rows, each method's into its page, all into docs/results.md.

python docs/make_tables.py
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from maquette.bench.compared import compared_lines
from maquette.bench.plan import Cell, Table
from maquette.bench.rates import table_pictures
from maquette.bench.reproduce import LARGE, TABLES, publish
from maquette.bench.rows import read_rows
from maquette.bench.tables import average, crossing, noise_of, overview
from maquette.methods import METHODS, PROJECTIONS

ROOT = Path(__file__).parent.parent
BEGIN, END = "<!-- results -->", "<!-- /results -->"
NOTHING = "No run committed yet."
HEAD = (
    "Results: mAP in percent over all ranks, mean ± standard deviation over seeds (their number), under the first "
    "protocol that the table names; after a slash the paper's figure where one is known, and without one the mean of "
    "a set's pairs. Last epoch. Generated (`python docs/make_tables.py`) from `benchmarks/results`, where every pair, "
    "intervals, machines and commands stand."
)

Found = tuple[Table, Sequence[Mapping[str, Any]]]


def real_tables() -> list[tuple[Table, str]]:
    """Every table in its real sizes, with the size."""
    return [
        (build(size=size, configs=ROOT / "configs", data=Path("FOLDER")), size)
        for name, build in TABLES.items()
        for size in (("small", "large") if name in LARGE else ("small",))
    ]


def found_results(results: Path) -> list[Found]:
    """Every table in its real sizes, with those of its rows that have a result."""
    tables = [table for table, _ in real_tables() if not table.draw]
    return [(table, read_rows(results / (table.home or table.name), table.rows)) for table in tables]


def publish_all(results: Path) -> None:
    """Write every table that has results anew, as `maquette reproduce` does after its rows; figures stay."""
    for table, size in real_tables():
        if not table.draw and read_rows(results / (table.home or table.name), table.rows):
            publish(table, out=results, size=size)


def render(page: str, found: Sequence[Found]) -> str:
    """What stands between the markers of the page docs/methods/<page>.md; tables by views are in results.md alone."""
    own = [
        (table, [row for row in rows if page_of(row["config"]["method"]["name"]) == page])
        for table, rows in found
        if not table.views
    ]
    noises = sorted({noise_of(row) for _, rows in own for row in rows}, key=lambda n: (n[0] != "symmetric", *n))
    if not noises:
        return NOTHING
    lines = ["| table | row | pair |" + "".join(f" {kind} {rate:g} |" for kind, rate in noises)]
    lines.append("|---|---|---|" + "---|" * len(noises))
    for table, rows in own:
        protocol = next(iter(table.protocols))
        for data, name in dict.fromkeys((row.get("set", ""), row["method"]) for row in rows):
            mine = [row for row in rows if (row.get("set", ""), row["method"]) == (data, name)]
            where = f"{table.name}, {data}" if data else table.name
            for words, pairs in _groups(table, mine[0]["metrics"][protocol]).items():
                cells = []
                for noise in noises:
                    measured = [row["metrics"][protocol] for row in mine if noise_of(row) == noise]
                    scores = [average(one, pairs)["map"] for one in measured]
                    published = _published(table, data, name, pairs[0], noise) if len(pairs) == 1 else None
                    cells.append(_cell(scores, published))
                lines.append(f"| {where} | {name} | {words} | " + " | ".join(cells) + " |")
    return "\n".join([HEAD, "", *lines])


def _groups(table: Table, scores: Mapping[str, Any]) -> dict[str, list[str]]:
    """Pairs of different modalities, each a line; where there are many and no paper has figures, one line for all."""
    pairs = crossing(scores)
    if len(pairs) > 2 and not table.published and not table.paper:
        return {f"mean of {len(pairs)}": pairs}
    return {pair.replace("->", " → "): [pair] for pair in pairs}


def at_a_glance(found: Sequence[Found]) -> str:
    """What stands between the markers of docs/results.md: each table's first part, with its notes and its command."""
    parts = []
    for table, rows in found:
        if not rows:
            continue
        parts += [f"## {table.title}", "", f"{len(rows)} of {len(table.rows)} rows have run.", ""]
        pictures = table_pictures(table, rows)
        for data in dict.fromkeys(row.get("set", "") for row in rows):
            own = [row for row in rows if row.get("set", "") == data]
            parts += _of_set(table, own, data)
            if data in pictures:
                words = "what each part brings" if table.baseline else "mAP by noise rate"
                parts += [f"![{words}](../benchmarks/results/{table.name}/{pictures[data]})", ""]
        whole = f"[`benchmarks/results/{table.name}/table.md`](../benchmarks/results/{table.name}/table.md)"
        parts += [f"{whole}, by `{table.command}`.", ""]
    return "\n".join(parts).rstrip() or NOTHING


def _of_set(table: Table, rows: Sequence[Mapping[str, Any]], data: str) -> list[str]:
    """A data set's rows: a line a method where columns are noise, else the table as the paper has it."""
    start = f"{data}: " if data else ""
    if table.columns in ("", "noise"):
        title, *lines = overview(table, rows)
        return [start + title.removeprefix("## ") + ".", *lines[1:], ""]
    protocol = next(iter(table.protocols))
    title = f"{start}mAP, protocol `{protocol}`; cells are paper / ours / difference, or ours alone."
    return [title, "", *compared_lines(table, rows, data, protocol), ""]


def page_of(method: str) -> str:
    """The page of a registered method: presets stand on that of the method that they preset."""
    builder = METHODS.get(method) if method in METHODS.names() else PROJECTIONS.get(method)
    made = builder.func if isinstance(builder, partial) else builder
    return str(made.__module__).rpartition(".")[2]


def filled(text: str, content: str) -> str:
    """The page's text with `content` between its markers; ValueError unless it has them once."""
    pattern = re.compile(f"{re.escape(BEGIN)}\n.*?{re.escape(END)}", re.DOTALL)
    if len(pattern.findall(text)) != 1:
        raise ValueError(f"expected {BEGIN} and {END} once, each on a line of its own")
    return pattern.sub(lambda _: f"{BEGIN}\n{content}\n{END}", text)


def pages(results: Path = ROOT / "benchmarks" / "results") -> dict[Path, str]:
    """Every page of a method, and what it should say."""
    found = found_results(results)
    paths = sorted((ROOT / "docs" / "methods").glob("*.md"))
    contents = {path: render(path.stem, found) for path in paths} | {ROOT / "docs" / "results.md": at_a_glance(found)}
    return {path: filled(path.read_text(encoding="utf-8"), content) for path, content in contents.items()}


def _published(table: Table, data: str, name: str, pair: str, noise: tuple[str, float]) -> float | None:
    kind, rate = noise
    if table.columns:
        return table.published.get(Cell(data, name, f"{kind} {rate:g}", pair))
    figures = [
        values[rate]
        for (label, its_pair), values in table.paper.items()
        if kind == "symmetric" and its_pair == pair and table.paper_of.get(label) == name and rate in values
    ]
    return figures[0] if figures else None


def _cell(scores: Sequence[float], published: float | None) -> str:
    values = [100 * score for score in scores]
    spread = f" ± {stdev(values):.2f}" if len(values) > 1 else ""
    ours = f"{mean(values):.2f}{spread} ({len(values)})" if values else "–"
    return ours if published is None else f"{ours} / {published:.2f}"


if __name__ == "__main__":
    publish_all(ROOT / "benchmarks" / "results")
    for page, text in pages().items():
        page.write_text(text, encoding="utf-8")
