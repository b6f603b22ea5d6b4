"""From a configuration to a trained model: each stage goes from folder to folder and skips what is done.

data set (manifest) → prepared store → run folder: run.json, record.jsonl, checkpoint.safetensors, model/
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from maquette.config import RunConfig
from maquette.data.atomic import write_atomically
from maquette.data.loader import Loader
from maquette.data.store import Store
from maquette.encoders import ENCODERS, CrossModalModel, ModalitySpec, export_model, open_model, start_from
from maquette.errors import CheckpointError, ConfigError
from maquette.methods import METHODS, Method
from maquette.modalities import MODALITIES, Modality
from maquette.train.density import DensityLog, centers_of
from maquette.train.division import DivisionLog
from maquette.train.evaluation import mean_map
from maquette.train.loop import OnStep, Trainer
from maquette.train.noise import noisy_store
from maquette.train.practice import practice
from maquette.train.provenance import provenance
from maquette.train.run import Run, build_modalities, pick_device

__all__ = ["train"]

_NO_INFLUENCE = ("device", "workers", "checkpoint_every", "density")
"""Training settings that leave the result as it is."""

_ABSENT = object()


def train(
    config: RunConfig,
    store: Store,
    *,
    out: Path,
    resume: bool = False,
    on_step: OnStep | None = None,
    title: str = "",
) -> Run:
    """Train as configured on the store's training split, export the model into `out/model`, and return the run.

    A finished run of the same configuration and data is returned as it is. A folder with another run in it, or with
    an unfinished one and without `resume`, is refused: nothing is overwritten.
    """
    store, noise_made = noisy_store(store, config.noise)
    identity, defaults = _identity(config, store), _defaults(config)
    started = _start(out, identity, defaults, resume=resume)
    if started is not None and started.finished:
        return started
    began = time.monotonic()
    device = pick_device(config.train.device)
    modalities = build_modalities(config)
    manifest = {
        "config": config.to_json(),
        "identity": identity,
        "defaults": defaults,
        "data": {
            "name": store.manifest.name,
            "digest": store.manifest.digest,
            "objects": len(store),
            # Relative to the run's folder: both can be moved together, or looked at from anywhere.
            "prepared": Path(os.path.relpath(store.folder, out)).as_posix(),
        },
        "noise": noise_made,
        "practice": practice(config, store),
        "provenance": provenance(),
    }
    with _seeded(config.train.seed):
        model = _build_model(config)
        if config.train.start is not None:
            start_from(model, open_model(config.train.start))
        method = _build_method(config, store)
        trainer = _build_trainer(config, store, modalities, model, method, out, device, on_step, identity)
        # Not before all is built: a misspelt option leaves nothing behind that would refuse the corrected one.
        _write_run(out, {**manifest, "finished": False})
        trainer.run(resume=resume)
    figures = _validation_map(model, store, modalities, device) if len(store.rows("validation")) else {}
    realised = noise_made["realised_rate"]
    noise = f"{config.noise.kind} label noise (realised rate {realised:.4g})" if realised else "labels as they are"
    name, options = store.manifest.name, config.train
    card = {
        "name": title or f"{config.method.name} on {name}",
        "description": f"Trained by the method {config.method.name}, {options.epochs} epochs, seed {options.seed}.",
        "training_data": f"{name}, {len(store.rows('train'))} objects of {len(store.class_names)} classes, "
        f"{noise}, digest {store.manifest.digest[:16]}",
        "metrics": {f"{name}, validation split, given labels, protocol clean": v for name, v in figures.items()},
    }
    export_model(model.to("cpu"), out / "model", card=card)
    more = {
        "batches": trainer.batches,
        "seconds": round(time.monotonic() - began, 1),
        # How long the steps stood waiting for their batches: near 0 where loading keeps up.
        "waited_seconds": round(trainer.loader.waited_seconds, 1),
        "validation": figures,
    }
    _write_run(out, {**manifest, **more, "finished": True})
    return Run.open(out)


def _validation_map(
    model: CrossModalModel, store: Store, modalities: Mapping[str, Modality], device: torch.device
) -> dict[str, float]:
    """The mean mAP over all pairs on the validation split, by its given labels: all that a choice may rest on."""
    return {"map": mean_map(model, store, modalities=modalities, split="validation", device=device)}


def _build_model(config: RunConfig) -> CrossModalModel:
    specs = {
        name: ModalitySpec(
            encoder=section.encoder,
            options=section.options,
            preparation=MODALITIES.build(section.kind or name, **section.prepare).settings(),
            weights=section.weights,
        )
        for name, section in config.modalities.items()
    }
    return CrossModalModel(config.dimensions, specs)


def _build_method(config: RunConfig, store: Store) -> Method:
    return METHODS.build(
        config.method.name,
        classes=len(store.class_names),
        dimensions=config.dimensions,
        modalities=tuple(sorted(config.modalities)),
        **config.method.options,
    )


def _build_trainer(
    config: RunConfig,
    store: Store,
    modalities: Mapping[str, Modality],
    model: CrossModalModel,
    method: Method,
    out: Path,
    device: torch.device,
    on_step: OnStep | None,
    identity: str,
) -> Trainer:
    options = config.train
    loader = Loader(
        store,
        split="train",
        modalities=modalities,
        batch_size=options.batch_size,
        seed=options.seed,
        workers=options.workers,
    )
    return Trainer(
        model,
        method,
        loader=loader,
        out=out,
        epochs=options.epochs,
        optimizer=options.optimizer,
        lr=options.lr,
        rates={name: section.lr for name, section in config.modalities.items() if section.lr is not None},
        momentum=options.momentum,
        weight_decay=options.weight_decay,
        schedule=options.schedule,
        lr_step=options.lr_step,
        lr_gamma=options.lr_gamma,
        warmup=options.warmup,
        accumulate=options.accumulate,
        precision=options.precision,
        device=device,
        checkpoint_every=options.checkpoint_every,
        validate=lambda model: _validation_map(model, store, modalities, device),
        validate_every=options.validate_every,
        division=_division(store, loader),
        density=_density(config, store, loader, method),
        on_step=on_step,
        identity=identity,
    )


def _division(store: Store, loader: Loader) -> DivisionLog | None:
    """The log of what the method makes of the noise, where there is noise and the truth is known."""
    # Verdicts and predictions are of objects: where modalities have their own labels no one label is theirs.
    if not store.manifest.knows_true_labels or loader.labels.ndim == 2:
        return None
    true = store.manifest.true_labels()[loader.rows]
    if (true == loader.labels).all():
        return None
    return DivisionLog(torch.from_numpy(true), torch.from_numpy(loader.labels))


def _density(config: RunConfig, store: Store, loader: Loader, method: Method) -> DensityLog | None:
    """The log of how near objects are to two centers, if asked for; ConfigError where there is nothing to measure."""
    if not config.train.density:
        return None
    if not store.manifest.knows_true_labels:
        raise ConfigError(
            f"train.density = true: the true labels of {store.manifest.name} are not known: set train.density = false"
        )
    if loader.labels.ndim == 2:
        raise ConfigError(
            "train.density = true: it measures one given label an object, and each modality has its own: set "
            "train.density = false"
        )
    centers_of(method)
    return DensityLog(
        torch.from_numpy(store.manifest.true_labels()[loader.rows]),
        torch.from_numpy(loader.labels),
        modalities=tuple(sorted(config.modalities)),
        # By the noise's seed: runs that differ in the training's seed are measured on the same objects.
        rng=np.random.default_rng(config.noise.seed),
    )


def _identity(config: RunConfig, store: Store) -> str:
    """A digest of all that decides the result: two runs with the same one end with the same weights."""
    values = config.to_json()
    for name in _NO_INFLUENCE:
        del values["train"][name]
    if config.train.start is not None:
        # Which model it is, not where it lies.
        values["train"]["start"] = open_model(config.train.start).fingerprint
    else:
        del values["train"]["start"]
    if config.train.schedule != "cosine":
        # A longer run of these schedules begins as the shorter one: it may go on from its checkpoint.
        del values["train"]["epochs"]
    del values["data"]
    text = json.dumps({"config": values, "data": store.manifest.digest}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _defaults(config: RunConfig) -> dict[str, Any]:
    """What method and encoders take for options that are left out, by the key that sets them: they count as well."""
    made = {f"method.options.{k}": v for k, v in METHODS.defaults(config.method.name, config.method.options).items()}
    for name, section in sorted(config.modalities.items()):
        taken = ENCODERS.defaults(section.encoder, section.options)
        made |= {f"modalities.{name}.options.{k}": v for k, v in taken.items()}
    read: dict[str, Any] = json.loads(json.dumps(made, default=repr))
    return read


def _start(out: Path, identity: str, defaults: Mapping[str, Any], *, resume: bool) -> Run | None:
    """The run that is in `out` already; CheckpointError where going on there would lose or mix something."""
    if not (out / "run.json").is_file():
        return None
    run = Run.open(out)
    before = run.facts.get("defaults", defaults)
    changed = sorted(key for key in {**before, **defaults} if before.get(key, _ABSENT) != defaults.get(key, _ABSENT))
    if run.identity != identity:
        raise CheckpointError(
            f"{out}: holds a run with another configuration or other data: choose another --out, or remove it"
        )
    if changed:
        raise CheckpointError(
            f"{out}: holds a run of a version of Maquette with other defaults ({', '.join(changed)}): choose another "
            "--out, or remove it"
        )
    if not run.finished and not resume:
        raise CheckpointError(
            f"{out}: holds an unfinished run of this configuration: go on with --resume, or remove it"
        )
    return run


def _write_run(out: Path, values: Mapping[str, Any]) -> None:
    write_atomically(out / "run.json", (json.dumps(values, indent=2, sort_keys=True) + "\n").encode())


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Inside, torch's global stream starts at `seed`; outside, it goes on as if nothing had been drawn.

    Layers draw their first weights, and dropout its masks, from that stream alone: it cannot be handed in.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)  # noqa: TID251 (inside the fork alone: see above)
        yield
