"""A run's configuration: TOML → typed and frozen; an unknown key raises and lists the known ones.

No function below a constructor sees a configuration: the floors above take it apart into keyword arguments.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from maquette.errors import ConfigError

__all__ = [
    "DataConfig",
    "FrozenConfig",
    "MethodConfig",
    "ModalityConfig",
    "NoiseConfig",
    "RunConfig",
    "TrainConfig",
    "load_config",
]

Options = dict[str, Any]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FrozenConfig(_Section):
    """Modalities that are frozen: representations of the model that another configuration trains on the same data.

    `config` is that configuration's file, relative to this one; its own `[data]` is not read. `changes` alter it as
    `--set` does.
    """

    config: Path
    modalities: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()


class DataConfig(_Section):
    """Which data set, where its files are (or are written), its own options, and what of it is frozen."""

    name: str = "workshop"
    root: Path = Path("runs/workshop/data")
    prepared: Path = Path("runs/workshop/prepared")
    options: Options = {}
    frozen: FrozenConfig | None = None


class ModalityConfig(_Section):
    """One modality: how its files are prepared, which encoder reads them, and a weights file it may start from.

    `kind` is the registered modality that prepares and collates it, where that is not its own name: frozen vectors of
    point clouds are `pointcloud` with `kind = "features"`. `lr` is the encoder's own rate instead of `train.lr`.
    """

    encoder: str
    kind: str | None = None
    lr: Annotated[float, Field(gt=0)] | None = None
    prepare: Options = {}
    options: Options = {}
    weights: str | None = None


class NoiseConfig(_Section):
    """Which labels are given instead of the true ones. Where the kind takes a rate, 0 leaves them as they are."""

    kind: str = "symmetric"
    rate: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    seed: Annotated[int, Field(ge=0)] = 0
    options: Options = {}

    @field_validator("options")
    @classmethod
    def _has_none_of_ours(cls, options: Options) -> Options:
        for name in ("rate", "seed"):
            if name in options:
                raise ValueError(f"{name} is a key of [noise], set noise.{name} in place of noise.options.{name}")
        return options


class MethodConfig(_Section):
    """Which method, and its own options."""

    name: str = "cmcl"
    options: Options = {}


class TrainConfig(_Section):
    """The loop. Steps, schedules and intervals are counted in real batches.

    `start` is a model folder: encoders of its modalities begin with its weights in place of drawn ones.
    """

    epochs: Annotated[int, Field(ge=1)] = 20
    batch_size: Annotated[int, Field(ge=2)] = 96
    seed: Annotated[int, Field(ge=0)] = 0
    optimizer: Literal["sgd", "adam"] = "sgd"
    lr: Annotated[float, Field(gt=0)] = 1e-3
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    weight_decay: Annotated[float, Field(ge=0)] = 1e-3
    schedule: Literal["constant", "step", "cosine"] = "step"
    lr_step: Annotated[int, Field(ge=1)] = 10_000
    lr_gamma: Annotated[float, Field(gt=0, le=1)] = 0.1
    warmup: Annotated[int, Field(ge=0)] = 0
    accumulate: Annotated[int, Field(ge=1)] = 1
    precision: Literal["float32", "bfloat16"] = "float32"
    workers: Annotated[int, Field(ge=0)] = 2
    checkpoint_every: Annotated[int, Field(ge=1)] = 200
    validate_every: Annotated[int, Field(ge=0)] = 0
    density: bool = False
    start: Path | None = None
    device: str = "auto"


class RunConfig(_Section):
    """Everything that decides a run's result."""

    dimensions: Annotated[int, Field(ge=2)] = 512
    data: DataConfig = DataConfig()
    modalities: dict[str, ModalityConfig]
    noise: NoiseConfig = NoiseConfig()
    method: MethodConfig = MethodConfig()
    train: TrainConfig = TrainConfig()

    @staticmethod
    def from_mapping(values: Mapping[str, Any], *, source: str = "configuration") -> RunConfig:
        """A checked configuration; ConfigError with one line a fault."""
        try:
            return RunConfig.model_validate(values)
        except ValidationError as error:
            raise ConfigError(f"{source}: {'; '.join(_fault(entry) for entry in error.errors())}") from error

    def to_json(self) -> dict[str, Any]:
        """The resolved configuration as JSON values, as written beside checkpoints and results."""
        resolved: dict[str, Any] = self.model_dump(mode="json")
        return resolved


def load_config(path: Path, overrides: Sequence[str] = ()) -> RunConfig:
    """The configuration of a TOML file, with `a.b=value` overrides applied in order.

    A value is read as JSON, and as a plain string where it is not JSON: `train.lr=0.01`, `method.name=cmcl`.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such configuration file; those shipped are under configs/") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    for override in overrides:
        _apply(values, override)
    frozen = values.get("data", {}).get("frozen")
    if isinstance(frozen, dict) and isinstance(frozen.get("config"), str):
        values = {**values, "data": {**values["data"], "frozen": {**frozen, "config": path.parent / frozen["config"]}}}
    return RunConfig.from_mapping(values, source=str(path))


def _apply(values: dict[str, Any], override: str) -> None:
    name, equals, text = override.partition("=")
    if not equals or not all(name.split(".")):
        raise ConfigError(f"--set {override!r}: expected key=value with a dotted key, as in train.lr=0.01")
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        value = text
    *sections, key = name.split(".")
    for section in sections:
        values = values.setdefault(section, {})
        if not isinstance(values, dict):
            raise ConfigError(f"--set {override!r}: {section!r} is a value, not a section")
    values[key] = value


def _fault(entry: Mapping[str, Any]) -> str:
    place = ".".join(str(part) for part in entry["loc"])
    if entry["type"] == "extra_forbidden":
        return f"unknown key {place!r}: expected one of {', '.join(_known_keys(entry['loc'][:-1]))}"
    return f"{place}: {entry['msg']}, got {entry['input']!r}"


def _known_keys(place: Sequence[str | int]) -> list[str]:
    section: type[BaseModel] = RunConfig
    for name in place:
        annotation = section.model_fields[str(name)].annotation if str(name) in section.model_fields else ModalityConfig
        # `Section | None` stands for the section.
        annotation = next((part for part in get_args(annotation) if part is not type(None)), annotation)
        section = annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else ModalityConfig
    return sorted(section.model_fields)
