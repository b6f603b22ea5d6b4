"""One epoch of CMCL on the built-in set, all three modalities, against textbook networks fed by a per-item loader."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files as resources

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from maquette.bench.speed.collection import ItemFiles, make_collection
from maquette.bench.speed.loading import read_item
from maquette.bench.speed.part import Contest, Part, Task
from maquette.bench.speed.textbook import load_textbook
from maquette.config import RunConfig
from maquette.data.loader import Loader
from maquette.encoders import CrossModalModel, ModalitySpec
from maquette.methods.cmcl import CMCL
from maquette.modalities import Modality
from maquette.train.loop import Trainer
from maquette.train.run import build_modalities
from maquette.types import Progress

__all__ = ["EPOCH_PARTS"]

_CLASSES = 4
_BOOKS = {"resnet18": ("resnet", "TextbookResNet18"), "dgcnn": ("dgcnn", "TextbookDGCNN")}
_BOOKS |= {"meshnet": ("meshnet", "TextbookMeshNet")}


def _config() -> RunConfig:
    """The demo's run: its networks, sizes and weights of terms."""
    text = (resources("maquette.bench") / "demo.toml").read_text(encoding="utf-8")
    return RunConfig.from_mapping(tomllib.loads(text), source="demo.toml")


class _Textbook:
    """CMCL from the papers' definitions: textbook encoders, losses over expansions, items loaded one by one."""

    def __init__(self, config: RunConfig, model: CrossModalModel, method: CMCL) -> None:
        self.encoders: dict[str, nn.Module] = {}
        for name, section in config.modalities.items():
            module, cls = _BOOKS[section.encoder]
            with torch.random.fork_rng(devices=[]):  # as in `_fresh`
                encoder = getattr(load_textbook(module), cls)(dimensions=config.dimensions, **section.options)
            encoder.load_state_dict(model.encoders[name].state_dict())
            self.encoders[name] = encoder
        self.method = method
        self.losses = load_textbook("losses")

    def terms(self, inputs: Mapping[str, Mapping[str, Tensor]], labels: Tensor) -> Tensor:
        """The objective."""
        values = [self.encoders[name](**inputs[name]) for name in sorted(self.encoders)]
        center = self.losses.center_loss(values, labels, self.method.centers)
        entropy = torch.stack([F.cross_entropy(self.method.head.layers(value), labels) for value in values]).sum()
        squares = self.losses.mean_square_error(values)
        weights = self.method.weight_center, self.method.weight_cross_entropy, self.method.weight_mse
        objective: Tensor = weights[0] * center + weights[1] * entropy + weights[2] * squares
        return objective


def _epoch(task: Task) -> Contest:
    """`task.size` objects of each class."""
    config = _config()
    modalities = build_modalities(config)
    folder = task.scratch / f"epoch-{task.size}"
    data = config.data.options
    store, files = make_collection(
        folder,
        modalities,
        classes=tuple(data["classes"][:_CLASSES]),
        objects_per_class=task.size,
        photos=data["photos"],
        photo_pixels=data["photo_resolution"],
        scan_points=data["scan_points"],
    )
    batch = min(config.train.batch_size, len(files))
    loader = Loader(store, split="train", modalities=modalities, batch_size=batch, seed=0, workers=config.train.workers)
    took: list[float] = []

    def ours() -> None:
        model, method = _fresh(config)
        trainer = Trainer(model, method, loader=loader, out=folder / "run", epochs=1, optimizer="adam")
        trainer.run()
        took.append(loader.waited_seconds)

    def textbook() -> None:
        model, method = _fresh(config)
        book = _Textbook(config, model, method)
        weights = [p for encoder in book.encoders.values() for p in encoder.parameters()]
        optimizer = torch.optim.Adam([*weights, *method.parameters()], lr=config.train.lr)
        rng = np.random.default_rng(0)
        order = rng.permutation(len(files))
        for start in range(0, len(order), batch):
            inputs, labels = _load([files[row] for row in order[start : start + batch]], modalities, rng)
            optimizer.zero_grad()
            torch.autograd.backward(book.terms(inputs, labels))
            optimizer.step()

    return Contest(ours, textbook, lambda: _difference(config, loader), items=len(files), notes=lambda: _waits(took))


def _fresh(config: RunConfig) -> tuple[CrossModalModel, CMCL]:
    specs = {name: ModalitySpec(s.encoder, s.options) for name, s in config.modalities.items()}
    generator = torch.Generator().manual_seed(0)
    model = CrossModalModel(config.dimensions, specs, generator=generator)
    names = tuple(sorted(config.modalities))
    with torch.random.fork_rng(devices=[]):  # its layers draw from the global stream, which is none of ours
        method = CMCL(classes=_CLASSES, dimensions=config.dimensions, modalities=names, **config.method.options)
    return model, method


def _load(
    items: list[ItemFiles], modalities: Mapping[str, Modality], rng: np.random.Generator
) -> tuple[dict[str, dict[str, Tensor]], Tensor]:
    inputs: dict[str, dict[str, Tensor]] = {}
    for name, modality in modalities.items():
        read = [read_item(name, item, modality, rng) for item in items]
        inputs[name] = {key: torch.stack([one[key] for one in read]) for key in read[0]}
    return inputs, torch.tensor([item.label for item in items])


@torch.no_grad()
def _difference(config: RunConfig, loader: Loader) -> float:
    """Of the objective of one unaltered batch at equal weights, in float64."""
    model, method = _fresh(config)
    model.double()
    method.double()
    batch = next(iter(loader.scan(8)))
    double = {
        name: {key: value.double() if value.is_floating_point() else value for key, value in tensors.items()}
        for name, tensors in batch.inputs.items()
    }
    book = _Textbook(config, model, method)
    for encoder in book.encoders.values():
        encoder.double()
    expected = float(book.terms(double, batch.labels))
    reps = model.encode(type(batch)(batch.index, batch.labels, double, batch.present))
    found = sum(float(term) for term in method(reps, batch.labels, batch.index, Progress(0, 1, 0, 1)).values())
    return abs(found - expected) / max(1.0, abs(expected))


def _waits(took: list[float]) -> dict[str, float]:
    """Seconds that the steps of one epoch stood waiting for their batches, averaged over the epochs run."""
    return {"waited_seconds_an_epoch": took[-1] / len(took)} if took else {}


EPOCH_PARTS = (
    Part(
        "epoch_cmcl",
        "one epoch of CMCL on the built-in set, three modalities, the demo's networks",
        "objects a class",
        _epoch,
        sizes=(16, 32),
        quick_sizes=(6, 12),
        at_least=3.0,
        repeats=3,
    ),
)
