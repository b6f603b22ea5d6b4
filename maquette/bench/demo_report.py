"""The demo's report: what the collection looks like, how training went, what is found by photo, scan and mesh."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from maquette.data.manifest import Item
from maquette.data.store import Store
from maquette.geometry import normalise, read_cloud, read_mesh
from maquette.geometry.cameras import ring_cameras
from maquette.geometry.render import render
from maquette.geometry.splat import splat
from maquette.plots import Figure, Section, Table, contact_sheet, save_png, top_k_sheet, training_curves, write_report
from maquette.search import Engine
from maquette.train.record import read_record
from maquette.train.run import Run

__all__ = ["pair_table", "write_demo_report"]

_PICTURE = 96
_QUERIES = 6
_K = 10
_WORDS = {"image": "photo", "pointcloud": "scan", "mesh": "mesh"}

Picture = UInt8[np.ndarray, "H W 3"]


def write_demo_report(folder: Path, *, run: Run, store: Store, results: Mapping[str, Any], engine: Engine) -> None:
    """Write `folder/index.html` and the PNGs in it; the same run gives the same pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    save_png(_contact_sheet(store, engine), folder / "collection.png")
    save_png(
        training_curves({"cmcl": read_record(run.folder)}, title="Training: terms by batch"), folder / "curves.png"
    )
    sheets = []
    for modality, words in _WORDS.items():
        path = folder / f"top10_{modality}.png"
        right = _top_k_sheet(store, engine, modality, path)
        caption = f"Ten best models for queries by {words}; {right} have the right class first."
        sheets.append(Figure(path, caption, f"Rows of query and results for queries by {words}"))
    counts = {split: len(store.rows(split)) for split in ("train", "validation", "test")}
    example = next(store.manifest.items[row] for row in store.rows("test"))
    write_report(
        folder / "index.html",
        title="Maquette: from a folder of 3D files to an answer",
        lead=f"{len(store):,} generated objects of {len(store.class_names)} classes: {counts['train']} to train on, "
        f"{counts['validation']} to validate, {counts['test']} to test. One encoder each for photos, scans and meshes "
        "was trained into one common space by Cross-modal Center Loss. Everything below is about objects that were "
        "never seen in training.",
        sections=[
            Section(
                "What is found",
                text=["Mean average precision (mAP, %) of every ordered pair: query modality, then what is searched."],
                tables=[pair_table(results)],
            ),
            Section("Searching the collection", code=_example(store, example, run), figures=sheets),
            Section(
                "The collection",
                text=[
                    "The 3D models that are searched; their photos, with random camera, light and colour, are queries."
                ],
                figures=[Figure(folder / "collection.png", "Rendered models, up to four a class.", "Models by class")],
            ),
            Section(
                "Training",
                text=[f"{results['run']['seconds']:.0f} seconds on {results['run']['provenance']['machine']}."],
                figures=[Figure(folder / "curves.png", "Terms of the objective by batch.", "Curves of the terms")],
            ),
        ],
        footer=f"Maquette {results['run']['provenance']['maquette']}, commit {results['run']['provenance']['commit']}, "
        f"data {results['run']['data']['digest'][:16]}, protocol {results['protocol']['name']}.",
    )


def pair_table(results: Mapping[str, Any]) -> Table:
    """The mAP of all pairs, a row a pair, a column a number of image views."""
    counts = list(results["views"])
    rows = []
    for pair in results["views"][counts[0]]:
        query, gallery = pair.split("->")
        if "image" in (query, gallery):
            cells = [_percent(results["views"][count][pair]["map"]) for count in counts]
        else:
            cells = [_percent(results["views"][counts[0]][pair]["map"])] + [""] * (len(counts) - 1)
        rows.append([f"{query} → {gallery}", *cells])
    header = ["query → gallery", *(f"{count} view{'' if count == '1' else 's'}" for count in counts)]
    return Table(header, rows, caption=f"Test objects, protocol {results['protocol']['name']}")


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f}"


def _contact_sheet(store: Store, engine: Engine) -> Any:
    classes: dict[str, list[Picture]] = {name: [] for name in store.class_names}
    for entry in engine.collection.index.get(engine.collection.index.ids()):
        pictures = classes[str(entry.metadata["class"])]
        if len(pictures) < 4:
            pictures.append(_load(engine.collection.thumbnail(entry.id)))
    return contact_sheet(classes, columns=4, title="The collection")


def _top_k_sheet(store: Store, engine: Engine, modality: str, path: Path) -> int:
    """Write the sheet of one query modality; how many of its queries have the right class first."""
    items = _spread([store.manifest.items[row] for row in store.rows("test")], modality)
    queries, results, names, right = [], [], [], np.zeros((len(items), _K), bool)
    for place, item in enumerate(items):
        files = store.manifest.files(item, modality)[:1]
        wanted = store.class_names[item.label]
        hits = engine.search({modality: files}, k=_K).hits
        queries.append(_query_picture(modality, files[0]))
        results.append([_load(Path(hit.thumbnail)) for hit in hits])
        names.append([str(hit.class_name) for hit in hits])
        right[place, : len(hits)] = [hit.class_name == wanted for hit in hits]
    sheet = top_k_sheet(
        queries,
        results,
        right=right,
        query_names=[store.class_names[item.label] for item in items],
        result_names=names,
        title=f"Search by {_WORDS[modality]}",
    )
    save_png(sheet, path)
    return int(right[:, 0].sum())


def _spread(items: Sequence[Item], modality: str) -> list[Item]:
    """Six items that have the modality, of different classes, evenly spread: always the same ones, no choosing."""
    first: dict[int, Item] = {}
    for item in items:
        if item.paths.get(modality):
            first.setdefault(item.label, item)
    chosen = [first[label] for label in sorted(first)]
    count = min(_QUERIES, len(chosen))
    return [chosen[place * len(chosen) // count] for place in range(count)]


def _query_picture(modality: str, path: Path) -> Picture:
    if modality == "image":
        return _load(path)
    cameras = ring_cameras(1)
    if modality == "pointcloud":
        (picture,) = splat(normalise(read_cloud(path)), cameras, resolution=_PICTURE)
    else:
        (picture,) = render(normalise(read_mesh(path)), cameras, resolution=_PICTURE)
    return np.asarray(picture)


def _load(path: Path) -> Picture:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB").resize((_PICTURE, _PICTURE), Image.Resampling.LANCZOS))


def _example(store: Store, item: Item, run: Run) -> str:
    photo = store.manifest.files(item, "image")[0]
    return f"maquette search {run.folder.parent / 'collection'} --image {os.path.relpath(photo)} -k 10"
