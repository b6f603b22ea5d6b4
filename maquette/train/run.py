"""A run's folder, read back, and what follows from its configuration alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from maquette.config import RunConfig
from maquette.errors import CheckpointError, ConfigError
from maquette.modalities import MODALITIES, Modality

__all__ = ["Run", "build_modalities", "pick_device"]

_FACTS = ("identity", "config", "defaults", "data", "noise", "practice", "provenance", "seconds")


@dataclass(frozen=True)
class Run:
    """A run's folder, read back: its configuration, where it stands, the store it was trained on, and its model."""

    folder: Path
    config: RunConfig
    identity: str
    finished: bool
    prepared: Path

    @property
    def model(self) -> Path:
        """The exported model's folder; there once the run is finished."""
        return self.folder / "model"

    @classmethod
    def open(cls, folder: Path) -> Run:
        """The run in `folder`; CheckpointError if there is none."""
        path = folder / "run.json"
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            config, prepared = RunConfig.from_mapping(values["config"]), folder / values["data"]["prepared"]
            return cls(folder, config, values["identity"], values["finished"], prepared)
        except (OSError, json.JSONDecodeError, KeyError) as error:
            raise CheckpointError(f"{folder}: no run there ({type(error).__name__}): expected run.json") from error

    @property
    def facts(self) -> dict[str, Any]:
        """What stands beside every result of a finished run: configuration, data, provenance, time."""
        values = json.loads((self.folder / "run.json").read_text(encoding="utf-8"))
        return {name: values[name] for name in _FACTS if name in values}


def pick_device(name: str) -> torch.device:
    """The device of that name; "auto" is CUDA where there is one, else the CPU."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ConfigError(f"train.device {name!r}: expected auto, cpu, cuda or cuda:N") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ConfigError(f"train.device {name!r}: this machine has no CUDA device; use auto or cpu")
    return device


def build_modalities(config: RunConfig) -> dict[str, Modality]:
    """The configured modalities, with their preparation settings."""
    return {
        name: MODALITIES.build(section.kind or name, **section.prepare) for name, section in config.modalities.items()
    }
