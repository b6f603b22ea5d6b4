"""Ablations: one method with parts of it switched off, under symmetric noise, as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from maquette.bench.rows import Row, Table
from maquette.bench.selection import SAID, Selection

__all__ = ["ablation_table"]


def ablation_table(
    name: str,
    title: str,
    variants: Mapping[str, tuple[str, ...]],
    selection: Selection,
    *,
    config: Path,
    changes: tuple[str, ...],
    rates: Sequence[float],
    protocols: Mapping[str, bool],
    notes: tuple[str, ...],
    size: str,
    command_end: str,
    place: str,
) -> Table:
    """A row a variant, rate and seed: the configuration with `changes`, and the variant's own in the method's options.

    The first variant is the whole, which the others are compared with. Rows share the data and frozen vectors of
    `place`. Smoke: the last rate and seed 0, else seeds 0, 1 and 2.
    """
    smoke = size == "smoke"
    offered = rates[-1:] if smoke else rates
    places = selection.places(tuple(variants), {"symmetric": tuple(offered)}, seeds=(0,) if smoke else (0, 1, 2))
    rows = tuple(
        Row(
            chosen.name,
            chosen.rate,
            chosen.seed,
            config,
            (
                *changes,
                *(f"method.options.{option}" for option in variants[chosen.name]),
                f"noise.rate={chosen.rate}",
                f"train.seed={chosen.seed}",
            ),
            place=place,
        )
        for chosen in places
    )
    return Table(
        name if size == "small" else f"{name}-{size}",
        title + SAID.get(size, ""),
        rows,
        protocols,
        {},
        () if smoke else notes,
        f"maquette reproduce {name} --size {size}{command_end}",
        baseline=next(iter(variants)),
    )
