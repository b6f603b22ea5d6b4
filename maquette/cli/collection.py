"""`maquette index create|add|remove|info|check|calibrate|duplicates`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from maquette.cli.app import JsonOption, answer, app
from maquette.cli.progress import say, stage
from maquette.cli.starting import collecting_later

index = typer.Typer(help="Make, fill and look after a collection of 3D models.", no_args_is_help=True)
app.add_typer(index, name="index")

CollectionArgument = Annotated[Path, typer.Argument(metavar="COLLECTION", help="The collection's folder.")]


@index.command("create")
def create(
    collection: CollectionArgument,
    model: Annotated[Path, typer.Option(help="An exported model, or a run's folder.")],
    name: Annotated[str | None, typer.Option(help="What to call it; the folder's name otherwise.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make an empty collection for a model's representations; the model is copied into it."""
    from maquette.search import Collection

    folder = model / "model" if (model / "run.json").is_file() else model
    made = Collection.create(collection, model=folder, name=name)
    answer(made.info(), as_json=as_json, text=f"made {collection}; next: maquette index add {collection} FOLDER")


@index.command("add")
def add(
    collection: CollectionArgument,
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Folders (class/name.ext or any tree) and files.")
    ],
    workers: Annotated[int, typer.Option(help="Processes that read files.")] = 2,
    strict: Annotated[bool, typer.Option("--strict", help="Leave with exit code 1 if any file was refused.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Add 3D models; what has not changed since is passed over, what cannot be read is reported and passed over."""
    with collecting_later():
        from maquette.search.reading import make_sandbox

        readers = make_sandbox(workers=workers) if workers else None
        if readers is not None:
            readers.start()  # what reads files imports its libraries while the collection is opened
        from maquette.search import Engine, find_sources

        engine = Engine.open(collection)
    try:
        with stage("adding") as update:
            report = engine.add(
                find_sources(paths),
                workers=workers,
                sandbox=readers,
                on_progress=lambda done, total: update(done, total, ""),
            )
    finally:
        if readers is not None:
            readers.close()
    for path, reason in report.refused:
        say(f"refused {path}: {reason}")
    text = (
        f"added {len(report.added)}, replaced {len(report.replaced)}, unchanged {len(report.unchanged)}, "
        f"refused {len(report.refused)}; {len(engine.collection.index)} items in {collection}"
        f" ({report.items_per_second:.1f} items/s read, encoded and written)"
    )
    answer(report.as_json(), as_json=as_json, text=text)
    if strict and report.refused:
        raise typer.Exit(1)


@index.command("remove")
def remove(
    collection: CollectionArgument,
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Items' ids, as `search` shows them.")],
    as_json: JsonOption = False,
) -> None:
    """Remove items by id; ids that are not there are counted, not an error."""
    from maquette.search import Collection

    opened = Collection.open(collection)
    removed = opened.remove(ids)
    values = {"removed": removed, "not_there": len(ids) - removed, "items": len(opened.index)}
    answer(values, as_json=as_json, text=f"removed {removed} of {len(ids)}; {values['items']} items left")


@index.command("info")
def info(collection: CollectionArgument, as_json: JsonOption = False) -> None:
    """Say what a collection is and how much it holds."""
    from maquette.search import Collection

    values = Collection.open(collection).info()
    lines = [f"{name:<14} {value}" for name, value in values.items() if name != "classes"]
    lines += ["classes"] + [f"  {name:<20} {count}" for name, count in values["classes"].items()]
    answer(values, as_json=as_json, text="\n".join(lines))


@index.command("check")
def check(collection: CollectionArgument, as_json: JsonOption = False) -> None:
    """Check that a collection is whole; exit code 1 if it is not."""
    from maquette.search import check_collection

    report = check_collection(collection)
    values = {"items": report.items, "problems": list(report.problems), "remarks": list(report.remarks)}
    lines = [f"problem: {line}" for line in report.problems] + [f"remark: {line}" for line in report.remarks]
    answer(values, as_json=as_json, text="\n".join([*lines, f"{report.items} items, {len(report.problems)} problems"]))
    if report.problems:
        raise typer.Exit(1)


@index.command("calibrate")
def calibrate(
    collection: CollectionArgument,
    run: Annotated[
        Path | None, typer.Option(help="A run's folder: its validation objects are searched for, by all their files.")
    ] = None,
    queries: Annotated[
        Path | None, typer.Option(help="A folder of photos, scans and meshes that are not in it, as class/name.ext.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Which items are drawn where there are too many.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Find out what scores mean in a collection; with neither option its own items are searched for, one by one."""
    import numpy as np

    from maquette.errors import InputError
    from maquette.search import Engine
    from maquette.search.calibrate import Gallery, held_out_trials, own_trials
    from maquette.search.calibrate import calibrate as fit
    from maquette.search.heldout import held_out_of_folder, held_out_of_manifest
    from maquette.search.parts import ITEM

    if run is not None and queries is not None:
        raise InputError("--run and --queries: expected one of the two, or neither")
    engine, rng = Engine.open(collection), np.random.default_rng(seed)
    gallery = Gallery.of(engine)
    trials = own_trials(engine, gallery, rng=rng)
    fitted_on = "the collection's own items, each left out in turn"
    if run is not None:
        from maquette.data.store import Store
        from maquette.train.run import Run

        manifest = Store.open(Run.open(run).prepared).manifest
        held_out = held_out_of_manifest(manifest, split="validation")
        # "More like this" has no files to be held out: it is always asked of the items.
        trials = {ITEM: trials[ITEM], **held_out_trials(engine, held_out, gallery)}
        fitted_on = f"validation objects of the run {run.resolve().name}"
    elif queries is not None:
        trials = {ITEM: trials[ITEM], **held_out_trials(engine, held_out_of_folder(queries), gallery)}
        fitted_on = f"files in {queries.resolve().name}"
    calibration, reports = fit(engine, trials, gallery, fitted_on=fitted_on, rng=rng)
    calibration.save(engine.collection.folder)
    lines = [f"{'query':<36} queries  error of cosine  of probability  coverage  absent class AUROC"]
    lines += [
        f"{name:<36} {report.queries:>7}  {report.raw_error:>15.3f}  {report.error:>14.3f}  {report.coverage:>8.3f}"
        f"  {report.absent_auroc:>18.3f}"
        for name, report in reports.items()
    ]
    lines.append(f"fitted on {fitted_on}; figures of each half are by the curve fitted on the other")
    values = {"fitted_on": fitted_on, "compositions": {name: report.as_json() for name, report in reports.items()}}
    answer(values, as_json=as_json, text="\n".join(lines))


@index.command("duplicates")
def duplicates(collection: CollectionArgument, as_json: JsonOption = False) -> None:
    """Show which items are the same shape: identical, scaled, mirrored or remeshed. Nothing is changed or removed."""
    from maquette.search import Collection
    from maquette.search.duplicates import find_duplicates

    with stage("comparing shapes") as update:
        report = find_duplicates(Collection.open(collection), on_progress=lambda done, total: update(done, total, ""))
    for path, reason in report.refused:
        say(f"refused {path}: {reason}")
    lines = []
    for group in report.groups:
        lines.append(f"{group.tier}: {', '.join(group.ids)}")
        lines += [f"    {pair.sentence()}" for pair in group.pairs]
    lines.append(f"{len(report.groups)} groups among {report.compared} items")
    answer(report.as_json(), as_json=as_json, text="\n".join(lines))
