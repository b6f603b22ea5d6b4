"""`maquette plot`: figures from what runs left behind."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from maquette.cli.app import JsonOption, answer, app

plot = typer.Typer(help="Draw figures from runs.", no_args_is_help=True)
app.add_typer(plot, name="plot")

OutOption = Annotated[Path, typer.Option(help="The PNG to write.")]


@plot.command("curves")
def curves(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Runs' folders; several are drawn together.")],
    out: OutOption = Path("curves.png"),
    as_json: JsonOption = False,
) -> None:
    """Terms of the objective, and validation figures, by batch."""
    from maquette.errors import InputError
    from maquette.plots import save_png, training_curves
    from maquette.train.record import read_record

    records = {run.name: read_record(run) for run in runs}
    empty = [str(run) for run in runs if not records[run.name]]
    if empty:
        raise InputError(f"{', '.join(empty)}: no record there: expected a run's folder, as `maquette train` wrote it")
    save_png(training_curves(records), out)
    answer({"figure": str(out)}, as_json=as_json, text=f"wrote {out}")


@plot.command("density")
def density(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Runs' folders, trained with --set train.density=true.")
    ],
    epochs: Annotated[int, typer.Option(min=1, help="How many epochs to show, from the first to the last.")] = 4,
    out: OutOption = Path("density.png"),
    as_json: JsonOption = False,
) -> None:
    """How near wrongly labelled objects are to their noisy and to their clean centers, over epochs."""
    from maquette.plots import density_figure, save_png
    from maquette.train.density import read_densities

    names = [run.name if [other.name for other in runs].count(run.name) == 1 else str(run) for run in runs]
    recorded = {
        name: [(entry.epoch, *entry.wrongly_labelled()) for entry in read_densities(run)]
        for name, run in zip(names, runs, strict=True)
    }
    save_png(density_figure(recorded, epochs=epochs), out)
    answer({"figure": str(out)}, as_json=as_json, text=f"wrote {out}")


@plot.command("tsne")
def tsne(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A finished run's folder.")],
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the map.")] = 0,
    out: OutOption = Path("tsne.png"),
    as_json: JsonOption = False,
) -> None:
    """A map of the common space: each modality, and all together."""
    import numpy as np

    from maquette.plots import save_png, tsne_map
    from maquette.train.evaluation import best_labels, encode_run

    embedded, store, rows = encode_run(run, split=split)
    figure = tsne_map(
        embedded.representations,
        best_labels(store, rows)[0],
        class_names=store.class_names,
        rng=np.random.default_rng(seed),
        present=embedded.present,
    )
    save_png(figure, out)
    answer({"figure": str(out)}, as_json=as_json, text=f"wrote {out}")
