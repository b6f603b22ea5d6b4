"""The model: one encoder a modality, all into one common space; written to and opened from a folder.

A model folder holds `model.safetensors` (weights), `config.json` (how to build the encoders, and the fingerprint) and
`README.md` (the model card). Opening needs neither a pickle nor the code of the method that trained it: classifier,
centers and memory banks are the method's and are not in it.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from maquette.encoders.base import ENCODERS, ViewEncoder, WeightsReader
from maquette.encoders.card import write_card
from maquette.encoders.spec import ModalitySpec
from maquette.errors import ConfigError, FileError, InputError, UnknownNameError
from maquette.types import Batch, Representations

__all__ = ["CrossModalModel", "ModalitySpec", "evaluating", "export_model", "open_model", "start_from"]

_FORMAT, _VERSION = "maquette-model", 1
_WEIGHTS, _CONFIG, _CARD = "model.safetensors", "config.json", "README.md"


class CrossModalModel(nn.Module):
    """One encoder a modality, into a common space of `dimensions`.

    `modalities` are sorted by name: `values[:, m]` of an encoded batch belongs to `model.modalities[m]`. Initial
    weights are drawn from `generator`, which moves on; without one, from PyTorch's global generator.
    """

    def __init__(
        self, dimensions: int, modalities: Mapping[str, ModalitySpec], *, generator: torch.Generator | None = None
    ) -> None:
        super().__init__()
        if not modalities:
            raise ConfigError("a model has no modality: expected at least one")
        self.dimensions = dimensions
        self.specs = {name: modalities[name] for name in sorted(modalities)}
        self.modalities = tuple(self.specs)
        # PyTorch's layers initialise themselves from the global generator: lend it the state of ours, then restore it.
        with torch.random.fork_rng(devices=[], enabled=generator is not None):
            if generator is not None:
                torch.set_rng_state(generator.get_state())
            self.encoders = nn.ModuleDict({name: self._build(spec) for name, spec in self.specs.items()})
            if generator is not None:
                generator.set_state(torch.get_rng_state())

    def _build(self, spec: ModalitySpec) -> nn.Module:
        encoder = ENCODERS.build(spec.encoder, dimensions=self.dimensions, **spec.options)
        if spec.weights is not None:
            if not isinstance(encoder, WeightsReader):
                raise ConfigError(f"encoder {spec.encoder!r} starts from no weights file: leave out {spec.weights!r}")
            encoder.load_weights(spec.weights)
        return encoder

    def encode(self, batch: Batch) -> Representations:
        """Representations of a batch: every encoder on the objects that have its modality.

        Objects without a modality get zeros and False in `present`. Modalities of the batch that the model does not
        know are passed over. Where images have several views, `views` holds the representation of each.
        """
        dtype, device = self._like()
        size = len(batch)
        slots: list[Tensor] = []
        presence: list[Tensor] = []
        views: dict[str, Tensor] = {}
        for name in self.modalities:
            present = batch.present.get(name, torch.zeros(size, dtype=torch.bool))
            presence.append(present.to(device, non_blocking=True))
            rows = present.nonzero().squeeze(1)
            if not len(rows):
                slots.append(torch.zeros(size, self.dimensions, dtype=dtype, device=device))
                continue
            encoded = self._run(name, batch.inputs.get(name, {}), rows=len(rows))
            if encoded.ndim == 3:
                if encoded.shape[1] > 1:
                    views[name] = _scatter(encoded.to(dtype), rows, size)
                encoded = encoded.mean(1)
            slots.append(_scatter(encoded.to(dtype), rows, size))
        return Representations(torch.stack(slots, dim=1), torch.stack(presence, dim=1), self.modalities, views)

    def encode_inputs(self, modality: str, inputs: Mapping[str, Tensor]) -> Float[Tensor, "B D"]:
        """Representations of one modality's collated inputs; an unknown modality raises and lists the known ones."""
        if modality not in self.specs:
            raise UnknownNameError("modality of this model", modality, self.modalities)
        encoded = self._run(modality, inputs).to(self._like()[0])
        return encoded.mean(1) if encoded.ndim == 3 else encoded

    def forward(self, batch: Batch) -> Representations:
        """As `encode`, so that wrappers that intercept calls (distributed training) see it."""
        return self.encode(batch)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the configuration and every weight: equal exactly where representations are comparable.

        Neither the folder nor the device matters. It reads all weights at every call: some 0.1 s for 50 MB.
        """
        digest = hashlib.sha256(json.dumps(self.config(), sort_keys=True).encode())
        for name, tensor in sorted(self.state_dict().items()):
            digest.update(f"\n{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
            digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
        return digest.hexdigest()

    def config(self) -> dict[str, Any]:
        """What, beside the weights, makes this model: JSON values."""
        return {
            "dimensions": self.dimensions,
            "modalities": {name: spec.as_json() for name, spec in self.specs.items()},
        }

    def _like(self) -> tuple[torch.dtype, torch.device]:
        weight = next(self.parameters())
        return weight.dtype, weight.device

    def _run(self, modality: str, inputs: Mapping[str, Tensor], *, rows: int | None = None) -> Tensor:
        """(B, D), or (B, V, D) from an encoder of views."""
        sizes = {len(tensor) for tensor in inputs.values()}
        if len(sizes) != 1 or 0 in sizes or (rows is not None and sizes != {rows}):
            expected = "the same number, at least 1" if rows is None else f"{rows}, as many as are present"
            raise InputError(f"{modality}: inputs have {sorted(sizes)} rows: expected {expected}")
        encoder = self.encoders[modality]
        # BatchNorm has no variance of a single row: a lone object is normalised by the running statistics.
        with evaluating(encoder) if sizes == {1} else nullcontext():
            encode = encoder.forward_views if isinstance(encoder, ViewEncoder) else encoder
            result: Tensor = encode(**inputs)
        return result


def start_from(model: CrossModalModel, other: CrossModalModel) -> tuple[str, ...]:
    """Overwrite the encoders' weights by the other model's, of the modalities that both have; return their names.

    ConfigError if they have none in common, or build one of them in different ways.
    """
    common = tuple(name for name in model.modalities if name in other.specs)
    if not common:
        raise ConfigError(
            f"a model of {', '.join(other.modalities)} starts no encoder of {', '.join(model.modalities)}: "
            "expected a modality in common"
        )
    for name in common:
        own, given = model.specs[name], other.specs[name]
        ways = [(spec.encoder, dict(spec.options), space.dimensions) for spec, space in ((own, model), (given, other))]
        if ways[0] != ways[1]:
            raise ConfigError(
                f"{name}: the encoder is {_way(*ways[0])}, the model to start from has {_way(*ways[1])}: "
                "expected the same encoder, options and dimensions"
            )
    for name in common:
        model.encoders[name].load_state_dict(other.encoders[name].state_dict())
    return common


def _way(encoder: str, options: Mapping[str, Any], dimensions: int) -> str:
    return f"{encoder} {json.dumps(options, sort_keys=True)} into {dimensions} dimensions"


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Have `module` in evaluation mode for a while; afterwards each part is as it was, frozen ones included."""
    training = [part for part in module.modules() if part.training]
    for part in training:
        part.training = False
    try:
        yield
    finally:
        for part in training:
            part.training = True


