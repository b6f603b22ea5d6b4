"""The networks on an accelerator: ours and the textbook's, in each precision, against the device's own ceilings.

Each is timed in turn with the other, on the paper's batch of 96. What a network's operators read and write, each once,
over the device's rate of copying, is the time that it could not undercut without fusing them; its matrix products over
the device's rate of such products is the other floor.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from maquette.bench.speed.measure import interleave, matrix_flops, quartiles, ratios
from maquette.bench.speed.networks import Inputs, clouds, infer, meshes, network_difference, pictures, step
from maquette.bench.speed.textbook import checkout, load_textbook
from maquette.encoders import DGCNN, MeshNet, ResNet18
from maquette.errors import UnknownNameError
from maquette.train.provenance import provenance

__all__ = ["ACCELERATED", "PRECISIONS", "Accelerated", "run_accelerator"]

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}
_HOTTEST = 6
_POINTS, _FEW = 1024, 8


@dataclass(frozen=True)
class Accelerated:
    """A network that is measured: how ours, the textbook's and their inputs are made, the last for some objects.

    Inputs of 0 objects are few and small, for comparing results in float64.
    """

    ours: Callable[[], nn.Module]
    textbook: Callable[[], nn.Module]
    inputs: Callable[[int], Inputs]


def _book(module: str, name: str) -> nn.Module:
    network: nn.Module = getattr(load_textbook(module), name)()
    return network


def _sized(make: Callable[[int, int], Inputs], objects: int) -> Inputs:
    return make(_POINTS if objects else 0, objects or _FEW)


ACCELERATED: Mapping[str, Accelerated] = {
    "dgcnn": Accelerated(DGCNN, partial(_book, "dgcnn", "TextbookDGCNN"), partial(_sized, clouds)),
    "meshnet": Accelerated(MeshNet, partial(_book, "meshnet", "TextbookMeshNet"), partial(_sized, meshes)),
    "resnet18": Accelerated(ResNet18, partial(_book, "resnet", "TextbookResNet18"), partial(pictures, pixels=112)),
}
"""1,024 points or faces, two views of 112 pixels."""


def run_accelerator(
    device: torch.device,
    *,
    objects: int = 96,
    repeats: int = 7,
    only: Sequence[str] = (),
    compiled: bool = False,
    networks: Mapping[str, Accelerated] = ACCELERATED,
    on_part: Callable[[int, int, str], None] | None = None,
    on_report: Callable[[dict[str, Any]], None] | None = None,
) -> dict[str, Any]:
    """Measure a training step and inference of the networks named in `only` (all without) on `device`.

    `compiled` times what `torch.compile` makes of ours as well, which takes minutes to make. `on_report` receives the
    report after every row.
    """
    checkout()
    for name in only:
        if name not in networks:
            raise UnknownNameError("network of the benchmark", name, list(networks))
    report: dict[str, Any] = {"objects": objects, "ceilings": _ceilings(device), "rows": [], "provenance": provenance()}
    work = [(name, train) for name in networks if not only or name in only for train in (True, False)]
    for number, (name, train) in enumerate(work):
        if on_part is not None:
            on_part(number, len(work), f"{name} {'step' if train else 'inference'}")
        with torch.random.fork_rng(devices=[]):
            torch.set_rng_state(torch.Generator().manual_seed(0).get_state())
            report["rows"].append(
                _row(name, networks[name], device, objects, repeats, report["ceilings"], train, compiled)
            )
        if on_report is not None:
            on_report(report)
    if on_part is not None:
        on_part(len(work), len(work), "")
    return report


def _row(
    name: str,
    kind: Accelerated,
    device: torch.device,
    objects: int,
    repeats: int,
    ceilings: Mapping[str, float],
    train: bool,
    compiled: bool,
) -> dict[str, Any]:
    ours, textbook = (make().to(device).train(train) for make in (kind.ours, kind.textbook))
    textbook.load_state_dict(ours.state_dict())
    inputs = {key: value.to(device) for key, value in kind.inputs(objects).items()}
    run = step if train else infer
    precisions: dict[str, Any] = {}
    for precision, dtype in PRECISIONS.items():
        sides = {"ours": partial(run, ours, inputs), "textbook": partial(run, textbook, inputs)}
        calls = {side: partial(_under, call, device, dtype) for side, call in sides.items()}
        times = dict(zip(calls, _timed(calls["ours"], calls["textbook"], device, repeats), strict=True))
        found: dict[str, Any] = {side: {"milliseconds": _quartiles(times[side])} for side in calls}
        for side, call in calls.items():
            if device.type == "cuda":
                found[side]["peak_megabytes"] = _peak(call, device)
        seconds = quartiles(times["ours"]).median
        found["ours"] |= {
            "share_of_gemm": matrix_flops(calls["ours"]) / seconds / ceilings[f"gemm_{precision}_gigaflops"] / 1e9,
            "share_of_copy": _touched(calls["ours"]) / seconds / ceilings["copy_gigabytes"] / 1e9,
        }
        found["ratio"] = asdict(ratios(times["textbook"], times["ours"]))
        if compiled:
            found["compiled"] = _compiled(run, ours, inputs, calls["ours"], device, dtype, repeats)
        precisions[precision] = found
    return {
        "name": f"{name}_{'step' if train else 'inference'}",
        "precisions": precisions,
        "hottest": _hottest(calls["ours"], device),
        "difference": network_difference(
            kind.ours().to(device),
            kind.textbook().to(device),
            {key: value.to(device) for key, value in kind.inputs(0).items()},
            train=train,
        ),
    }


def _under(call: Callable[[], object], device: torch.device, dtype: torch.dtype) -> object:
    """The call in a precision; float32 is PyTorch's own default, whatever it takes that to mean."""
    with torch.autocast(device.type, dtype) if dtype != torch.float32 else nullcontext():
        return call()


