"""How near representations are, epoch by epoch, to the center of the label they were given and to that of the true one.

A robust method leaves wrongly labelled objects near the center of their true class; one that believes every label drags
them over to the other. The method never sees anything of this: true labels stay here, and only cosines leave, as

    RUN/density/epoch_0000.npz      one file an epoch, counted from 0 as in the record

with `index` (K, rows of the training split), `wrong` (K), `modalities` (M), and the cosines `to_noisy`, `to_clean`
(K, M; float16; nan where an object lacks the modality).
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F

from maquette.data.atomic import write_atomically
from maquette.errors import ConfigError, FileError, InputError
from maquette.methods import Method
from maquette.types import Representations

__all__ = ["Density", "DensityLog", "centers_of", "read_densities"]

_FOLDER = "density"


@dataclass(frozen=True)
class Density:
    """One epoch: cosines of K training objects to the center of their given label and to that of their true label.

    Of a rightly labelled object (`wrong` is False) both are the same. Each object counts with what it was when its
    batch passed in that epoch, augmented as in training; nan: it lacks the modality, or no batch held it.
    """

    epoch: int
    to_noisy: Float[np.ndarray, "K M"]
    to_clean: Float[np.ndarray, "K M"]
    wrong: Bool[np.ndarray, "K"]
    index: Int[np.ndarray, "K"]
    modalities: tuple[str, ...]

    def wrongly_labelled(self) -> tuple[Float[np.ndarray, "N"], Float[np.ndarray, "N"]]:
        """Of every representation of a wrongly labelled object: the cosine to the noisy and to the clean center."""
        noisy, clean = (cosines[self.wrong].astype(np.float64).ravel() for cosines in (self.to_noisy, self.to_clean))
        seen = ~np.isnan(noisy)
        return noisy[seen], clean[seen]


def centers_of(method: Method) -> Float[Tensor, "C D"]:
    """The method's class centers in the common space; ConfigError if it has none."""
    centers = getattr(method, "centers", None)
    if not isinstance(centers, Tensor) or tuple(centers.shape) != (method.classes, method.dimensions):
        raise ConfigError(
            f"train.density = true: the method {type(method).__name__} has no class centers to measure from: "
            "choose one that has (rono, cmcl, dac, mrl), or set train.density = false"
        )
    return centers.detach()


class DensityLog:
    """Gathers the cosines of all wrongly labelled objects, and of as many rightly labelled ones, batch by batch."""

    def __init__(
        self,
        true_labels: Int[Tensor, "N"],
        given: Int[Tensor, "N"],
        *,
        modalities: tuple[str, ...],
        rng: np.random.Generator,
    ) -> None:
        """`rng` draws the rightly labelled objects.

        Objects of foreign classes (true label below 0) have no clean center and are left out; ConfigError if that
        leaves no wrongly labelled object.
        """
        true, noisy = true_labels.numpy(), given.numpy()
        wrong = np.flatnonzero((true != noisy) & (true >= 0))
        if not len(wrong):
            raise ConfigError(
                "train.density = true: no training object has a wrong label whose true class is known: "
                "give noise.rate, or set train.density = false"
            )
        right = np.flatnonzero(true == noisy)
        right = rng.choice(right, min(len(wrong), len(right)), replace=False)
        self._rows = torch.from_numpy(np.sort(np.concatenate([wrong, right])))
        self._place = torch.full((len(true),), -1)
        self._place[self._rows] = torch.arange(len(self._rows))
        self._true, self._given = true_labels, given
        self._modalities = modalities
        empty = torch.full((len(self._rows), len(modalities)), torch.nan)
        self._columns = {"to_noisy": empty, "to_clean": empty.clone()}

    def add(self, index: Int[Tensor, "B"], reps: Representations, *, centers: Float[Tensor, "C D"]) -> None:
        """What a batch made of the objects `index`; later words on the same object replace earlier ones."""
        places = self._place[index.cpu()]
        kept = places >= 0
        rows = self._rows[places[kept]]
        values, present = reps.values.detach().cpu()[kept].float(), reps.present.cpu()[kept]
        cosines = F.normalize(values, dim=-1) @ F.normalize(centers.detach().cpu().float(), dim=-1).T
        for name, labels in (("to_noisy", self._given[rows]), ("to_clean", self._true[rows])):
            own = cosines.gather(2, labels.view(-1, 1, 1).expand(-1, cosines.shape[1], 1)).squeeze(2)
            self._columns[name][places[kept]] = own.masked_fill(~present, torch.nan)

    def finish(self, run: Path, *, epoch: int) -> None:
        """Write the epoch into the folder `run`, whole or not at all, and start the next with a clean slate."""
        content = io.BytesIO()
        np.savez(
            content,
            index=self._rows.numpy().astype(np.int32),
            wrong=(self._true != self._given)[self._rows].numpy(),
            modalities=np.array(self._modalities),
            to_noisy=self._columns["to_noisy"].numpy().astype(np.float16),
            to_clean=self._columns["to_clean"].numpy().astype(np.float16),
        )
        write_atomically(run / _FOLDER / f"epoch_{epoch:04d}.npz", content.getvalue())
        for column in self._columns.values():
            column.fill_(torch.nan)

    def state(self) -> dict[str, Tensor]:
        """What an interrupted epoch has gathered, for a checkpoint."""
        return dict(self._columns)

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from what `state` gave; from nothing, where the run was begun without this log."""
        for name, column in state.items():
            self._columns[name].copy_(column)


def read_densities(run: Path) -> list[Density]:
    """Every epoch that `run` has recorded, oldest first; InputError if there is none, FileError on a damaged file."""
    paths = sorted((run / _FOLDER).glob("epoch_[0-9]*.npz"), key=lambda path: int(path.stem.removeprefix("epoch_")))
    if not paths:
        raise InputError(
            f"{run}: no density folder there: train under label noise with --set train.density=true, into a new --out"
        )
    return [_read(path) for path in paths]


def _read(path: Path) -> Density:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return Density(
                epoch=int(path.stem.removeprefix("epoch_")),
                modalities=tuple(arrays["modalities"].tolist()),
                **{name: arrays[name] for name in ("to_noisy", "to_clean", "wrong", "index")},
            )
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise FileError(path, "is no record of an epoch's cosines: remove it, or train again") from error
