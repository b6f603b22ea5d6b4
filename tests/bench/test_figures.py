"""Figures name their runs, which are those of a table where there is one, and the files that they make."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from maquette.bench.cmcl_tables import cmcl_t1, cmcl_t3
from maquette.bench.figures import cmcl_fig3, cmcl_fig4, cmcl_fig5, rono_density, rono_top5, rono_tsne
from maquette.bench.plan import Table
from maquette.bench.rono_noise import rono_symmetric
from maquette.bench.selection import Selection
from maquette.config import load_config
from maquette.errors import ConfigError, FileError

CONFIGS = Path(__file__).parents[2] / "configs"
WORDS: dict[str, Any] = {"configs": CONFIGS, "data": Path("FOLDER")}


@pytest.mark.parametrize("size", ["smoke", "small"])
@pytest.mark.parametrize(
    ("figure", "of"),
    [
        (cmcl_fig3, cmcl_t3),
        (cmcl_fig4, cmcl_t1),
        (cmcl_fig5, cmcl_t1),
        (rono_top5, rono_symmetric),
        (rono_tsne, rono_symmetric),
    ],
)
def test_the_runs_are_a_tables(figure: Callable[..., Table], of: Callable[..., Table], size: str) -> None:
    drawn, table = figure(size=size, **WORDS), of(size=size, **WORDS)
    assert drawn.rows
    assert set(drawn.rows) <= set(table.rows)
    assert drawn.home == (table.home or table.name)
    assert drawn.draw is not None
    assert drawn.figures
    assert drawn.command.startswith(f"maquette reproduce {drawn.name.removesuffix('-smoke')} --size {size}")


def test_full_figures_are_of_ronos_own_rows_and_top5_has_none() -> None:
    full = {**WORDS, "size": "full"}
    drawn, table = rono_tsne(**full), rono_symmetric(**full)
    assert set(drawn.rows) <= set(table.rows) and drawn.home == table.name
    assert drawn.figures == ("modelnet10_cmcl.png", "modelnet10_rono.png")
    density = rono_density(**full, selection=Selection(sets=["modelnet10", "rgbd_object"]))
    configs = [load_config(row.config, row.changes) for row in density.rows]
    assert [config.train.density for config in configs] == [True] * 4
    assert [config.method.name for config in configs] == ["cmcl", "rono_modelnet", "cmcl", "rono_mnist"]
    for figure in (drawn, density):
        assert figure.check is not None
        with pytest.raises(FileError, match="lacks modelnet10's HDF5 files"):
            figure.check()
    with pytest.raises(ConfigError, match="size 'full': expected"):
        rono_top5(**full)


def test_densities_have_runs_of_their_own_on_the_sets_asked_for() -> None:
    table = rono_density(size="small", selection=Selection(sets=["shapedb69", "modelnet40"]), **WORDS)
    assert table.figures == ("shapedb69.png", "modelnet40.png")
    assert table.home == "rono/density"
    for row in table.rows:
        config = load_config(row.config, row.changes)
        assert config.train.density
        assert (config.noise.rate, config.method.name) == (0.4, row.method)
    with pytest.raises(ConfigError, match="needs --data"):
        rono_tsne(size="small", configs=CONFIGS)
