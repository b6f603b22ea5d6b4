"""RONO's ablation: its terms switched off one by one, and each of them alone, at a noise rate of 0.4.

Feng et al., RONO: Robust Discriminative Learning with Noisy Labels for 2D-3D Cross-Modal Retrieval, CVPR 2023. The
terms are the vanilla and the robust center loss (blended over the warm-up), the multimodal gap, and the classification
of representations.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from maquette.bench.ablation import ablation_table
from maquette.bench.rono_mnist3d import mnist3d_changes, mnist3d_place
from maquette.bench.rono_workshop import workshop_changes, workshop_place
from maquette.bench.rows import Table
from maquette.bench.selection import EVERYTHING, Selection, check_size

__all__ = ["VARIANTS", "rono_ablation_mnist3d", "rono_ablation_workshop"]

_NO_CENTER, _NO_GAP, _NO_CLASSIFICATION = "weight_center=0.0", "weight_gap=0.0", "weight_classification=0.0"

VARIANTS: Mapping[str, tuple[str, ...]] = {
    "full": (),
    "no_vanilla": ("center_loss=robust",),
    "no_robust": ("center_loss=vanilla",),
    "no_center": (_NO_CENTER,),
    "no_gap": (_NO_GAP,),
    "no_classification": (_NO_CLASSIFICATION,),
    "only_center": (_NO_GAP, _NO_CLASSIFICATION),
    "only_vanilla": ("center_loss=vanilla", _NO_GAP, _NO_CLASSIFICATION),
    "only_robust": ("center_loss=robust", _NO_GAP, _NO_CLASSIFICATION),
    "only_gap": (_NO_CENTER, _NO_CLASSIFICATION),
    "only_classification": (_NO_CENTER, _NO_GAP),
}
"""Rows of the ablation, and what each changes in the method's options."""

_RATES = (0.4,)

_NOTES = (
    "full is RONO. no_vanilla has the robust center loss alone from the first epoch, no_robust the vanilla one to the "
    "last; no_center has neither. The gap is the multimodal gap (MG), classification that of representations (CRC).",
    "Without a center loss the centers stay as they were drawn: what such a row calls clean means nothing.",
)


def rono_ablation_mnist3d(
    *, size: str, configs: Path, data: Path | None = None, selection: Selection = EVERYTHING
) -> Table:
    """The ablation on 3D MNIST: sizes and data as in `rono/mnist3d`; `full` has RONO's own networks and constants."""
    smoke = check_size(size, "full")
    own = {"smoke": ("method.options.warm_up=2", "train.epochs=3"), "full": ("method.options={}",)}
    return ablation_table(
        "rono/ablation/mnist3d",
        "RONO's ablation on 3D MNIST",
        VARIANTS,
        selection,
        config=configs / "mnist3d" / "rono.toml",
        changes=(*mnist3d_changes(size=size, data=data), *own.get(size, ())),
        rates=_RATES,
        protocols={"paper_rono": True, "clean": False},
        notes=_NOTES,
        size=size,
        command_end="" if smoke else " --data FOLDER",
        place=mnist3d_place(size),
    )


def rono_ablation_workshop(
    *, size: str, configs: Path, data: Path | None = None, selection: Selection = EVERYTHING
) -> Table:
    """The ablation on the built-in set: sizes as in `rono/workshop`; `data` is not read."""
    smoke = check_size(size)
    short = ("method.options.warm_up=2",) if smoke else ()
    return ablation_table(
        "rono/ablation/workshop",
        "RONO's ablation on the built-in set",
        VARIANTS,
        selection,
        config=configs / "workshop" / "rono.toml",
        changes=(*workshop_changes(size=size), *short),
        rates=_RATES,
        protocols={"clean": False},
        notes=_NOTES,
        size=size,
        command_end="",
        place=workshop_place(size),
    )
