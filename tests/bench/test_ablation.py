"""An ablation's rows: which rates and seeds each size has, and what a variant changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from maquette.bench.ablation import ablation_table
from maquette.bench.selection import EVERYTHING, Selection

CONFIG = Path(__file__).parents[2] / "configs" / "workshop" / "consensus.toml"


@pytest.mark.parametrize(("size", "rows"), [("smoke", 2), ("small", 2 * 2 * 3), ("full", 2 * 2 * 3)])
def test_sizes_and_what_a_variant_changes(size: str, rows: int) -> None:
    def build(selection: Selection) -> list[tuple[str, tuple[str, ...]]]:
        table = ablation_table(
            "a/b",
            "T",
            {"x": (), "y": ("votes=false",)},
            selection,
            config=CONFIG,
            changes=("train.epochs=1",),
            rates=(0.2, 0.6),
            protocols={"clean": False},
            notes=(),
            size=size,
            command_end=" --data FOLDER",
            place="here",
        )
        assert {row.place for row in table.rows} == {"here"}
        assert table.baseline == "x"
        assert table.name == ("a/b" if size == "small" else f"a/b-{size}")
        assert table.command == f"maquette reproduce a/b --size {size} --data FOLDER"
        return [(row.name, row.changes) for row in table.rows]

    assert len(build(EVERYTHING)) == rows
    wanted = ("train.epochs=1", "method.options.votes=false", "noise.rate=0.6", "train.seed=0")
    assert build(Selection(only=["y"], rates=[0.6], seeds=[0])) == [("y_60_seed0", wanted)]
