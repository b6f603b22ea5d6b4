"""`maquette search`: by photos, scans, meshes and items; by a folder of them; and why an item was found."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from maquette.cli.app import JsonOption, answer, app
from maquette.cli.collection import CollectionArgument
from maquette.cli.progress import say, stage
from maquette.cli.starting import collecting_later

if TYPE_CHECKING:
    from maquette.search import Answer, Engine, Part

_Paths = list[Path] | None
_Texts = list[str] | None


@app.command()
def search(
    collection: CollectionArgument,
    image: Annotated[_Paths, typer.Option(help="A photo to search by; may be given several times.")] = None,
    points: Annotated[_Paths, typer.Option(help="A point cloud (scan) to search by; may be repeated.")] = None,
    mesh: Annotated[_Paths, typer.Option(help="A mesh to search by; may be repeated.")] = None,
    like: Annotated[_Texts, typer.Option(help="An item's id: more like this; may be repeated.")] = None,
    unlike: Annotated[_Texts, typer.Option(help="An item's id or a file: not like this; may be repeated.")] = None,
    weight: Annotated[
        list[float] | None,
        typer.Option(
            help="How much a part counts: one for each, in the order photos, scans, meshes, like, unlike. "
            "1 where none is given, 0.5 for unlike."
        ),
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="How many items to show.")] = 10,
    where: Annotated[
        _Texts,
        typer.Option(help="Only items that match: class=chair, faces<5000, class in chair,table; may be repeated."),
    ] = None,
    why: Annotated[
        str | None, typer.Option(metavar="ID", help="Say why this item was found, in place of a list.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Search by every file of a folder, each on its own; needs --csv.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="The table that --folder writes.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Find the items nearest to photos, scans, meshes and items; several of them make one query."""
    from maquette.errors import InputError
    from maquette.index import parse_where

    parts = _parts({"image": image, "pointcloud": points, "mesh": mesh}, like or [], unlike or [], weight)
    if (folder is None) != (csv is None) or (folder is not None and (parts or why is not None)):
        raise InputError("--folder DIR and --csv FILE: expected both, without other queries and without --why")
    began = time.perf_counter()
    with collecting_later():
        from maquette.search.reading import make_sandbox

        sandbox = make_sandbox()
        if sandbox is not None and (folder is not None or any(part.path is not None for part in parts)):
            sandbox.start()  # what reads files imports its libraries while the collection is opened
        from maquette.search import Engine

        engine = Engine.open(collection, sandbox=sandbox)
    opening = time.perf_counter() - began
    if folder is not None and csv is not None:
        _search_folder(engine, folder, csv, k=k, where=where or [], as_json=as_json)
    elif why is not None:
        explanation = engine.explain(parts, why)
        answer(explanation.as_json(), as_json=as_json, text=explanation.text())
    else:
        found = engine.search_parts(parts, k=k, where=parse_where(where or []))
        for path, reason in found.refused:
            say(f"refused {path}: {reason}")
        answer(found.as_json(), as_json=as_json, text="\n".join(_lines(found, opening)))


def _parts(files: dict[str, _Paths], like: list[str], unlike: list[str], weights: list[float] | None) -> list[Part]:
    from maquette.errors import InputError
    from maquette.search import UNLIKE, Part
    from maquette.search.heldout import guess_modality

    named = [(name, path, None, 1.0) for name, paths in files.items() for path in paths or []]
    liked = [(None, None, id_, 1.0) for id_ in like]
    avoided = [
        (guess_modality(Path(text)), Path(text), None, UNLIKE) if Path(text).is_file() else (None, None, text, UNLIKE)
        for text in unlike
    ]
    everything = [*named, *liked, *avoided]
    if weights is not None and (len(weights) != len(everything) or min(weights) < 0):
        raise InputError(
            f"--weight {', '.join(map(str, weights))}: expected {len(everything)}, one for each part, of 0 or more"
        )
    return [
        Part(modality, path, item, default if weights is None else (weights[place] if default > 0 else -weights[place]))
        for place, (modality, path, item, default) in enumerate(everything)
    ]


def _lines(found: Answer, opening: float) -> list[str]:
    lines = ["nothing like this here; the nearest are:"] if found.rejected else []
    for hit in found.hits:
        chance = "" if hit.probability is None else f"  {hit.probability:4.2f} {hit.band:<7}"
        lines.append(f"{hit.rank:>3}  {hit.score:6.3f}{chance}  {hit.class_name or '-':<18} {hit.id}")
    if found.covering is not None and not found.rejected:
        lines.append(f"the first {found.covering} contain a right one in 90 % of queries like this")
    took = sum(found.seconds.values())
    lines.append(
        f"{len(found.hits)} of {found.items} items, search {1000 * took:.0f} ms "
        f"(opening the model {1000 * opening:.0f} ms)"
    )
    return lines


def _search_folder(engine: Engine, folder: Path, csv: Path, *, k: int, where: list[str], as_json: bool) -> None:
    from maquette.index import parse_where
    from maquette.search.batch import as_csv, search_folder

    with stage("searching") as update:
        rows = list(
            search_folder(
                engine, folder, k=k, where=parse_where(where), on_progress=lambda done, total: update(done, total, "")
            )
        )
    refused = [(row.query, row.refused) for row in rows if row.answer is None]
    for query, reason in refused:
        say(f"refused {query}: {reason}")
    # A byte order mark tells a spreadsheet that this is UTF-8; line ends are the format's own.
    csv.write_text(as_csv(rows), encoding="utf-8-sig", newline="")
    values = {
        "queries": len(rows),
        "refused": [{"path": path, "reason": reason} for path, reason in refused],
        "csv": str(csv),
    }
    answer(values, as_json=as_json, text=f"{len(rows)} queries, {len(refused)} refused; answers in {csv}")
