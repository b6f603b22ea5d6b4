"""A run's folder is read back, and what it cannot be is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from maquette.errors import CheckpointError, ConfigError
from maquette.train.run import Run, build_modalities, pick_device
from tests.train.tiny import tiny_config


def test_reads_back_what_train_wrote(tmp_path: Path) -> None:
    values = {"config": tiny_config().to_json(), "identity": "abc", "finished": True, "seconds": 3.0, "other": 1}
    values["data"] = {"prepared": "../prepared"}
    (tmp_path / "run.json").write_text(json.dumps(values))
    run = Run.open(tmp_path)
    assert (run.config, run.identity, run.finished) == (tiny_config(), "abc", True)
    assert run.model == tmp_path / "model"
    assert run.prepared == tmp_path / "../prepared"
    assert run.facts == {name: values[name] for name in ("config", "data", "identity", "seconds")}


@pytest.mark.parametrize("content", [None, "{", '{"identity": "abc"}'])
def test_what_is_no_run_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    with pytest.raises(CheckpointError, match="no run there"):
        Run.open(tmp_path)


def test_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert pick_device("auto") == torch.device("cpu")
    with pytest.raises(ConfigError, match="no CUDA device"):
        pick_device("cuda:1")
    with pytest.raises(ConfigError, match="expected auto, cpu, cuda or cuda:N"):
        pick_device("gpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert pick_device("auto") == torch.device("cuda")


def test_modalities_take_their_settings() -> None:
    modalities = build_modalities(tiny_config())
    assert modalities["image"].settings()["resolution"] == 32
    assert modalities["pointcloud"].fields()["points"].shape == (64, 3)
