"""Each variant of the ablation minimises exactly the terms that its name says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from maquette.bench.cmcl_tables import cmcl_t1
from maquette.bench.consensus_ablation import consensus_ablation_mnist3d, consensus_ablation_workshop
from maquette.bench.rono_ablation import VARIANTS, rono_ablation_mnist3d, rono_ablation_workshop
from maquette.bench.rono_mnist3d import rono_mnist3d
from maquette.bench.rono_noise import rono_symmetric
from maquette.bench.rono_workshop import rono_workshop
from maquette.bench.rows import Table
from maquette.bench.selection import Selection
from maquette.config import load_config
from maquette.errors import ConfigError, UnknownNameError
from maquette.methods import METHODS
from maquette.types import Progress, Representations

CONFIGS = Path(__file__).parents[2] / "configs"
BUILDERS: list[tuple[str, Callable[..., Table]]] = [
    ("mnist3d", rono_ablation_mnist3d),
    ("workshop", rono_ablation_workshop),
]
SWITCHES = ("center", "gap", "classification")


@pytest.mark.parametrize(("name", "build"), BUILDERS)
@pytest.mark.parametrize("size", ["smoke", "small"])
def test_rows_differ_by_their_terms_alone(name: str, build: Callable[..., Table], size: str) -> None:
    table = build(size=size, configs=CONFIGS, data=Path("somewhere"))
    assert table.name.startswith(f"rono/ablation/{name}")
    assert table.command.startswith(f"maquette reproduce rono/ablation/{name} --size {size}")
    assert [row.name for row in table.rows[: len(VARIANTS)]] == [f"{variant}_40_seed0" for variant in VARIANTS]
    assert len(table.rows) == len(VARIANTS) * (1 if size == "smoke" else 3)
    resolved = []
    for row in table.rows[: len(VARIANTS)]:
        config = load_config(row.config, row.changes)
        assert (config.noise.kind, config.noise.rate) == ("file" if name == "mnist3d" else "symmetric", 0.4)
        values = config.to_json()
        options = values["method"]["options"]
        kept = {key: options[key] for key in options if not key.startswith("weight_") and key != "center_loss"}
        values["method"]["options"] = kept
        resolved.append(values)
        assert _terms(config.method.name, config.method.options) == _expected(row.method)
    assert all(values == resolved[0] for values in resolved)


def test_full_has_ronos_own_networks_and_constants() -> None:
    words: dict[str, Any] = {"configs": CONFIGS, "data": Path("FOLDER")}
    rows = rono_ablation_mnist3d(size="full", **words).rows
    (table,) = {row.place for row in rono_mnist3d(size="full", **words).rows}
    (whole,) = [row for row in rono_mnist3d(size="full", **words).rows if row.name == "rono_40_seed0"]
    settings = load_config(whole.config, whole.changes)
    for row in rows[: len(VARIANTS)]:
        config = load_config(row.config, row.changes)
        assert row.place == table
        assert (config.modalities, config.train) == (settings.modalities, settings.train)
        assert config.method.options.keys() <= {"center_loss", "weight_center", "weight_gap", "weight_classification"}
        assert _terms(config.method.name, config.method.options) == _expected(row.method)
    with pytest.raises(ConfigError, match="expected smoke or small"):
        rono_ablation_workshop(size="full", configs=CONFIGS)


def _terms(name: str, options: dict[str, Any]) -> tuple[int, str | None]:
    """How many terms the method gives, and the form of its center loss if it has one."""
    generator = torch.Generator().manual_seed(0)
    method = METHODS.build(name, classes=3, dimensions=8, modalities=("image", "mesh"), **options)
    values = torch.randn(6, 2, 8, generator=generator)
    reps = Representations(values, torch.ones(6, 2, dtype=torch.bool), ("image", "mesh"))
    terms = method(reps, torch.arange(6) % 3, torch.arange(6), Progress(0, 0, 4, 1))
    return len(terms), options.get("center_loss", "blend") if options.get("weight_center", 1) else None


def _expected(variant: str) -> tuple[int, str | None]:
    word, _, switch = variant.partition("_")
    if variant == "full":
        return 3, "blend"
    form = {"no_vanilla": "robust", "only_vanilla": "vanilla", "no_robust": "vanilla", "only_robust": "robust"}
    if variant in form:
        return 3 if word == "no" else 1, form[variant]
    assert switch in SWITCHES
    has_center = (switch == "center") == (word == "only")
    return 2 if word == "no" else 1, "blend" if has_center else None


def test_one_variant_can_be_asked_for_and_others_are_refused() -> None:
    table = rono_ablation_workshop(size="small", configs=CONFIGS, selection=Selection(only=["no_gap"], seeds=[2]))
    assert [row.name for row in table.rows] == ["no_gap_40_seed2"]
    with pytest.raises(UnknownNameError, match="no_such"):
        rono_ablation_workshop(size="small", configs=CONFIGS, selection=Selection(only=["no_such"]))
    with pytest.raises(ConfigError, match="needs --data"):
        rono_ablation_mnist3d(size="small", configs=CONFIGS)


@pytest.mark.parametrize("size", ["smoke", "small"])
def test_tables_of_a_set_share_its_data_and_frozen_vectors(size: str, tmp_path: Path) -> None:
    def places(*tables: Callable[..., Table]) -> set[str]:
        return {row.place for build in tables for row in build(size=size, configs=CONFIGS, data=tmp_path).rows}

    (digits,) = places(rono_mnist3d, rono_ablation_mnist3d, consensus_ablation_mnist3d)
    (workshop,) = places(rono_workshop, rono_ablation_workshop, consensus_ablation_workshop)
    assert not {digits, workshop} & places(rono_symmetric, cmcl_t1)