def export_model(model: CrossModalModel, folder: str | PathLike[str], *, card: Mapping[str, Any]) -> str:
    """Write the model to `folder` and return its fingerprint.

    `card` fills the model card; `maquette.encoders.card.write_card` says with what. The files are written beside
    `folder` and renamed into place, so that it is never seen half written; a model that was there is replaced.
    FileError if `folder` holds anything else.
    """
    target = Path(folder)
    if target.exists() and not (target / _CONFIG).is_file() and (target.is_file() or any(target.iterdir())):
        raise FileError(folder, "exists and is not a model folder: choose another, or remove it")
    fingerprint = model.fingerprint
    config = {"format": _FORMAT, "format_version": _VERSION, **model.config(), "fingerprint": fingerprint}
    text = write_card(card, config)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as stage:
        new, old = Path(stage, "new"), Path(stage, "old")
        new.mkdir()
        tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
        _write_durably(new / _WEIGHTS, save(tensors, metadata={"format": "pt"}))
        _write_durably(new / _CONFIG, (json.dumps(config, indent=2) + "\n").encode())
        _write_durably(new / _CARD, text.encode())
        if target.exists():
            target.rename(old)
        new.rename(target)
    return fingerprint


def open_model(folder: str | PathLike[str], *, device: str = "cpu") -> CrossModalModel:
    """The model in `folder`, on `device`, in evaluation mode.

    FileError, naming the folder if there is no model in it, and the file if it is damaged or missing, if its format is
    not known to this version, if a tensor is missing, unknown or of another shape, or if the weights are not those the
    configuration was written with.
    """
    config = _read_config(Path(folder) / _CONFIG)
    specs = {name: ModalitySpec(**spec) for name, spec in config["modalities"].items()}
    model = CrossModalModel(config["dimensions"], specs, generator=torch.Generator())
    file = Path(folder) / _WEIGHTS
    try:
        tensors = load(file.read_bytes())
    except (OSError, SafetensorError) as error:
        raise FileError(file, f"cannot be read as safetensors: {error}") from error
    own = model.state_dict()
    misshapen = {name for name in own.keys() & tensors.keys() if own[name].shape != tensors[name].shape}
    for problem, names in (
        ("lacks", own.keys() - tensors.keys()),
        ("has unknown", tensors.keys() - own.keys()),
        ("has misshapen", misshapen),
    ):
        if names:
            shown = ", ".join(sorted(names)[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
            raise FileError(file, f"{problem} tensors {shown}: expected those that {_CONFIG} describes")
    model.load_state_dict(tensors)
    if model.fingerprint != config["fingerprint"]:
        raise FileError(file, f"is not what {_CONFIG} was written with: copy both again, or export the model again")
    return model.to(device).eval()


def _read_config(file: Path) -> dict[str, Any]:
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileError(
            file.parent,
            f"there is no model: expected a folder with {_CONFIG} and {_WEIGHTS}, as training leaves it in RUN/model",
        ) from error
    except (OSError, ValueError) as error:
        raise FileError(file, f"cannot be read as JSON: {error}") from error
    if not isinstance(config, dict) or config.get("format") != _FORMAT:
        raise FileError(file, f"is not the configuration of a model: expected format {_FORMAT!r}")
    if config.get("format_version") != _VERSION:
        version = config.get("format_version")
        raise FileError(
            file, f"has format version {version!r}: this Maquette reads {_VERSION}; install the one it names"
        )
    known = {"encoder", "options", "preparation"}
    specs = config.get("modalities")
    whole = (
        isinstance(config.get("dimensions"), int)
        and isinstance(config.get("fingerprint"), str)
        and isinstance(specs, dict)
        and all(isinstance(spec, dict) and "encoder" in spec and spec.keys() <= known for spec in specs.values())
    )
    if not whole:
        raise FileError(file, "lacks dimensions, fingerprint or modalities, or a modality has an unknown key")
    return config


def _write_durably(file: Path, content: bytes) -> None:
    """Write and wait until the bytes are on the disk: a rename must not overtake them."""
    with file.open("wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())


def _scatter(values: Tensor, rows: Tensor, size: int) -> Tensor:
    """`values` at `rows` of a tensor of `size` rows, zero elsewhere; differentiable."""
    if len(rows) == size:
        return values
    return values.new_zeros(size, *values.shape[1:]).index_copy(0, rows.to(values.device), values)
