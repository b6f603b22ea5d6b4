"""The table's rows are right, its configurations differ by the method alone, and RONO's own setting trains."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from maquette.bench.rono_mnist3d import METHODS, RATES, rono_mnist3d
from maquette.bench.selection import Selection
from maquette.config import load_config
from maquette.data.store import Store
from maquette.encoders import open_model
from maquette.errors import ConfigError, UnknownNameError
from maquette.methods import METHODS as REGISTERED
from maquette.train.data import build_manifest, prepare_data
from maquette.train.experiment import train

CONFIGS = Path(__file__).parents[2] / "configs"


def test_rows() -> None:
    table = rono_mnist3d(size="small", configs=CONFIGS, data=Path("somewhere"))
    assert len(table.rows) == len({row.name for row in table.rows}) == len(METHODS) * len(RATES) * 3
    assert table.rows[0].name == "consensus_00_seed0"
    chosen = Selection(only=["dac"], rates=[0.8], seeds=[4])
    part = rono_mnist3d(size="small", configs=CONFIGS, data=Path("somewhere"), selection=chosen)
    assert [row.name for row in part.rows] == ["dac_80_seed4"]
    config = load_config(part.rows[0].config, part.rows[0].changes)
    assert (config.noise.rate, config.train.seed, config.method.name) == (0.8, 4, "dac")
    assert config.data.options["source"] == "somewhere"
    assert {figures[0.4] for figures in table.paper.values()} == {95.22, 93.18}
    assert {table.paper_of[label] for label, _ in table.paper} == {"rono"}


def test_smoke_rows_need_no_data_and_are_small() -> None:
    rows = rono_mnist3d(size="smoke", configs=CONFIGS).rows
    assert [row.method for row in rows] == list(METHODS)
    for row in rows:
        config = load_config(row.config, row.changes)
        assert "source" not in config.data.options
        assert config.train.epochs <= 10


def test_full_rows_have_ronos_networks_and_features() -> None:
    for row in rono_mnist3d(size="full", configs=CONFIGS, data=Path("x")).rows[: len(METHODS)]:
        config = load_config(row.config, row.changes)
        assert config.data.frozen is None
        assert config.modalities["image"].options["channels"] == [96, 64]
        assert (config.train.epochs, config.train.batch_size, config.train.lr) == (50, 128, 1e-4)
        if row.method == "rono":
            assert (config.method.name, config.method.options) == ("rono_mnist", {})


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ConfigError, match="needs --data"):
        rono_mnist3d(size="small", configs=CONFIGS)
    with pytest.raises(ConfigError, match="size 'huge'"):
        rono_mnist3d(size="huge", configs=CONFIGS)
    with pytest.raises(UnknownNameError, match="nobody"):
        rono_mnist3d(size="smoke", configs=CONFIGS, selection=Selection(only=["nobody"]))
    with pytest.raises(UnknownNameError, match="asymmetric"):
        rono_mnist3d(size="smoke", configs=CONFIGS, selection=Selection(kinds=["asymmetric"]))
    with pytest.raises(ConfigError, match=r"rate 0\.5"):
        rono_mnist3d(size="smoke", configs=CONFIGS, selection=Selection(rates=[0.5]))


def test_configurations_differ_by_the_method_alone() -> None:
    loaded = {path.stem: load_config(path).to_json() for path in sorted((CONFIGS / "mnist3d").glob("*.toml"))}
    representations = loaded.pop("representations")
    assert set(loaded) == set(METHODS)
    assert (representations["method"]["name"], representations["noise"]["rate"]) == ("mvi", 0.0), "no label is seen"
    assert {values["method"]["name"] for values in loaded.values()} <= set(REGISTERED.names())
    rests = [{key: value for key, value in values.items() if key != "method"} for values in loaded.values()]
    assert all(rest == rests[0] for rest in rests)


@pytest.mark.parametrize("name", METHODS)
def test_a_configuration_opens_with_paper_command_time_and_score(name: str) -> None:
    head = (CONFIGS / "mnist3d" / f"{name}.toml").read_text(encoding="utf-8").partition("\ndimensions")[0]
    for word in ("Paper", "Command", "Run time", "Expected score"):
        assert re.search(rf"^# {word}: \S", head, re.MULTILINE), word
    assert f"configs/mnist3d/{name}.toml" in head


def test_ronos_own_setting_trains_raw_images_with_frozen_points(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for split, count in (("train", 30), ("test", 10)):
        np.save(tmp_path / f"{split}_img_feat.npy", rng.random((count, 28, 28)))
        np.save(tmp_path / f"{split}_pt_feat.npy", rng.normal(size=(count, 5)))
        np.save(tmp_path / f"{split}_ori_label.npy", (np.arange(count) % 10).astype(float))
    changes = [
        f'data.options={{"source": "{tmp_path.as_posix()}", "clouds": "features"}}',
        f"data.root={tmp_path / 'set'}",
        f"data.prepared={tmp_path / 'prepared'}",
        "data.frozen=null",
        'modalities.pointcloud.prepare={"size": 5}',
        'modalities.pointcloud.options={"inputs": 5}',
        'modalities.image.options={"channels": [2, 2], "hidden": [4], "side": 20}',
        "noise.rate=0",
        "train.epochs=1",
        "train.batch_size=10",
        "train.workers=0",
        "train.device=cpu",
    ]
    config = load_config(CONFIGS / "mnist3d" / "rono.toml", changes)
    prepare_data(config, build_manifest(config))
    run = train(config, Store.open(config.data.prepared), out=tmp_path / "run")
    assert open_model(run.model).specs["pointcloud"].encoder == "mlp"
