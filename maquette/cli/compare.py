"""`maquette compare`: two runs on the same data, with intervals and a test."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from maquette.cli.app import JsonOption, answer, app
from maquette.cli.progress import stage

if TYPE_CHECKING:
    from maquette.metrics import Interval
    from maquette.train.comparison import PairComparison


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(metavar="RUN_A", help="A finished run's folder.")],
    second: Annotated[Path, typer.Argument(metavar="RUN_B", help="Another's, on the same data.")],
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    protocol: Annotated[str, typer.Option(help="clean, paper_cmcl or paper_rono.")] = "clean",
    seed: Annotated[int, typer.Option(min=0, help="Of the resampling.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Test two runs on the same data against each other, pair by pair of modalities.

    mAP of each with its 95 % interval over queries, the difference with its own, and the p-value of a paired
    permutation test; p (Holm) is corrected for the number of rows.
    """
    from maquette.metrics import get_protocol
    from maquette.train.comparison import compare_runs, comparison_as_json

    rules = get_protocol(protocol)
    with stage(f"comparing on {split}"):
        found = compare_runs(first, second, split=split, protocol=rules, seed=seed)
    values = {
        "first": str(first),
        "second": str(second),
        "split": split,
        "protocol": rules.as_json(),
        "seed": seed,
        "pairs": comparison_as_json(found),
    }
    head = [f"A: {first}", f"B: {second}", f"mAP on {split}, protocol {rules.name}, 95 % intervals"]
    answer(values, as_json=as_json, text="\n".join([*head, *_table(found)]))


def _table(found: tuple[PairComparison, ...]) -> list[str]:
    cells = [("query -> gallery", "views", "A", "B", "A - B", "p", "p (Holm)")]
    cells += [
        (
            f"{row.query} -> {row.gallery}",
            str(row.views) if "image" in (row.query, row.gallery) else "",
            _interval(row.first),
            _interval(row.second),
            _interval(row.difference, sign="+"),
            f"{row.p_value:.4f}",
            f"{row.p_holm:.4f}",
        )
        for row in found
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def _interval(interval: Interval, *, sign: str = "") -> str:
    mean, low, high = (format(100 * value, f"{sign}.2f") for value in (interval.mean, interval.low, interval.high))
    return f"{mean} [{low}, {high}]"
