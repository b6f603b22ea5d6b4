"""Writes each method's results into its page, from the rows that are committed under benchmarks/results.

python docs/make_tables.py
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from maquette.bench.plan import Cell, Table
from maquette.bench.reproduce import TABLES
from maquette.bench.rows import read_rows
from maquette.bench.tables import noise_of
from maquette.methods import METHODS, PROJECTIONS

ROOT = Path(__file__).parent.parent
BEGIN, END = "<!-- results -->", "<!-- /results -->"
NOTHING = "No run committed yet."
HEAD = (
    "Results: mAP in percent over all ranks, mean ± standard deviation over seeds (their number), under the first "
    "protocol that the table names; after a slash the paper's figure where one is known. Last epoch. Generated "
    "(`python docs/make_tables.py`) from `benchmarks/results`, where intervals, machines and commands stand."
)

Found = tuple[Table, Sequence[Mapping[str, Any]]]


def found_results(results: Path) -> list[Found]:
    """Every table in its real size, with those of its rows that have a result."""
    tables = [build(size="small", configs=ROOT / "configs", data=Path("FOLDER")) for build in TABLES.values()]
    return [(table, read_rows(results / table.name, table.rows)) for table in tables if table.draw is None]


def render(page: str, found: Sequence[Found]) -> str:
    """What stands between the markers of the page docs/methods/<page>.md."""
    own = [(table, [row for row in rows if page_of(row["config"]["method"]["name"]) == page]) for table, rows in found]
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
            for pair in mine[0]["metrics"][protocol]:
                if len(set(pair.split("->"))) == 1:
                    continue
                cells = []
                for noise in noises:
                    scores = [row["metrics"][protocol][pair]["map"] for row in mine if noise_of(row) == noise]
                    cells.append(_cell(scores, _published(table, data, name, pair, noise)))
                lines.append(f"| {where} | {name} | {pair.replace('->', ' → ')} | " + " | ".join(cells) + " |")
    return "\n".join([HEAD, "", *lines])


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
    return {path: filled(path.read_text(encoding="utf-8"), render(path.stem, found)) for path in paths}


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
    for page, text in pages().items():
        page.write_text(text, encoding="utf-8")
