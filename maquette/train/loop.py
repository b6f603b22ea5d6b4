"""The one loop: it knows batches, terms and optimisers, and no method by name.

A run can be killed at any moment and resumed: the weights at its end are, on a CPU with the same number of threads,
byte for byte those of a run that was never interrupted. Batches and augmentation follow from (seed, epoch, step)
alone; everything else that has a state is in the checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from maquette.data.loader import Loader
from maquette.encoders import CrossModalModel, move_batch
from maquette.errors import CheckpointError, ConfigError, NonFiniteTermError
from maquette.methods.base import Method, ParamGroup
from maquette.train.checkpoint import Checkpoint, load_checkpoint, optimizer_state, restore_optimizer, save_checkpoint
from maquette.train.density import DensityLog, centers_of
from maquette.train.division import DivisionLog
from maquette.train.optimizers import Schedule, build_optimizers, set_rates
from maquette.train.record import Record
from maquette.types import Batch, Labels, Progress, Representations, SamplePlan

__all__ = ["OnStep", "Trainer"]

Validate = Callable[[CrossModalModel], Mapping[str, float]]
OnStep = Callable[[Progress, Mapping[str, float]], None]


class Trainer:
    """Trains a model with a method on the batches of a loader, and writes checkpoints and a record into `out`."""

    def __init__(
        self,
        model: CrossModalModel,
        method: Method,
        *,
        loader: Loader,
        out: Path,
        epochs: int,
        optimizer: Literal["sgd", "adam"] = "sgd",
        lr: float = 1e-3,
        rates: Mapping[str, float] | None = None,
        momentum: float = 0.9,
        weight_decay: float = 1e-3,
        schedule: Literal["constant", "step", "cosine"] = "step",
        lr_step: int = 10_000,
        lr_gamma: float = 0.1,
        warmup: int = 0,
        accumulate: int = 1,
        precision: Literal["float32", "bfloat16"] = "float32",
        device: torch.device | None = None,
        checkpoint_every: int = 200,
        validate: Validate | None = None,
        validate_every: int = 0,
        division: DivisionLog | None = None,
        density: DensityLog | None = None,
        on_step: OnStep | None = None,
        identity: str = "",
    ) -> None:
        _check_labels(loader, model, method)
        self.device = device or torch.device("cpu")
        self.model = model.to(self.device)
        self.method = method.to(self.device)
        self.loader, self.out, self.epochs = loader, out, epochs
        self.accumulate, self.checkpoint_every = accumulate, checkpoint_every
        self.validate, self.validate_every, self.on_step = validate, validate_every, on_step
        self.identity = identity
        self.division, self.density = division, density
        self._autocast = torch.autocast(self.device.type, torch.bfloat16, enabled=precision == "bfloat16")
        groups = [*_encoder_groups(model, lr, rates or {}), *method.param_groups(lr)]
        self.optimizers = build_optimizers(groups, optimizer=optimizer, momentum=momentum, weight_decay=weight_decay)
        batches = epochs * -(-loader.steps // accumulate)
        self.schedule = Schedule(schedule, batches, lr_step=lr_step, lr_gamma=lr_gamma, warmup=warmup)
        self.batches = 0
        self._epoch, self._step = 0, 0
        self._plan: SamplePlan | None = None

    @property
    def checkpoint_path(self) -> Path:
        """The newest checkpoint; there is one at a time."""
        return self.out / "checkpoint.safetensors"

    def run(self, *, resume: bool = False) -> None:
        """Train to the last epoch; with `resume`, go on from the checkpoint in `out` where there is one."""
        if resume and self.checkpoint_path.is_file():
            self._restore(load_checkpoint(self.checkpoint_path))
        with Record(self.out, batches=self.batches) as record:
            while self._epoch < self.epochs:
                self._run_epoch(record)
            self._save(record)

    def _run_epoch(self, record: Record) -> None:
        if self._step == 0:
            self._plan = self.method.begin_epoch(self._scan, self._progress(self.loader.steps))
        steps = len(self._plan.batches) if self._plan else self.loader.steps
        self.model.train()
        self.method.train()
        stream = self.loader.epoch(self._epoch, start_step=self._step, plan=self._plan)
        for batches in _grouped(stream, self.accumulate):
            terms = self._take_step(batches, steps)
            record.add("train", self.batches, terms, epoch=self._epoch, step=self._step)
            done = self._progress(steps)
            self._step += len(batches)
            if self._step >= steps:
                self._end_epoch(record)
            if self.on_step:
                self.on_step(done, terms)
            if self.batches % self.checkpoint_every == 0:
                self._save(record)

    def _end_epoch(self, record: Record) -> None:
        if self.validate and self.validate_every and (self._epoch + 1) % self.validate_every == 0:
            record.add("validation", self.batches, self.validate(self.model), epoch=self._epoch)
        if self.division:
            record.add("division", self.batches, self.division.finish(), epoch=self._epoch)
        if self.density:
            self.density.finish(self.out, epoch=self._epoch)
        self._epoch, self._step, self._plan = self._epoch + 1, 0, None

    def _take_step(self, batches: Sequence[Batch], steps: int) -> dict[str, float]:
        """One step of all optimisers over the accumulated batches; the mean of each term."""
        set_rates(self.optimizers, self.schedule, self.batches)
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
        total: dict[str, float] = {}
        for number, batch in enumerate(batches):
            moved = move_batch(batch, self.device)
            progress = replace(self._progress(steps), step=self._step + number)
            with self._autocast:
                reps = self.model.encode(moved)
            reps = replace(reps, values=reps.values.float(), views={m: view.float() for m, view in reps.views.items()})
            terms = self.method(reps, moved.labels, moved.index, progress)
            values = self._finite(terms, batch, progress)
            if self.division:
                with torch.no_grad():
                    probabilities = self.method.predict(reps)
                self.division.add(batch.index, verdicts=self.method.verdicts(), probabilities=probabilities)
            if self.density:
                self.density.add(batch.index, reps, centers=centers_of(self.method))
            objective: Tensor = torch.stack(list(terms.values())).sum()
            torch.autograd.backward(objective / len(batches))
            for name, value in {**values, **self.method.report()}.items():
                total[name] = total.get(name, 0.0) + value / len(batches)
        self.method.before_step()
        for optimizer in self.optimizers:
            optimizer.step()
        self.batches += 1
        return total

    def _finite(self, terms: Mapping[str, Tensor], batch: Batch, progress: Progress) -> dict[str, float]:
        values = dict(zip(terms, torch.stack([term.detach() for term in terms.values()]).tolist(), strict=True))
        for name, value in values.items():
            if value != value or value in (float("inf"), float("-inf")):
                items = ", ".join(self.loader.store.ids[self.loader.rows[row]] for row in batch.index.tolist())
                raise NonFiniteTermError(
                    f"term {name!r} became {value} at epoch {progress.epoch}, step {progress.step} "
                    f"(batch {self.batches}): lower train.lr, or look at the items of this batch: {items}"
                )
        return values

    def _scan(self) -> tuple[Representations, Labels]:
        """Un-augmented representations of the training split, in manifest order, on the CPU."""
        self.model.eval()
        parts: list[Representations] = []
        labels: list[Tensor] = []
        with torch.no_grad(), self._autocast:
            for batch in self.loader.scan():
                parts.append(self.model.encode(move_batch(batch, self.device)))
                labels.append(batch.labels)
        return (
            Representations(
                values=torch.cat([part.values.float().cpu() for part in parts]),
                present=torch.cat([part.present.cpu() for part in parts]),
                modalities=parts[0].modalities,
            ),
            torch.cat(labels),
        )

    def _progress(self, steps: int) -> Progress:
        return Progress(epoch=self._epoch, epochs=self.epochs, step=self._step, steps=steps)

    def _save(self, record: Record) -> None:
        record.sync()
        tensors: dict[str, Tensor] = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        tensors |= {f"method.{name}": value for name, value in self.method.state_dict().items()}
        numbers: list[dict[str, Any]] = []
        for place, optimizer in enumerate(self.optimizers):
            moments, others = optimizer_state(optimizer)
            tensors |= {f"optimizer{place}.{name}": value for name, value in moments.items()}
            numbers.append(others)
        # Dropout draws from torch's own stream: it goes on where it stood.
        tensors["random.cpu"] = torch.get_rng_state()
        if self.device.type == "cuda":
            tensors["random.cuda"] = torch.cuda.get_rng_state(self.device)
        if self.division:
            tensors |= {f"division.{name}": column for name, column in self.division.state().items()}
        if self.density:
            tensors |= {f"density.{name}": column for name, column in self.density.state().items()}
        if self._plan:
            tensors |= {f"plan.{number:08d}": rows for number, rows in enumerate(self._plan.batches)}
        meta = {
            "identity": self.identity,
            "epoch": self._epoch,
            "step": self._step,
            "batches": self.batches,
            "optimizers": numbers,
        }
        save_checkpoint(self.checkpoint_path, Checkpoint(tensors, meta))

    def _restore(self, checkpoint: Checkpoint) -> None:
        meta = checkpoint.meta
        if meta["identity"] != self.identity:
            raise CheckpointError(
                f"{self.checkpoint_path}: written by a run with another configuration or other data: "
                "use the same configuration, or another folder"
            )
        self.model.load_state_dict(checkpoint.part("model"))
        self.method.load_state_dict(checkpoint.part("method"))
        for place, optimizer in enumerate(self.optimizers):
            restore_optimizer(optimizer, checkpoint.part(f"optimizer{place}"), meta["optimizers"][place])
        torch.set_rng_state(checkpoint.tensors["random.cpu"])
        if self.device.type == "cuda" and "random.cuda" in checkpoint.tensors:
            torch.cuda.set_rng_state(checkpoint.tensors["random.cuda"], self.device)
        if self.division:
            self.division.restore(checkpoint.part("division"))
        if self.density:
            self.density.restore(checkpoint.part("density"))
        plan = checkpoint.part("plan")
        self._plan = SamplePlan(tuple(plan[name] for name in sorted(plan))) if plan else None
        self._epoch, self._step, self.batches = meta["epoch"], meta["step"], meta["batches"]


def _check_labels(loader: Loader, model: CrossModalModel, method: Method) -> None:
    """Nothing, or a ConfigError: a label for each modality, where the method or the model's modalities do not fit."""
    if loader.labels.ndim == 1:
        return
    if not method.takes_modality_labels:
        raise ConfigError(
            f"{type(method).__name__} as configured takes one given label an object, and here each modality has its "
            "own: leave `modalities` out of noise.options, or choose a method that takes them, as mrl does"
        )
    if tuple(sorted(loader.modalities)) != model.modalities:
        held = ", ".join(sorted(loader.modalities))
        raise ConfigError(f"labels for each of {held}, but the model has {', '.join(model.modalities)}")


def _encoder_groups(model: CrossModalModel, lr: float, rates: Mapping[str, float]) -> list[ParamGroup]:
    """The encoders at one rate together, or each by itself where any has its own in `rates`."""
    if not rates:
        return [ParamGroup("encoders", tuple(model.parameters()), lr)]
    return [
        ParamGroup(f"encoder {name}", tuple(model.encoders[name].parameters()), rates.get(name, lr))
        for name in model.modalities
    ]


def _grouped(stream: Iterator[Batch], count: int) -> Iterator[list[Batch]]:
    group: list[Batch] = []
    for batch in stream:
        group.append(batch)
        if len(group) == count:
            yield group
            group = []
    if group:
        yield group
