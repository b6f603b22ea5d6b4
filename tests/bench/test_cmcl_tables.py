"""Rows load as configurations of what they are called; the four tables share their runs; smoke rows run and repeat."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from maquette.bench.cmcl_tables import BATCHES, RUNS, VARIANTS, cmcl_rows, cmcl_t1, cmcl_t2, cmcl_t3, cmcl_t4
from maquette.bench.plan import Cell, Table
from maquette.bench.reproduce import reproduce
from maquette.bench.selection import Selection
from maquette.config import RunConfig, load_config
from maquette.encoders import ENCODERS
from maquette.errors import ConfigError
from tests.bench.test_rows import stage

CONFIGS = Path(__file__).parents[2] / "configs"
BUILDERS = (cmcl_t1, cmcl_t2, cmcl_t3, cmcl_t4)


def loaded(size: str) -> dict[str, RunConfig]:
    rows = cmcl_rows(tuple(VARIANTS), size=size, configs=CONFIGS, data=Path("FOLDER"))
    return {row.method: load_config(row.config, row.changes) for row in rows if row.seed == 0}


@pytest.mark.parametrize("size", ["smoke", "small", "large", "full"])
def test_each_row_is_what_it_is_called(size: str) -> None:
    configs = loaded(size)
    assert {word: configs[word].train.batch_size for word in BATCHES} == {w: int(b) for w, b in BATCHES.items()}
    terms = {word: configs[word].method.options for word in ("cmcl", "ce", "ce_mse", "ce_center")}
    off = {word: {name for name, weight in options.items() if weight == 0} for word, options in terms.items()}
    center, mse = "weight_center", "weight_mse"
    assert off == {"cmcl": set(), "ce": {center, mse}, "ce_mse": {center}, "ce_center": {mse}}
    assert all(configs[word].method.name == word for word in ("cmcl", "mvi", "dscmr", "dscmr_plus"))
    assert all(config.noise.rate == 0 and set(config.modalities) >= {"image", "mesh"} for config in configs.values())
    assert configs["mvi"].modalities["image"].prepare["train_views"] == 2


@pytest.mark.parametrize("build", BUILDERS)
def test_the_tables_share_their_runs(build: Callable[..., Table]) -> None:
    names = set()
    sets = {"small": "shapedb69", "large": "shapedb69", "full": "modelnet40"}
    for size, data in sets.items():
        table = build(size=size, configs=CONFIGS, data=Path("FOLDER"))
        assert table.home == (RUNS if size == "small" else f"{RUNS}-{size}")
        names.add(table.name)
        words = {cell.row for cell in table.published if cell.data == data}
        assert words == {row.method for row in table.rows if row.data == data}
        assert Cell(data, "cmcl", "", "mesh->mesh") in table.published
    # A size does not write over another's table.
    assert len(names) == len(sets)
    with pytest.raises(ConfigError, match="size small needs --data"):
        build(size="small", configs=CONFIGS)


def test_small_rows_share_their_arrays_with_the_frozen_ones() -> None:
    for data in ("shapedb69", "modelnet40", "modelnet10"):
        own = load_config(CONFIGS / data / "cmcl.toml")
        other = load_config(CONFIGS / data / "representations.toml")
        for name, section in own.modalities.items():
            free = ("train_views", "augmentation", "points")
            kept = [{k: v for k, v in s.prepare.items() if k not in free} for s in (section, other.modalities[name])]
            assert kept[0] == kept[1]
    table = cmcl_t1(size="small", configs=CONFIGS, data=Path("x"), selection=Selection(sets=["modelnet10"], seeds=[0]))
    assert [(row.name, row.place) for row in table.rows] == [("modelnet10_cmcl_00_seed0", "modelnet10")]


def test_large_rows_have_the_papers_networks_and_begin_with_nothing() -> None:
    paper = load_config(CONFIGS / "modelnet40" / "paper_cmcl.toml")
    for word in ("shapedb69", "modelnet40", "modelnet10"):
        rows = cmcl_t1(size="large", configs=CONFIGS, data=Path("x"), selection=Selection(sets=[word], seeds=[0])).rows
        config = load_config(rows[0].config, rows[0].changes)
        assert rows[0].start is None and rows[0].place == f"{word}-large"
        assert (config.dimensions, config.train.batch_size) == (paper.dimensions, paper.train.batch_size)
        specs = {**config.modalities}
        built = {n: ENCODERS.build(s.encoder, dimensions=512, **s.options).state_dict() for n, s in specs.items()}
        for name, weights in built.items():
            section = paper.modalities[name]
            same = ENCODERS.build(section.encoder, dimensions=512, **section.options).state_dict()
            assert {n: w.shape for n, w in weights.items()} == {n: w.shape for n, w in same.items()}


def test_a_smoke_table_runs_and_its_metrics_repeat(tmp_path: Path) -> None:
    whole = cmcl_t2(size="smoke", configs=CONFIGS)
    part = cmcl_t2(size="smoke", configs=CONFIGS, selection=Selection(only=["ce_center"]))
    # Half of the smoke test's objects: what is tested is the way, not the figures.
    fewer = tuple(replace(row, changes=(*row.changes, "data.options.objects_per_class=5")) for row in part.rows)
    metrics = []
    for place in ("one", "two"):
        path = reproduce(
            replace(part, rows=fewer), whole=whole, out=tmp_path / place, scratch=tmp_path / "scratch", stage=stage
        )
        metrics.append((path.parent / "results.json").read_bytes())
        # The runs, not the data.
        shutil.rmtree(tmp_path / "scratch" / "cmcl")
    assert metrics[0] == metrics[1]
    text = path.read_text(encoding="utf-8")
    assert "| pair | ce | ce_mse | ce_center | cmcl |" in text
    (line,) = [line for line in text.splitlines() if line.startswith("| image → mesh, 1 view")][:1]
    cells = [cell.strip() for cell in line.split("|")[2:-1]]
    assert [cell == "not run" for cell in cells] == [True, True, False, True]
    assert str(tmp_path) not in (path.parent / "manifest.json").read_text(encoding="utf-8")
