"""Consensus's ablation: rows differ by the options of their part alone, and each part is an option that there is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from maquette.bench.consensus_ablation import PARTS, consensus_ablation_mnist3d, consensus_ablation_workshop
from maquette.bench.reproduce import TABLES
from maquette.bench.rows import Table
from maquette.bench.selection import Selection
from maquette.config import load_config
from maquette.errors import UnknownNameError
from maquette.methods import METHODS

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.mark.parametrize("build", [consensus_ablation_mnist3d, consensus_ablation_workshop])
@pytest.mark.parametrize("size", ["smoke", "small"])
def test_rows_differ_by_their_part_alone(build: Callable[..., Table], size: str) -> None:
    table = build(size=size, configs=CONFIGS, data=Path("somewhere"))
    assert TABLES[table.name.removesuffix("-smoke")] is build
    assert len(table.rows) == len(PARTS) * (1 if size == "smoke" else 2 * 3)
    rests, seen = [], {}
    for row in table.rows[: len(PARTS)]:
        config = load_config(row.config, row.changes)
        METHODS.build(
            config.method.name, classes=3, dimensions=8, modalities=("image", "mesh"), **config.method.options
        )
        seen[row.method] = config.method.options
        rests.append({key: value for key, value in config.to_json().items() if key != "method"})
    assert all(rest == rests[0] for rest in rests)
    assert seen["full"] == {}
    assert len({str(options) for options in seen.values()}) == len(PARTS)
    with pytest.raises(UnknownNameError, match="no_such"):
        build(size=size, configs=CONFIGS, data=Path("x"), selection=Selection(only=["no_such"]))
