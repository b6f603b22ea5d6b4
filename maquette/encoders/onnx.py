"""Encoders through ONNX Runtime, which runs a network as one optimised graph: extra `onnx`.

`export_onnx` writes one encoder, backbone and head, for programs without PyTorch; `on_onnxruntime` has a whole model
encode so for a while. Networks on graphs (`dgcnn`, `meshnet`) are not exported: ONNX has no counterpart of their sums
over neighbours, and laying the neighbours out is what makes such networks slow.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from maquette.encoders.base import ViewEncoder
from maquette.encoders.model import CrossModalModel, evaluating
from maquette.errors import ConfigError, MissingExtraError, UnknownNameError

__all__ = ["export_onnx", "is_exportable", "on_onnxruntime"]

_NOT_EXPORTED = ("dgcnn", "meshnet")
_OUTPUT = "representations"


def is_exportable(model: CrossModalModel, modality: str) -> bool:
    """Whether the modality's encoder can be had as ONNX; an unknown modality raises and lists the known ones."""
    if modality not in model.specs:
        raise UnknownNameError("modality of this model", modality, model.modalities)
    return model.specs[modality].encoder not in _NOT_EXPORTED


def export_onnx(model: CrossModalModel, modality: str, inputs: Mapping[str, Tensor]) -> bytes:
    """One modality's encoder, in evaluation mode, as the content of an .onnx file.

    `inputs` is any collated batch of that modality: it says names and sizes; the number of objects, and of views,
    stays free. The file's output `representations` is (B, D), or (B, V, D) from an encoder of views: their mean over V
    represents the object. ConfigError for an encoder that cannot be exported, MissingExtraError without the extra.
    """
    if not is_exportable(model, modality):
        able = [name for name in model.modalities if is_exportable(model, name)]
        raise ConfigError(
            f"{modality}: encoder {model.specs[modality].encoder!r} cannot be exported to ONNX: expected a modality of "
            f"another encoder, here {', '.join(able) or 'none'}"
        )
    return _export(model.encoders[modality], inputs)


@contextmanager
def on_onnxruntime(model: CrossModalModel) -> Iterator[None]:
    """Have `model` encode through ONNX Runtime for a while, in evaluation mode; encoders on graphs stay in PyTorch.

    On CPUs, with as many threads as PyTorch uses, without gradients. Each encoder is converted at its first batch,
    which takes seconds.
    """
    _require("onnxruntime")
    own = model.encoders
    wrapped = {
        name: _through_runtime(encoder) if is_exportable(model, name) else encoder for name, encoder in own.items()
    }
    model.encoders = nn.ModuleDict(wrapped)
    try:
        yield
    finally:
        model.encoders = own


class _Runtime(nn.Module):
    """Stands for an encoder, whose parameters it still shows."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self._session: Any = None

    def forward(self, **inputs: Tensor) -> Tensor:
        """What the encoder gives: one representation an object, or a view."""
        if self._session is None:
            self._session = _open(_export(self.encoder, inputs))
        (values,) = self._session.run([_OUTPUT], {name: tensor.numpy() for name, tensor in inputs.items()})
        return torch.from_numpy(values)


class _ViewsRuntime(_Runtime):
    def forward_views(self, pixels: Tensor) -> Tensor:
        """One representation a view."""
        views: Tensor = self(pixels=pixels)
        return views


def _through_runtime(encoder: nn.Module) -> nn.Module:
    return _ViewsRuntime(encoder) if isinstance(encoder, ViewEncoder) else _Runtime(encoder)


class _PerView(nn.Module):
    """An encoder of views, whose `forward` keeps them apart."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, pixels: Tensor) -> Tensor:
        assert isinstance(self.encoder, ViewEncoder)
        return self.encoder.forward_views(pixels)


def _export(encoder: nn.Module, inputs: Mapping[str, Tensor]) -> bytes:
    _require("onnx")
    _require("onnxscript")
    several = isinstance(encoder, ViewEncoder)
    free = {0: torch.export.Dim.DYNAMIC, **({1: torch.export.Dim.DYNAMIC} if several else {})}
    # Sizes of 1 would be taken for constants: two objects, of two views.
    with torch.inference_mode(False), torch.no_grad(), evaluating(encoder), _quiet():
        example = {name: _twice(tensor, len(free)) for name, tensor in inputs.items()}
        program = torch.onnx.export(
            _PerView(encoder).train(encoder.training) if several else encoder,
            kwargs=example,
            dynamic_shapes={name: dict(free) for name in example},
            output_names=[_OUTPUT],
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    content: bytes = program.model_proto.SerializeToString()
    return content


def _twice(tensor: Tensor, axes: int) -> Tensor:
    """Two of the first along each of the first `axes` axes; a copy that gradients may be taken of."""
    for axis in range(axes):
        tensor = tensor.narrow(axis, 0, 1).repeat_interleave(2, axis)
    return tensor.clone()


def _open(content: bytes) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def _require(package: str) -> None:
    """MissingExtraError where one of the extra's packages is not there."""
    try:
        __import__(package)
    except ImportError as error:
        raise MissingExtraError(package, "onnx", "encoding through ONNX Runtime or writing an .onnx file") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporter says, at every use, that torchvision is absent and that PyTorch deprecates what PyTorch calls."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
