"""Which rows of a table are meant: by name, kind and rate of noise, and seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from maquette.errors import ConfigError, UnknownNameError

__all__ = ["EVERYTHING", "SAID", "SIZES", "Place", "Selection", "check_size"]

SIZES = ("smoke", "small", "large", "full")
"""A test in minutes with figures of no meaning; what two CPU cores can do; what one GPU does in minutes, with the
paper's networks (half as wide where vectors are frozen) on the data at hand; the paper's own settings and files.

Every table has the first two; which have the others, `maquette.bench.reproduce` says."""

SAID = {
    "smoke": ": a smoke test, whose figures mean nothing",
    "large": ": large networks",
    "full": ": the paper's own settings",
}
"""What a table's title says of its size; `small` goes without saying."""


@dataclass(frozen=True)
class Place:
    """Where a row stands: its name in the table, the noise it is under, and its seed of training."""

    name: str
    kind: str
    rate: float
    seed: int


@dataclass(frozen=True)
class Selection:
    """What is asked for; what is left empty means all that the table has."""

    only: Sequence[str] = ()
    kinds: Sequence[str] = ()
    rates: Sequence[float] = ()
    seeds: Sequence[int] = ()
    sets: Sequence[str] = ()

    def data_sets(self, names: Sequence[str]) -> tuple[str, ...]:
        """Those of the table's data sets that are asked for; UnknownNameError for one that it does not have."""
        for name in self.sets:
            if name not in names:
                raise UnknownNameError("data set of this table", name, names)
        return tuple(name for name in names if not self.sets or name in self.sets)

    def places(
        self,
        names: Sequence[str],
        noises: Mapping[str, Sequence[float]],
        *,
        usual: Mapping[str, Sequence[float]] | None = None,
        seeds: Sequence[int] = (0, 1, 2),
    ) -> tuple[Place, ...]:
        """The places of a table of `names` under `noises` (kind to rates), seed by seed, then kind, rate and name.

        Seed by seed, so that a table that is not finished yet is level. Where no rate is asked for, those of `usual`
        are meant (by default all). Any seed may be asked for. UnknownNameError and ConfigError for what the table does
        not have, and for a choice that leaves no row.
        """
        for name in self.only:
            if name not in names:
                raise UnknownNameError("row of this table", name, names)
        for kind in self.kinds:
            if kind not in noises:
                raise UnknownNameError("kind of noise in this table", kind, noises)
        known = sorted({rate for rates in noises.values() for rate in rates})
        for rate in self.rates:
            if rate not in known:
                raise ConfigError(f"rate {rate:g}: expected some of {', '.join(map(str, known))}")
        offered = noises if self.rates or usual is None else usual
        wanted = [
            (kind, rate)
            for kind, rates in offered.items()
            for rate in rates
            if (not self.kinds or kind in self.kinds) and (not self.rates or rate in self.rates)
        ]
        if not wanted:
            rates = ", ".join(f"{kind}: {' '.join(map(str, rates))}" for kind, rates in noises.items())
            raise ConfigError(f"no row has noise of that kind at that rate: expected {rates}")
        return tuple(
            Place(name, kind, rate, seed)
            for seed in self.seeds or seeds
            for kind, rate in wanted
            for name in names
            if not self.only or name in self.only
        )


EVERYTHING = Selection()
"""All rows of a table."""


def check_size(size: str, *more: str) -> bool:
    """Whether the size is the smoke test; ConfigError for one that is not smoke, small or one of `more`."""
    sizes = (*SIZES[:2], *more)
    if size not in sizes:
        raise ConfigError(f"size {size!r}: expected {' or '.join(sizes)}")
    return size == "smoke"
