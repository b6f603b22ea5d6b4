"""Consensus's ablation: what each part of the votes and each term of the objective brings, at rates 0.4 and 0.8."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from maquette.bench.ablation import ablation_table
from maquette.bench.rono_mnist3d import mnist3d_changes, mnist3d_place
from maquette.bench.rono_workshop import workshop_changes, workshop_place
from maquette.bench.rows import Table
from maquette.bench.selection import EVERYTHING, Selection, check_size

__all__ = ["PARTS", "consensus_ablation_mnist3d", "consensus_ablation_workshop"]

PARTS: Mapping[str, tuple[str, ...]] = {
    "full": (),
    "no_votes": ("votes=false",),
    "one_vote": ("every=1000",),
    "all_along": ("growth=0.0",),
    "no_average": ("momentum=0.0",),
    "apart": ("apart=true",),
    "no_linear": ("linear=false",),
    "no_predictions": ("predictions=false",),
    "no_residual": ("residual=false",),
    "few_asked": ("neighbours=8",),
    "sharpness_1": ("sharpness=1.0",),
    "sharpness_3": ("sharpness=3.0",),
    "as_sure": ("held=false",),
    "no_center": ("weight_center=0.0",),
    "no_semantic": ("weight_semantic=0.0",),
    "no_contrast": ("weight_contrast=0.0",),
    "no_gap": ("weight_gap=0.0",),
    "even_gap": ("gap_if_open=0.0",),
}
"""Rows of the ablation, and what each changes in the method's options."""

_RATES = (0.4, 0.8)

_NOTES = (
    "full is consensus. no_votes trains the same terms on the given labels. one_vote votes before the first epoch "
    "only, all_along every third epoch to the end, no_average takes the newest votes as targets, apart asks each "
    "modality by itself too, no_linear asks no ridge regression, no_predictions not the network itself, no_residual "
    "brings no given labels back, few_asked asks 8 neighbours at any rate. sharpness_1 and sharpness_3 set γ, which is "
    "1 for classes of up to 64 objects: there sharpness_1 is full. as_sure does not hold T to how alike the labels of "
    "one class are. even_gap does not weigh the gap by how open the targets are.",
)


def consensus_ablation_mnist3d(
    *, size: str, configs: Path, data: Path | None = None, selection: Selection = EVERYTHING
) -> Table:
    """The ablation on 3D MNIST: sizes and data as in `rono/mnist3d`."""
    smoke = check_size(size)
    return ablation_table(
        "consensus/ablation/mnist3d",
        "Consensus's ablation on 3D MNIST",
        PARTS,
        selection,
        config=configs / "mnist3d" / "consensus.toml",
        changes=mnist3d_changes(size=size, data=data),
        rates=_RATES,
        protocols={"paper_rono": True, "clean": False},
        notes=_NOTES,
        size=size,
        command_end="" if smoke else " --data FOLDER",
        place=mnist3d_place(size),
    )


def consensus_ablation_workshop(
    *, size: str, configs: Path, data: Path | None = None, selection: Selection = EVERYTHING
) -> Table:
    """The ablation on the built-in set: sizes as in `rono/workshop`; `data` is not read."""
    return ablation_table(
        "consensus/ablation/workshop",
        "Consensus's ablation on the built-in set",
        PARTS,
        selection,
        config=configs / "workshop" / "consensus.toml",
        changes=workshop_changes(size=size),
        rates=_RATES,
        protocols={"clean": False},
        notes=_NOTES,
        size=size,
        command_end="",
        place=workshop_place(size),
    )
