"""Encoding a whole split or collection: batches in, arrays of representations out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from maquette.encoders.model import CrossModalModel, evaluating
from maquette.encoders.onnx import on_onnxruntime
from maquette.errors import ConfigError, InputError, UnknownNameError
from maquette.types import Batch

__all__ = ["Embedded", "embed", "move_batch"]


@dataclass(frozen=True)
class Embedded:
    """Representations of N objects, float32, in the order of the batches.

    `representations[m][i]` is zero and must not count where `present[m][i]` is False. `rows` are the objects' rows in
    their split. `views` holds the representation of every view, for modalities that have several.
    """

    representations: Mapping[str, Float[np.ndarray, "N D"]]
    present: Mapping[str, Bool[np.ndarray, "N"]]
    rows: Int[np.ndarray, "N"]
    views: Mapping[str, Float[np.ndarray, "N V D"]]

    def averaged(self, modality: str, views: Sequence[int]) -> Float[np.ndarray, "N D"]:
        """Representations at fewer views: the mean over those of the numbers `views`, without encoding again."""
        if modality not in self.views:
            raise UnknownNameError("modality of several views", modality, self.views)
        known = self.views[modality].shape[1]
        if not views or not all(0 <= view < known for view in views):
            raise InputError(f"{modality}: views {list(views)}: expected some of 0 to {known - 1}")
        chosen: Float[np.ndarray, "N D"] = self.views[modality][:, list(views)].mean(1, dtype=np.float32)
        return chosen


def embed(
    model: CrossModalModel,
    batches: Iterable[Batch],
    *,
    device: str = "cpu",
    precision: Literal["float32", "bfloat16"] = "float32",
    backend: Literal["torch", "onnxruntime"] = "torch",
) -> Embedded:
    """Representations of all objects of `batches`, each view encoded once, in evaluation mode.

    The model must be on `device`; batches are moved there. "bfloat16" runs the large products in half precision:
    about twice as fast where the hardware has it, and not exact. `backend` "onnxruntime" (extra `onnx`, CPUs, float32)
    runs the encoders that can be exported through ONNX Runtime, see `onnx.on_onnxruntime`. No batch at all raises an
    InputError.
    """
    values: list[np.ndarray] = []
    present: list[np.ndarray] = []
    rows: list[np.ndarray] = []
    views: list[Mapping[str, np.ndarray]] = []
    if backend == "onnxruntime" and (torch.device(device).type != "cpu" or precision != "float32"):
        raise ConfigError(f"backend {backend!r} on {device} in {precision}: expected device 'cpu' and 'float32'")
    through = on_onnxruntime(model) if backend == "onnxruntime" else nullcontext()
    with through, evaluating(model), torch.inference_mode():
        for batch in batches:
            with torch.autocast(torch.device(device).type, dtype=torch.bfloat16, enabled=precision == "bfloat16"):
                encoded = model.encode(move_batch(batch, device))
            values.append(encoded.values.float().cpu().numpy())
            present.append(encoded.present.cpu().numpy())
            rows.append(batch.index.cpu().numpy())
            views.append({name: tensor.float().cpu().numpy() for name, tensor in encoded.views.items()})
    if not values:
        raise InputError("nothing to encode: expected at least one batch")
    everything, presence = np.concatenate(values), np.concatenate(present)
    return Embedded(
        {name: np.ascontiguousarray(everything[:, m]) for m, name in enumerate(model.modalities)},
        {name: np.ascontiguousarray(presence[:, m]) for m, name in enumerate(model.modalities)},
        np.concatenate(rows),
        {name: _join(name, views, [len(row) for row in rows]) for name in sorted({n for v in views for n in v})},
    )


def move_batch(batch: Batch, device: str | torch.device) -> Batch:
    """The batch with every tensor on `device` but `present`; the argument is left as it is.

    Which rows are present is asked on the host: asked of a GPU, it would wait for all that was given to it before.
    """
    return Batch(
        batch.index.to(device, non_blocking=True),
        batch.labels.to(device, non_blocking=True),
        {m: {k: t.to(device, non_blocking=True) for k, t in tensors.items()} for m, tensors in batch.inputs.items()},
        dict(batch.present),
    )


def _join(name: str, views: list[Mapping[str, np.ndarray]], sizes: list[int]) -> Float[np.ndarray, "N V D"]:
    """Per-view representations of all batches; zeros for a batch in which no object had the modality."""
    shapes = {held[name].shape[1:] for held in views if name in held}
    if len(shapes) > 1:
        counts = sorted(shape[0] for shape in shapes)
        raise InputError(f"{name}: batches have {counts} views an object: expected the same number in all")
    (shape,) = shapes
    return np.concatenate(
        [
            held[name] if name in held else np.zeros((size, *shape), np.float32)
            for held, size in zip(views, sizes, strict=True)
        ]
    )
