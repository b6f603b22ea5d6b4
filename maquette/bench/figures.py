"""The papers' figures: each names the runs that it needs, of a table where there is one, and how they are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from maquette.bench.cmcl_tables import BATCHES, RUNS, cmcl_check, cmcl_rows
from maquette.bench.drawings import compare_sheets, draw_curves, draw_densities, draw_maps, draw_sheets
from maquette.bench.plan import Draw, Row, Table
from maquette.bench.rono_noise import full_check, full_row, noise_row, noise_sets
from maquette.bench.selection import EVERYTHING, SAID, Place, Selection, check_size
from maquette.errors import ConfigError

__all__ = ["cmcl_fig3", "cmcl_fig4", "cmcl_fig5", "rono_density", "rono_top5", "rono_tsne"]

_RATE = 0.4
_BOTH = ("cmcl", "rono")


def cmcl_fig3(*, size: str, configs: Path, data: Path | None = None, selection: Selection = EVERYTHING) -> Table:
    """Loss curves by size of the batch: the runs of Table 3."""
    names = {word: f"batch size {batch}" for word, batch in BATCHES.items()}
    rows = cmcl_rows(tuple(names), size=size, configs=configs, data=data, selection=selection, seeds=(0,))
    draw = partial(draw_curves, names=names, title="CMCL's loss by size of the batch")
    return _figure(
        "cmcl/fig3",
        "CMCL, Figure 3: loss by size of the batch",
        rows,
        draw,
        ("loss_curves.png",),
        size,
        _cmcl_home(size),
        cmcl_check(size, data),
    )


def cmcl_fig4(*, size: str, configs: Path, data: Path | None = None, selection: Selection = EVERYTHING) -> Table:
    """The common space by t-SNE, each modality and all together: the first run of Table 1."""
    rows = cmcl_rows(("cmcl",), size=size, configs=configs, data=data, selection=selection, seeds=(0,))
    files = tuple(f"{row.data}_{row.method}.png" for row in rows)
    home, check = _cmcl_home(size), cmcl_check(size, data)
    return _figure("cmcl/fig4", "CMCL, Figure 4: the common space", rows, draw_maps, files, size, home, check)


def cmcl_fig5(*, size: str, configs: Path, data: Path | None = None, selection: Selection = EVERYTHING) -> Table:
    """The ten best results of six queries, right and wrong marked by sign, frame and colour."""
    rows = cmcl_rows(("cmcl",), size=size, configs=configs, data=data, selection=selection, seeds=(0,))
    names = ("image", "mesh", "pointcloud")
    files = tuple(f"{row.data}_{a}_to_{b}.png" for row in rows for a in names for b in names if a != b)
    home, check = _cmcl_home(size), cmcl_check(size, data)
    return _figure("cmcl/fig5", "CMCL, Figure 5: ten best results", rows, draw_sheets, files, size, home, check)


def rono_density(*, size: str, configs: Path, data: Path | None = None, selection: Selection = EVERYTHING) -> Table:
    """How near wrongly labelled objects are to their noisy and to their clean center, over epochs."""
    rows = _rono_rows(size, configs, data, selection, "full")
    rows = tuple(replace(row, changes=(*row.changes, "train.density=true")) for row in rows)
    files = tuple(f"{data}.png" for data in dict.fromkeys(row.data for row in rows))
    title, check = "RONO: densities of wrongly labelled objects", _rono_check(rows, size, data)
    return _figure("rono/density", title, rows, draw_densities, files, size, check=check)


def rono_top5(*, size: str, configs: Path, data: Path | None = None, selection: Selection = EVERYTHING) -> Table:
    """The five best results of CMCL above those of RONO, at a noise rate of 0.4.

    There is no `full`: RONO's own clouds are frozen vectors, of which there is no picture.
    """
    rows = _rono_rows(size, configs, data, selection)
    words = ("image_to_pointcloud", "pointcloud_to_image")
    files = tuple(f"{data}_{word}.png" for data in dict.fromkeys(row.data for row in rows) for word in words)
    title = "RONO: five best results under noise 0.4, beside CMCL's"
    return _figure("rono/top5", title, rows, compare_sheets, files, size, _rono_home(size))


def rono_tsne(*, size: str, configs: Path, data: Path | None = None, selection: Selection = EVERYTHING) -> Table:
    """The common spaces of CMCL and RONO by t-SNE at a noise rate of 0.4: colour is the class, marker the modality."""
    rows = _rono_rows(size, configs, data, selection, "full")
    files = tuple(f"{row.data}_{row.method}.png" for row in rows)
    title = "RONO: the common space under noise 0.4, beside CMCL's"
    check = _rono_check(rows, size, data)
    return _figure("rono/tsne", title, rows, draw_maps, files, size, _rono_home(size), check)


def _rono_rows(size: str, configs: Path, data: Path | None, selection: Selection, *more: str) -> tuple[Row, ...]:
    smoke, full = check_size(size, "large", *more), size == "full"
    if not smoke and data is None:
        raise ConfigError(f"size {size} needs --data FOLDER with the sets (docs/data says which files): or use smoke")
    usual = ("workshop",) if smoke else ("modelnet10",)
    offered = usual if smoke else noise_sets("symmetric", full=full)
    sets = selection.data_sets(offered) if selection.sets else usual
    places = [(word, Place(method, "symmetric", _RATE, 0)) for word in sets for method in _BOTH]
    if full:
        return tuple(full_row(word, place, configs=configs, source=data) for word, place in places)
    source, large = None if smoke else data, size == "large"
    return tuple(noise_row(word, place, configs=configs, source=source, large=large) for word, place in places)


def _rono_check(rows: Sequence[Row], size: str, data: Path | None) -> Callable[[], None] | None:
    return full_check(list(dict.fromkeys(row.data for row in rows)), data) if size == "full" else None


def _figure(
    name: str,
    title: str,
    rows: tuple[Row, ...],
    draw: Draw,
    files: tuple[str, ...],
    size: str,
    home: str = "",
    check: Callable[[], None] | None = None,
) -> Table:
    smoke = size == "smoke"
    full_name = name if size == "small" else f"{name}-{size}"
    return Table(
        full_name,
        title + (": a smoke test, which shows nothing" if smoke else SAID.get(size, "")),
        rows,
        {},
        notes=() if smoke else ("How the runs came about stands beside the table that they are of.",),
        command=f"maquette reproduce {name} --size {size}" + ("" if smoke else " --data FOLDER"),
        home=home or full_name,
        draw=draw,
        figures=files,
        check=check,
    )


def _cmcl_home(size: str) -> str:
    return RUNS if size == "small" else f"{RUNS}-{size}"


def _rono_home(size: str) -> str:
    return "rono/symmetric" if size == "small" else f"rono/symmetric-{size}"
