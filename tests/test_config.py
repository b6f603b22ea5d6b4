"""A configuration says what it means, or why it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from maquette.config import RunConfig, load_config
from maquette.errors import ConfigError

TEXT = """
[modalities.image]
encoder = "resnet18"
[modalities.image.options]
width = 16
[train]
lr = 0.5
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "run.toml"
    path.write_text(TEXT)
    return path


def test_values_and_defaults(path: Path) -> None:
    config = load_config(path)
    assert config.train.lr == 0.5
    assert config.train.momentum == 0.9
    assert config.modalities["image"].options == {"width": 16}


def test_overrides_apply_in_order_and_read_json_or_text(path: Path) -> None:
    config = load_config(
        path, ["train.lr=0.1", "train.lr=0.2", "method.name=rono", "method.options.tau=0.3", "noise.rate=0.4"]
    )
    assert config.train.lr == 0.2
    assert config.method.name == "rono"
    assert config.method.options == {"tau": 0.3}
    assert config.noise.rate == 0.4


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("train.learning_rate=1", r"unknown key 'train.learning_rate': expected one of .*\blr\b"),
        (
            "modalities.image.wings=2",
            r"unknown key 'modalities.image.wings': expected one of encoder, kind, lr, options, prepare, weights",
        ),
        ("train.lr=-1", r"train.lr: .*greater than 0, got -1"),
        ("noise.rate=1.0", r"noise.rate: .*less than 1"),
        ("noise.options.rate=0.4", r"noise.options: .*noise.rate in place of noise.options.rate, got {'rate': 0.4}"),
        ("noise.options.seed=1", r"noise.options: .*set noise.seed in place of noise.options.seed"),
        ("train.optimizer=adamw", r"train.optimizer: .*'sgd' or 'adam'"),
        ("train.lr", r"expected key=value"),
        ("train.lr.x=3", r"'lr' is a value, not a section"),
        ("batch=3", r"unknown key 'batch': expected one of data, dimensions"),
    ],
)
def test_faults_name_the_value_and_what_was_expected(path: Path, override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_config(path, [override])


def test_missing_and_damaged_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such configuration file"):
        load_config(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("a = [")
    with pytest.raises(ConfigError, match="not TOML"):
        load_config(tmp_path / "bad.toml")


def test_the_resolved_configuration_reads_back_as_itself(path: Path) -> None:
    config = load_config(path)
    assert RunConfig.from_mapping(config.to_json()) == config
