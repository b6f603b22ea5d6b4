"""Protocols: under which rules a retrieval score was measured.

The same representations give scores that differ by points of mAP under different rules, so each result names its own.
`paper_cmcl` and `paper_rono` measure as the papers' released code does: they keep the faults that are rules of
measuring and leave out those that nobody could repeat or that lie in the data; both are named. `clean` is ours.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from maquette.errors import UnknownNameError
from maquette.metrics.ranking import Ties

__all__ = ["CLEAN", "PAPER_CMCL", "PAPER_RONO", "PROTOCOLS", "EmptyQueries", "Protocol", "get_protocol"]

EmptyQueries = Literal["zero", "skip"]
"""A query without a relevant item in its gallery: `zero` counts it with score 0, `skip` leaves it out of the means."""


@dataclass(frozen=True)
class Protocol:
    """The rules of one evaluation.

    `exclude_self`: a query is left out of its own gallery (the same object in the same modality; the object in another
    modality always stays and is relevant). `view_counts`: the numbers of image views that are reported; which views
    is always fixed and evenly spaced. `model_choice`: how the evaluated epoch was chosen, for the record. `faults`:
    what this protocol does on purpose although it should not be done. `faults_left_out`: what the paper's code does too
    and this protocol does not, with what is done instead.
    """

    name: str
    exclude_self: bool
    ties: Ties
    empty_queries: EmptyQueries
    view_counts: tuple[int, ...]
    model_choice: str
    faults: tuple[str, ...] = ()
    faults_left_out: tuple[str, ...] = ()
    metric: Literal["cosine"] = "cosine"
    ranks: Literal["all"] = "all"

    def as_json(self) -> dict[str, Any]:
        """Every rule, as JSON values."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}


_SELF_COUNTED = "the query itself stands in its in-domain gallery and counts as relevant"
_GALLERY_ORDER = "equal scores rank in gallery order, which flatters a gallery sorted by class"
_UNSTABLE = "equal scores are sorted unstably: here they keep the gallery's order"

PAPER_CMCL = Protocol(
    name="paper_cmcl",
    exclude_self=False,
    ties="gallery_order",
    empty_queries="zero",
    view_counts=(1, 2, 4),
    model_choice="fixed checkpoint",
    faults=(_SELF_COUNTED, _GALLERY_ORDER),
    faults_left_out=(
        "image views are drawn at random of 180, unseeded: here they are evenly spaced, always the same",
        "points are drawn at random with replacement, unseeded: here an object's points are always the same",
        "test objects 312, 1091, 1178 and 1832 of ModelNet40, which have no mesh, are replaced by random others: here "
        "they stand in the pairs without meshes",
        _UNSTABLE,
    ),
)

PAPER_RONO = Protocol(
    name="paper_rono",
    exclude_self=False,
    ties="gallery_order",
    empty_queries="zero",
    # Views 0 and 2 of four, which is what two evenly spaced views are.
    view_counts=(2,),
    model_choice="last epoch",
    faults=(_SELF_COUNTED, _GALLERY_ORDER),
    faults_left_out=(
        "point features of ModelNet come from a DGCNN trained with the clean labels of the same objects, its epoch "
        "chosen on the test split: here only where those features are given, and the result says what its encoders saw",
        "files are read in the order of a directory listing, labels in another: here both are sorted, and must agree",
        _UNSTABLE,
    ),
)

CLEAN = Protocol(
    name="clean",
    exclude_self=True,
    ties="together",
    empty_queries="skip",
    view_counts=(1, 2, 4),
    model_choice="last epoch, or chosen on a validation split with given labels",
)

PROTOCOLS = {protocol.name: protocol for protocol in (CLEAN, PAPER_CMCL, PAPER_RONO)}
"""The named protocols."""


def get_protocol(name: str) -> Protocol:
    """Protocol of that name; an unknown name raises and lists the known ones.

    >>> get_protocol("clean").exclude_self
    True
    """
    if name not in PROTOCOLS:
        raise UnknownNameError("protocol", name, PROTOCOLS)
    return PROTOCOLS[name]
