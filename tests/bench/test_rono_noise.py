"""Rows over the data sets load and differ by method and noise alone; published figures stand in the right cells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from maquette.bench.compared import render_compared
from maquette.bench.plan import Cell, Table
from maquette.bench.rono_noise import (
    ASYMMETRIC,
    RGBD,
    SETS,
    SMOKE_CLASSES,
    SMOKE_METHODS,
    rono_asymmetric,
    rono_symmetric,
)
from maquette.bench.rono_workshop import METHODS
from maquette.bench.selection import EVERYTHING, Selection
from maquette.config import load_config
from maquette.data.noise import CLASS_MAPS
from maquette.errors import ConfigError, UnknownNameError
from maquette.methods import METHODS as REGISTERED
from maquette.train.data import build_manifest
from tests.data.datasets.packed_cases import write_rgbd

CONFIGS = Path(__file__).parents[2] / "configs"


def small(selection: Selection = EVERYTHING) -> tuple[Table, Table]:
    symmetric, asymmetric = (
        build(size="small", configs=CONFIGS, data=Path("FOLDER"), selection=selection)
        for build in (rono_symmetric, rono_asymmetric)
    )
    return symmetric, asymmetric


def test_every_row_loads_and_says_what_it_is() -> None:
    symmetric, asymmetric = small()
    assert len(symmetric.rows) == len({row.name for row in symmetric.rows}) == len(SETS) * len(METHODS) * 5 * 3
    assert len(asymmetric.rows) == 2 * len(METHODS) * len(ASYMMETRIC) * 3
    rests: dict[str, Any] = {}
    for row in (*symmetric.rows, *asymmetric.rows):
        if row.seed:
            continue
        config = load_config(row.config, row.changes)
        assert (config.noise.kind, config.noise.rate) == (row.kind, row.rate)
        assert config.method.name in REGISTERED.names()
        assert config.data.options["source"] == "FOLDER"
        assert config.data.frozen is not None
        if row.kind == "asymmetric":
            assert config.noise.options["class_map"] in CLASS_MAPS
        rest = {key: value for key, value in config.to_json().items() if key not in ("method", "noise")}
        assert rests.setdefault(row.data, rest) == rest
    assert [row.seed for row in symmetric.rows] == sorted(row.seed for row in symmetric.rows)


@pytest.mark.parametrize("name", SETS)
def test_what_counts_time_fits_the_configuration_and_its_vectors_saw_no_label(name: str) -> None:
    config = load_config(CONFIGS / name / "frozen.toml")
    chosen = SETS[name]
    objects = {"shapedb69": 1977, "modelnet40": 9843, "modelnet10": 3991}[name]
    assert (config.train.epochs, config.train.batch_size) == (chosen.epochs, chosen.batch_size)
    assert chosen.batches == -(-objects // chosen.batch_size)
    assert config.data.frozen is not None
    frozen = load_config(config.data.frozen.config)
    assert (frozen.method.name, frozen.noise.rate) == ("mvi", 0.0)
    assert set(config.data.frozen.modalities) == set(frozen.modalities) == set(config.modalities)
    assert {section.prepare["size"] for section in config.modalities.values()} == {frozen.dimensions}


def test_published_figures_and_a_selection() -> None:
    symmetric, asymmetric = small(Selection(sets=["modelnet10"], only=["rono"], rates=[0.4], seeds=[5]))
    assert [row.name for row in symmetric.rows] == ["modelnet10_rono_40_seed5"]
    assert [row.name for row in asymmetric.rows] == ["modelnet10_rono_asymmetric_40_seed5"]
    assert symmetric.published[Cell("modelnet10", "rono", "symmetric 0.4", "pointcloud->pointcloud")] == 89.37
    assert symmetric.published[Cell("modelnet40", "rono", "symmetric 0.4", "image->pointcloud")] == 85.82
    assert not asymmetric.published
    with pytest.raises(UnknownNameError, match="data set of this table 'shapedb69'"):
        rono_asymmetric(size="small", configs=CONFIGS, data=Path(), selection=Selection(sets=["shapedb69"]))
    with pytest.raises(ConfigError, match="needs --data"):
        rono_symmetric(size="small", configs=CONFIGS)


@pytest.mark.parametrize("build", [rono_symmetric, rono_asymmetric])
def test_smoke_rows_are_few_and_small(build: Callable[..., Table]) -> None:
    table = build(size="smoke", configs=CONFIGS)
    assert {row.method for row in table.rows} == set(SMOKE_METHODS)
    assert {row.place for row in table.rows} == {"workshop-smoke"}
    for row in table.rows:
        config = load_config(row.config, row.changes)
        assert config.data.options["classes"] == list(SMOKE_CLASSES)
        # Labels say something about their objects.
        assert 0 < config.noise.rate < 1 - 1 / len(SMOKE_CLASSES)
        assert config.train.epochs <= 3


def test_large_rows_take_the_vectors_of_large_networks() -> None:
    for build in (rono_symmetric, rono_asymmetric):
        small, large = (build(size=size, configs=CONFIGS, data=Path("FOLDER")) for size in ("small", "large"))
        assert [row.name for row in small.rows] == [row.name for row in large.rows]
        assert not {row.place for row in small.rows} & {row.place for row in large.rows}
        for row in large.rows[::40]:
            config = load_config(row.config, row.changes)
            assert config.data.frozen is not None
            first = load_config(config.data.frozen.config)
            assert first.modalities["pointcloud"].prepare["points"] == 512
            # Whoever reads the vectors expects as many numbers as those networks give.
            assert {section.options["inputs"] for section in config.modalities.values()} == {first.dimensions}


def test_full_rows_have_ronos_own_settings_and_labels() -> None:
    for build, kind, file in ((rono_symmetric, "symmetric", "label"), (rono_asymmetric, "asymmetric", "asy_label")):
        table = build(size="full", configs=CONFIGS, data=Path("FOLDER"))
        assert {row.data for row in table.rows} - {RGBD} == {"modelnet10", "modelnet40"}
        for row in table.rows:
            if row.seed or row.data == RGBD or row.method not in ("rono", "gce"):
                continue
            config = load_config(row.config, row.changes)
            assert config.noise.options["path"] == f"labels/train_{file}_{{percent}}.npy"
            assert (row.kind, config.noise.rate, config.train.epochs) == (kind, row.rate, 200)
            assert config.method.name in ("rono_modelnet", "generalized_cross_entropy")
            assert config.data.options["classes"] == int(row.data.removeprefix("modelnet"))


def test_rgbd_object_is_there_in_full_alone_and_its_rows_read_the_set(tmp_path: Path) -> None:
    write_rgbd(tmp_path / "rgbd-dataset")
    chosen = Selection(sets=[RGBD], rates=[0.4], seeds=[0])
    table = rono_symmetric(size="full", configs=CONFIGS, data=tmp_path, selection=chosen)
    assert [row.name for row in table.rows] == [f"{RGBD}_{name}_40_seed0" for name in METHODS]
    for row in table.rows:
        config = load_config(row.config, [*row.changes, f"data.root={tmp_path / 'set'}", "data.options.every=1"])
        assert config.method.name == {"rono": "rono_mnist", "gce": "generalized_cross_entropy"}.get(
            row.method, row.method
        )
        assert config.method.options == ({"center_lr_step": 4000} if row.method == "rono" else {})
        assert (config.noise.kind, config.noise.rate) == ("symmetric", 0.4)
    manifest = build_manifest(config)
    assert manifest.class_names == ("apple", "food_bag")
    assert all({"image", "pointcloud"} == item.paths.keys() for item in manifest)
    # No figure of the paper's is known, and nothing is filled in.
    assert f"| {METHODS[0]} | all pairs | not run |" in render_compared(table, [])
    for build, size in ((rono_symmetric, "small"), (rono_asymmetric, "full")):
        with pytest.raises(UnknownNameError, match=RGBD):
            build(size=size, configs=CONFIGS, data=tmp_path, selection=chosen)
