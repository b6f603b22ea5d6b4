"""The networks against their textbooks: training steps and inference, 1,024 points or faces, batches of eight."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from maquette.bench.speed.measure import gemm_rate
from maquette.bench.speed.part import Contest, Part, Task
from maquette.bench.speed.textbook import load_textbook
from maquette.encoders import DGCNN, MeshNet, ResNet18

__all__ = ["NETWORK_PARTS", "Inputs", "clouds", "infer", "meshes", "network_difference", "pictures", "step"]

_OBJECTS = 8
_VIEWS = 2
_PIXELS, _PIXELS_EMULATED = 224, 32
Inputs = dict[str, Tensor]


def network_difference(ours: nn.Module, textbook: nn.Module, inputs: Mapping[str, Tensor], *, train: bool) -> float:
    """The largest difference between two networks of the same weights, in float64.

    Of outputs and, with `train`, of all parameters' gradients and all running statistics as well; each relative to the
    larger of 1 and the textbook's largest value. Both networks are changed: double, the same weights.
    """
    ours, textbook = ours.double().train(train), textbook.double().train(train)
    textbook.load_state_dict(ours.state_dict())
    double = {name: value.double() if value.is_floating_point() else value for name, value in inputs.items()}
    found: list[dict[str, Tensor]] = []
    for network in (ours, textbook):
        network.zero_grad()
        output = network(**double)
        results = {"output": output.detach()}
        if train:
            weights = torch.linspace(-1, 1, output.numel(), dtype=output.dtype, device=output.device).view_as(output)
            (output * weights).sum().backward()
            results |= {f"{name}.grad": p.grad for name, p in network.named_parameters() if p.grad is not None}
            results |= dict(network.named_buffers())
        found.append(results)
    mine, theirs = found
    assert mine.keys() == theirs.keys()
    return max(
        float((mine[name] - value).abs().max()) / max(1.0, float(value.abs().max())) for name, value in theirs.items()
    )


def _contest(
    make_ours: Callable[[], nn.Module],
    make_textbook: Callable[[], nn.Module],
    make_inputs: Callable[[int], Inputs],
    *,
    train: bool,
    task: Task,
    items: int,
) -> Contest:
    ours, textbook, inputs = make_ours().train(train), make_textbook().train(train), make_inputs(task.size)
    textbook.load_state_dict(ours.state_dict())
    run = step if train else infer

    def difference() -> float:
        # Rounding depends on the weights: always the same ones, whatever the process has drawn before.
        with torch.random.fork_rng(devices=[]):
            torch.set_rng_state(torch.Generator().manual_seed(0).get_state())
            return network_difference(make_ours(), make_textbook(), make_inputs(0), train=train)

    return Contest(partial(run, ours, inputs), partial(run, textbook, inputs), difference, items=items)


def step(network: nn.Module, inputs: Inputs) -> None:
    """Forward and backward; gradients made anew, as a training step makes them."""
    network.zero_grad(set_to_none=True)
    network(**inputs).sum().backward()


def infer(network: nn.Module, inputs: Inputs) -> Tensor:
    """Representations, without gradients."""
    with torch.inference_mode():
        representations: Tensor = network(**inputs)
    return representations


def clouds(points: int, objects: int = _OBJECTS) -> Inputs:
    """A batch of clouds; 0 points: a small one, for comparing results."""
    objects, count = (objects, points) if points else (2, 40)
    return {"points": torch.rand(objects, 3, count, generator=torch.Generator().manual_seed(0))}


def meshes(faces: int, objects: int = _OBJECTS) -> Inputs:
    """A batch of meshes; 0 faces: small ones, for comparing results."""
    # Never two objects: normalised over them the outputs are ±1, and gradients little but rounding.
    count = faces or 40
    generator = torch.Generator().manual_seed(0)
    return {
        "centers": torch.rand(objects, 3, count, generator=generator),
        "corners": torch.rand(objects, 9, count, generator=generator) * 0.1,
        "normals": F.normalize(torch.randn(objects, 3, count, generator=generator), dim=1),
        "neighbours": torch.randint(0, count, (objects, count, 3), generator=generator),
    }


def pictures(objects: int, *, pixels: int) -> Inputs:
    """A batch of two views an object; 0 objects: few small ones, for comparing results."""
    count, side = (objects, pixels) if objects else (2, 64)
    return {"pixels": torch.randn(count, _VIEWS, 3, side, side, generator=torch.Generator().manual_seed(0))}


def _dgcnn(task: Task, *, train: bool) -> Contest:
    book = load_textbook("dgcnn").TextbookDGCNN
    return _contest(DGCNN, book, clouds, train=train, task=task, items=_OBJECTS)


def _meshnet(task: Task, *, train: bool) -> Contest:
    book = load_textbook("meshnet").TextbookMeshNet
    return _contest(MeshNet, book, meshes, train=train, task=task, items=_OBJECTS)


def _resnet(task: Task, *, train: bool = False, pixels: int | None = None) -> Contest:
    book, make = load_textbook("resnet").TextbookResNet18, partial(pictures, pixels=pixels or _PIXELS)
    return _contest(ResNet18, book, make, train=train, task=task, items=task.size * _VIEWS)


def _resnet_bfloat16(task: Task) -> Contest:
    half, single = gemm_rate(torch.bfloat16, side=256), gemm_rate(torch.float32, side=256)
    # Without units for it a product is emulated, some fifty times slower: small pictures say that as well.
    pixels = _PIXELS if half >= single else _PIXELS_EMULATED
    exact = _resnet(task, pixels=pixels)

    def mixed() -> object:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return exact.ours()

    def difference() -> float:
        rounded, whole = mixed(), exact.ours()
        assert isinstance(rounded, Tensor) and isinstance(whole, Tensor)
        return float((rounded.float() - whole).abs().max() / whole.abs().max().clamp(min=1))

    def notes() -> dict[str, float]:
        return {"pixels": float(pixels), "rate_of_bfloat16_over_float32": half / single}

    return Contest(mixed, exact.textbook, difference, items=exact.items, notes=notes)


NETWORK_PARTS = (
    Part(
        "dgcnn_step",
        "DGCNN, one training step, k = 20, batch 8",
        "points",
        partial(_dgcnn, train=True),
        sizes=(256, 512, 1024),
        quick_sizes=(64, 128),
        at_least=5.0,
        memory_at_least=4.0,
        memory=True,
        repeats=3,
    ),
    Part(
        "dgcnn_inference",
        "DGCNN, inference, k = 20, batch 8",
        "points",
        partial(_dgcnn, train=False),
        sizes=(256, 512, 1024),
        quick_sizes=(64, 128),
        at_least=6.0,
        memory=True,
        repeats=3,
    ),
    Part(
        "meshnet_step",
        "MeshNet, one training step, batch 8",
        "faces",
        partial(_meshnet, train=True),
        sizes=(256, 512, 1024),
        quick_sizes=(32, 64),
        at_least=2.0,
        memory=True,
        repeats=3,
    ),
    Part(
        "meshnet_inference",
        "MeshNet, inference, batch 8",
        "faces",
        partial(_meshnet, train=False),
        sizes=(256, 512, 1024),
        quick_sizes=(32, 64),
        at_least=2.0,
        memory=True,
        repeats=3,
    ),
    Part(
        "resnet18_inference",
        "ResNet18, two 224-pixel views an object, inference, float32",
        "objects",
        _resnet,
        sizes=(2, 4, 8),
        quick_sizes=(1, 2),
        memory=True,
        repeats=3,
    ),
    Part(
        "resnet18_step",
        "ResNet18, two 224-pixel views an object, one training step",
        "objects",
        partial(_resnet, train=True),
        sizes=(2, 4, 8),
        quick_sizes=(1, 2),
        memory=True,
        repeats=3,
    ),
    Part(
        "resnet18_bfloat16",
        "ResNet18, two 224-pixel views an object, inference, mixed precision (not exact)",
        "objects",
        _resnet_bfloat16,
        sizes=(2, 4, 8),
        quick_sizes=(1, 2),
        at_least=2.5,
    ),
)
