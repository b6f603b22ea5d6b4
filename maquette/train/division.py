"""What a method made of the noise in one epoch, told from outside: its verdicts and predictions against the truth.

The method never sees anything of this: true labels stay here, and only figures leave.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from jaxtyping import Float, Int
from torch import Tensor

from maquette.methods.base import Verdicts
from maquette.metrics import correction_scores, division_scores, memorisation_scores

__all__ = ["DivisionLog"]

_UNSEEN = -2
"""Of an object that no batch of this epoch has held yet; -1 is a true label that is none of the classes."""


class DivisionLog:
    """Gathers a method's last word on every training object, batch by batch, and scores it at the epoch's end."""

    def __init__(self, true_labels: Int[Tensor, "N"], given: Int[Tensor, "N"]) -> None:
        self._true = true_labels
        self._given = given
        empty = torch.full_like(given, _UNSEEN)
        self._columns = {name: empty.clone() for name in ("clean", "corrected", "predicted")}

    def add(
        self, index: Int[Tensor, "B"], *, verdicts: Verdicts | None, probabilities: Float[Tensor, "B C"] | None
    ) -> None:
        """What the method said of the objects `index` of a batch; later words on the same object replace earlier."""
        if verdicts is not None:
            rows = verdicts.index.cpu()
            self._columns["clean"][rows] = verdicts.clean.cpu().long()
            if verdicts.corrected is not None:
                self._columns["corrected"][rows] = verdicts.corrected.cpu().long()
        if probabilities is not None:
            self._columns["predicted"][index.cpu()] = probabilities.argmax(dim=1).cpu()

    def finish(self) -> dict[str, float]:
        """The epoch's figures, each from 0 to 1, and a clean slate for the next.

        `division_…`: the clean/noisy split; `correction_…`: the corrected labels; `prediction_…`: what was learnt by
        heart. A group is left out where the method said nothing of the kind. Predictions are those made while
        training, on augmented inputs, before each step.
        """
        figures: dict[str, float] = {}
        for name, column in self._columns.items():
            seen = column != _UNSEEN
            if not seen.any():
                continue
            true, given = self._true[seen].numpy(), self._given[seen].numpy()
            said = column[seen].numpy()
            if name == "clean":
                scores = {f"division_{key}": value for key, value in division_scores(said == 1, given == true).items()}
            elif name == "corrected":
                found = correction_scores(said, true, given=given)
                scores = {f"correction_{key}": value for key, value in found.items()}
            else:
                found = memorisation_scores(said, true, given=given)
                scores = {f"prediction_{key}": value for key, value in found.items()}
            figures |= scores
            column.fill_(_UNSEEN)
        return figures

    def state(self) -> dict[str, Tensor]:
        """What an interrupted epoch has gathered, for a checkpoint."""
        return dict(self._columns)

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from what `state` gave."""
        for name, column in state.items():
            self._columns[name].copy_(column)