def _timed(
    one: Callable[[], object], other: Callable[[], object], device: torch.device, repeats: int
) -> tuple[Sequence[float], Sequence[float]]:
    """Wall seconds of both in turn; the device has done all that it was given when the clock is read."""

    def now() -> tuple[float, float]:
        _wait(device)
        return (time.perf_counter(),) * 2

    first, second = interleave(one, other, repeats=repeats, now=now)
    return first.wall, second.wall


def _compiled(
    run: Callable[[nn.Module, Inputs], object],
    network: nn.Module,
    inputs: Inputs,
    plain: Callable[[], object],
    device: torch.device,
    dtype: torch.dtype,
    repeats: int,
) -> dict[str, Any]:
    """Times of what `torch.compile` makes of the network, and how many times faster it is; or why it could not."""
    try:
        made: nn.Module = torch.compile(network)  # type: ignore[assignment]  # (a module for a module)
        call = partial(_under, partial(run, made, inputs), device, dtype)
        times, plain_times = _timed(call, plain, device, repeats)
    except Exception as error:  # (whatever a compiler may raise is its answer)
        return {"error": type(error).__name__}
    return {"milliseconds": _quartiles(times), "ratio": asdict(ratios(plain_times, times))}


def _quartiles(seconds: Sequence[float]) -> dict[str, float]:
    return asdict(quartiles([1e3 * value for value in seconds]))


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _peak(call: Callable[[], object], device: torch.device) -> float:
    """Megabytes that a call takes at its height, above what was there before."""
    _wait(device)
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    call()
    _wait(device)
    return (torch.cuda.max_memory_allocated(device) - before) / 1e6


class _Touched(TorchDispatchMode):  # type: ignore[no-untyped-call]  # (its own methods carry no types)
    """Counts the bytes that operators read and write; views move none."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # (as above)
        self.bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if not func.is_view:
            tensors = [leaf for leaf in tree_leaves((args, kwargs, result)) if isinstance(leaf, Tensor)]
            self.bytes += sum(tensor.numel() * tensor.element_size() for tensor in tensors)
        return result


def _touched(call: Callable[[], object]) -> float:
    with _Touched() as counter:
        call()
    return float(counter.bytes)


def _hottest(call: Callable[[], object], device: torch.device) -> dict[str, float]:
    """The operators that the device spends most of its time in, and their shares of it; nothing on a CPU."""
    if device.type != "cuda":
        return {}
    activities = [torch.profiler.ProfilerActivity.CPU, torch.profiler.ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=activities, acc_events=True) as profile:
        call()
        _wait(device)
    spent = {event.key: float(event.self_device_time_total) for event in profile.key_averages()}
    spent = {name: value for name, value in spent.items() if name.startswith("aten::")}
    total = sum(spent.values())
    largest = sorted(spent, key=lambda name: -spent[name])[:_HOTTEST]
    return {name.removeprefix("aten::"): spent[name] / total for name in largest if total and spent[name]}


def _ceilings(device: torch.device) -> dict[str, float]:
    """Bytes a second of a large copy and operations a second of large matrix products, the best of several."""
    side, megabytes = (8192, 2048) if device.type == "cuda" else (256, 16)
    with torch.no_grad():
        source = torch.ones(megabytes << 18, device=device)
        target = torch.empty_like(source)
        copied = _best(lambda: target.copy_(source), device)
        found = {"copy_gigabytes": 2 * source.numel() * 4 / copied / 1e9}
        for name, dtype in PRECISIONS.items():
            generator = torch.Generator().manual_seed(0)
            left = torch.randn(side, side, generator=generator).to(device, dtype)
            found[f"gemm_{name}_gigaflops"] = 2 * side**3 / _best(partial(torch.mm, left, left), device) / 1e9
    return found


def _best(call: Callable[[], object], device: torch.device) -> float:
    best = float("inf")
    for _ in range(6):
        _wait(device)
        began = time.perf_counter()
        call()
        _wait(device)
        best = min(best, max(time.perf_counter() - began, 1e-9))
    return best
