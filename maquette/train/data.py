"""A configuration's data set, made or read, and prepared into arrays; what is done already is not done again.

With `[data.frozen]` some modalities are frozen first: another configuration trains a model on the same data set, and
its representations take the place of those modalities' files. All of it is kept under the data's root:

    <root>/files  <root>/arrays     the data set itself, and prepared as the other configuration says
    <root>/run                      the run of the other configuration
    <root>/frozen                   the data set that this configuration trains on
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from maquette.config import FrozenConfig, RunConfig, load_config
from maquette.data.datasets import DATASETS
from maquette.data.manifest import Manifest
from maquette.data.prepare import PreparationReport, prepare
from maquette.data.store import Store
from maquette.errors import ConfigError
from maquette.train.experiment import train
from maquette.train.freeze import freeze
from maquette.train.run import Run, build_modalities

__all__ = ["build_manifest", "prepare_data", "train_before"]


def build_manifest(config: RunConfig, **hooks: Any) -> Manifest:
    """The configured data set; made or read by its builder, `hooks` (progress, workers) handed on to it.

    Where modalities are to be frozen, this is the frozen set: the model is trained first if it is not there.
    """
    if config.data.frozen is not None:
        return _frozen(config, config.data.frozen, **hooks)
    return DATASETS.build(config.data.name, root=config.data.root, **config.data.options, **hooks)


def prepare_data(
    config: RunConfig,
    manifest: Manifest,
    *,
    workers: int = 0,
    strict: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> PreparationReport:
    """Prepare the manifest's objects in the configured modalities; repeats nothing that is done."""
    return prepare(
        manifest,
        build_modalities(config),
        config.data.prepared,
        workers=workers,
        strict=strict,
        on_progress=on_progress,
    )


def train_before(config: RunConfig, first: Path, *, root: Path, changes: Sequence[str] = (), **hooks: Any) -> Run:
    """The finished run of the configuration `first` on the data set of `config`, trained under `root` where missing.

    ConfigError where that configuration has noise or frozen modalities.
    """
    own = load_config(first, changes)
    if own.data.frozen is not None or own.noise.rate or own.noise.kind == "file":
        raise ConfigError(f"{first}: comes before a run, with noise or frozen modalities: expected neither")
    data = {**config.data.model_dump(), "root": root / "files", "prepared": root / "arrays", "frozen": None}
    own = RunConfig.from_mapping({**own.to_json(), "data": data}, source=str(first))
    manifest = build_manifest(own, **hooks)
    prepare_data(own, manifest, workers=hooks.get("workers", 0))
    run = train(own, Store.open(Path(own.data.prepared)), out=root / "run", resume=True)
    # A finished run's last checkpoint is of no use any more, and its largest file.
    (run.folder / "checkpoint.safetensors").unlink(missing_ok=True)
    return run


def _frozen(config: RunConfig, frozen: FrozenConfig, **hooks: Any) -> Manifest:
    root = config.data.root
    run = train_before(config, frozen.config, root=root, changes=frozen.changes, **hooks)
    store, device = Store.open(root / "arrays"), run.config.train.device
    return freeze(store, root / "frozen", model=run.model, modalities=frozen.modalities, device=device)
