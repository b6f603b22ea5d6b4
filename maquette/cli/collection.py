"""`maquette index create|add|remove|info|check` and `maquette search`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from maquette.cli.app import JsonOption, answer, app
from maquette.cli.progress import say, stage

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
    from maquette.search import Engine

    engine = Engine.open(collection)
    with stage("adding") as update:
        report = engine.add_paths(paths, workers=workers, on_progress=lambda done, total: update(done, total, ""))
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


@app.command()
def search(
    collection: CollectionArgument,
    image: Annotated[list[Path] | None, typer.Option(help="A photo to search by; may be given several times.")] = None,
    points: Annotated[
        list[Path] | None, typer.Option(help="A point cloud (scan) to search by; may be repeated.")
    ] = None,
    mesh: Annotated[list[Path] | None, typer.Option(help="A mesh to search by; may be repeated.")] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="How many items to show.")] = 10,
    where: Annotated[
        list[str] | None,
        typer.Option(help="Only items that match: class=chair, faces<5000, class in chair,table; may be repeated."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Find the items nearest to photos, scans and meshes; several files make one query."""
    from maquette.index import parse_where
    from maquette.search import Engine

    queries = {"image": image or [], "pointcloud": points or [], "mesh": mesh or []}
    began = time.perf_counter()
    engine = Engine.open(collection)
    opening = time.perf_counter() - began
    found = engine.search(queries, k=k, where=parse_where(where or []))
    lines = [f"{hit.rank:>3}  {hit.score:6.3f}  {hit.class_name or '-':<18} {hit.id}" for hit in found.hits]
    took = sum(found.seconds.values())
    lines.append(
        f"{len(found.hits)} of {found.items} items, search {1000 * took:.0f} ms "
        f"(opening the model {1000 * opening:.0f} ms)"
    )
    answer(found.as_json(), as_json=as_json, text="\n".join(lines))
