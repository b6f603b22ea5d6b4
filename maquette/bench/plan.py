"""A table as it is planned: its rows, what stands beside them, and what is drawn of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

__all__ = ["Cell", "Draw", "Ran", "Row", "Table"]


@dataclass(frozen=True)
class Row:
    """One run of a table: a configuration file, what is changed in it, and where the result belongs in the table.

    `method` is the row's word in the table: a method, or a variant of one. `rate` is a rate of noise of this `kind`.
    With a `projection` nothing is trained: it is fitted on the configuration's frozen representations. `data` is the
    data set's word in tables of several; rows of one `place` share its files, arrays and frozen vectors, over tables.
    With `start` the encoders begin with those of the run of that configuration, which is the place's too.
    """

    method: str
    rate: float
    seed: int
    config: Path
    changes: tuple[str, ...] = ()
    kind: str = "symmetric"
    projection: str | None = None
    data: str = ""
    place: str = ""
    start: Path | None = None

    @property
    def name(self) -> str:
        """The row's file name, without its ending; symmetric noise, the usual kind, goes without saying.

        >>> Row("rono", 0.4, 0, Path("rono.toml")).name
        'rono_40_seed0'
        >>> Row("rono", 0.4, 0, Path("rono.toml"), kind="asymmetric").name
        'rono_asymmetric_40_seed0'
        >>> Row("rono", 0.4, 0, Path("rono.toml"), data="modelnet40").name
        'modelnet40_rono_40_seed0'
        """
        data = f"{self.data}_" if self.data else ""
        kind = "" if self.kind == "symmetric" else f"{self.kind}_"
        return f"{data}{self.method}_{kind}{100 * self.rate:02.0f}_seed{self.seed}"


@dataclass(frozen=True)
class Ran:
    """A row that has been run: its run's folder, and the store that holds its objects' pictures and shapes."""

    row: Row
    run: Path
    store: Path


class Cell(NamedTuple):
    """Where a figure stands: data set, row, noise ("" where that is not the question), pair, number of image views."""

    data: str
    row: str
    noise: str
    pair: str
    views: str = ""


Draw = Callable[[Sequence[Ran], Path], Sequence[Path]]
"""Draws a figure of finished runs into a folder and returns the files, of which there is at least one."""


@dataclass(frozen=True)
class Table:
    """Rows that belong together, and what stands beside them.

    `protocols` leads from a protocol's name to whether only pairs of different modalities are published under it.
    `paper` are the published figures in percent, for symmetric noise: (label, pair) to a figure a rate; `paper_of` says
    which row a label stands beside. With `columns` ("noise", "views" or "row") ours stand beside the `published` cell
    by cell; images count at each number of `views`. A figure is what `draw` makes, as the files `figures`, of rows of
    the table `home`. `baseline` is the row of an ablation that has all parts. `check` is called before any row begins,
    and raises what it finds wrong with the data's folder.
    """

    name: str
    title: str
    rows: tuple[Row, ...]
    protocols: Mapping[str, bool]
    paper: Mapping[tuple[str, str], Mapping[float, float]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    command: str = ""
    paper_of: Mapping[str, str] = field(default_factory=dict)
    columns: str = ""
    published: Mapping[Cell, float] = field(default_factory=dict)
    views: tuple[int, ...] = ()
    home: str = ""
    draw: Draw | None = None
    figures: tuple[str, ...] = ()
    check: Callable[[], None] | None = None
    baseline: str = ""
