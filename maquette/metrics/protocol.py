"""Protocols: under which rules a retrieval score was measured.

The same representations give scores that differ by points of mAP under different rules, so each result names its own.
`paper_cmcl` and `paper_rono` do what the papers' released code does, faults included and named; `clean` is ours.
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
    what this protocol does on purpose although it should not be done.
    """

    name: str
    exclude_self: bool
    ties: Ties
    empty_queries: EmptyQueries
    view_counts: tuple[int, ...]
    model_choice: str
    faults: tuple[str, ...] = ()
    metric: Literal["cosine"] = "cosine"
    ranks: Literal["all"] = "all"

    def as_json(self) -> dict[str, Any]:
        """Every rule, as JSON values."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}


_SELF_COUNTED = "the query itself stands in its in-domain gallery and counts as relevant"
_GALLERY_ORDER = "equal scores rank in gallery order, which flatters a gallery sorted by class"

PAPER_CMCL = Protocol(
    name="paper_cmcl",
    exclude_self=False,
    # Differs: the released code sorts unstably and draws its views at random, unseeded; here both are fixed.
    ties="gallery_order",
    empty_queries="zero",
    view_counts=(1, 2, 4),
    model_choice="fixed checkpoint",
    faults=(_SELF_COUNTED, _GALLERY_ORDER),
)

PAPER_RONO = Protocol(
    name="paper_rono",
    exclude_self=False,
    # Differs: the released code sorts unstably.
    ties="gallery_order",
    empty_queries="zero",
    # Views 0 and 2 of four, which is what two evenly spaced views are.
    view_counts=(2,),
    model_choice="last epoch",
    faults=(_SELF_COUNTED, _GALLERY_ORDER),
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
