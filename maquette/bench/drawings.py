"""Figures of finished runs: each function draws into a folder and returns the files. The same runs, the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from maquette.bench.pictures import picture
from maquette.bench.plan import Ran
from maquette.data.store import Store
from maquette.encoders import Embedded
from maquette.plots import density_figure, save_png, top_k_sheet, training_curves, tsne_map
from maquette.train.density import read_densities
from maquette.train.evaluation import encode_run
from maquette.train.record import read_record

__all__ = ["compare_sheets", "draw_curves", "draw_densities", "draw_maps", "draw_sheets", "rank"]

_CLASSES = 10
_QUERIES = 6


def draw_curves(ran: Sequence[Ran], out: Path, *, names: Mapping[str, str], title: str) -> list[Path]:
    """Every term of the loss and their sum over batches, a line a run of one set; `names` are the legend's."""
    records = {}
    for one in ran:
        entries = [entry for entry in read_record(one.run) if entry["kind"] == "train"]
        records[names[one.row.method]] = [
            {**entry, "values": {"loss": sum(entry["values"].values()), **entry["values"]}} for entry in entries
        ]
    path = out / "loss_curves.png"
    save_png(training_curves(records, title=f"{title} on {ran[0].row.data}"), path)
    return [path]


def draw_densities(ran: Sequence[Ran], out: Path) -> list[Path]:
    """Cosines of wrongly labelled objects to their two centers over epochs, a row a method, a file a data set."""
    paths = []
    for data, runs in _by_data(ran).items():
        recorded = {
            one.row.method.upper(): [(entry.epoch, *entry.wrongly_labelled()) for entry in read_densities(one.run)]
            for one in runs
        }
        paths.append(out / f"{data}.png")
        title = f"Wrongly labelled objects of {data} (noise {runs[0].row.rate:g}): similarity to their two centers"
        save_png(density_figure(recorded, title=title), paths[-1])
    return paths


def draw_maps(ran: Sequence[Ran], out: Path) -> list[Path]:
    """The common space by t-SNE, a file a run: colour is the class, marker the modality; the ten largest classes."""
    paths = []
    for one in ran:
        embedded, store, rows = encode_run(one.run, split="test")
        labels = store.manifest.true_labels()[rows]
        classes, counts = np.unique(labels, return_counts=True)
        of_classes = f" of the {_CLASSES} largest of {len(classes)} classes" if len(classes) > _CLASSES else ""
        kept = np.isin(labels, classes[np.argsort(-counts, kind="stable")[:_CLASSES]])
        figure = tsne_map(
            {name: values[kept] for name, values in embedded.representations.items()},
            labels[kept],
            class_names=store.class_names,
            rng=np.random.default_rng(0),
            present={name: there[kept] for name, there in embedded.present.items()},
            title=f"{one.row.method.upper()} on {one.row.data}, test objects{of_classes}{_noise(one)}",
        )
        paths.append(out / f"{one.row.data}_{one.row.method}.png")
        save_png(figure, paths[-1])
    return paths


def draw_sheets(ran: Sequence[Ran], out: Path, *, depth: int = 10) -> list[Path]:
    """The first `depth` results of six queries, a file a run and pair of different modalities."""
    paths = []
    for one in ran:
        embedded, _, rows = encode_run(one.run, split="test")
        store = Store.open(one.store)
        names = sorted(embedded.representations)
        for query, gallery in [(a, b) for a in names for b in names if a != b]:
            paths.append(out / f"{one.row.data}_{query}_to_{gallery}.png")
            title = f"{one.row.method.upper()} on {one.row.data}: {query} to {gallery}{_noise(one)}"
            _sheet(paths[-1], store, rows, query, gallery, {"": embedded}, depth=depth, title=title)
    return paths


def compare_sheets(ran: Sequence[Ran], out: Path, *, depth: int = 5) -> list[Path]:
    """The first `depth` results of the same queries by each run, one above the other; a file a data set and pair."""
    paths = []
    for data, runs in _by_data(ran).items():
        encoded = {one.row.method.upper(): encode_run(one.run, split="test") for one in runs}
        rows = next(iter(encoded.values()))[2]
        store = Store.open(runs[0].store)
        for query, gallery in (("image", "pointcloud"), ("pointcloud", "image")):
            paths.append(out / f"{data}_{query}_to_{gallery}.png")
            title = f"{data}: {query} to {gallery}{_noise(runs[0])}"
            by_name = {f"{name}: ": embedded for name, (embedded, _, _) in encoded.items()}
            _sheet(paths[-1], store, rows, query, gallery, by_name, depth=depth, title=title)
    return paths


def rank(queries: Float[np.ndarray, "Q D"], gallery: Float[np.ndarray, "G D"]) -> Int[np.ndarray, "Q G"]:
    """Places in the gallery of each query's results by cosine, best first; equal ones in the gallery's order."""
    unit = [values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-12) for values in (queries, gallery)]
    order: Int[np.ndarray, "Q G"] = np.argsort(-(unit[0] @ unit[1].T), axis=1, kind="stable")
    return order


def _sheet(
    path: Path,
    store: Store,
    rows: Int[np.ndarray, "N"],
    query: str,
    gallery: str,
    encoded: Mapping[str, Embedded],
    *,
    depth: int,
    title: str,
) -> None:
    labels = store.manifest.true_labels()[rows]
    first = next(iter(encoded.values()))
    asked = _spread(labels, first.present[query], _QUERIES if len(encoded) == 1 else _QUERIES // 2)
    there = np.flatnonzero(first.present[gallery])
    places = [(place, name) for place in asked for name in encoded]
    found = {
        name: there[rank(one.representations[query][asked], one.representations[gallery][there])[:, :depth]]
        for name, one in encoded.items()
    }
    results = np.array([found[name][list(asked).index(place)] for place, name in places])
    asked_pictures = {place: picture(store, int(rows[place]), query) for place in asked}
    hit_pictures = {hit: picture(store, int(rows[hit]), gallery) for hit in np.unique(results)}
    sheet = top_k_sheet(
        [asked_pictures[place] for place, _ in places],
        [[hit_pictures[hit] for hit in hits] for hits in results],
        right=labels[results] == labels[[place for place, _ in places]][:, None],
        query_names=[name + store.class_names[labels[place]] for place, name in places],
        result_names=[[store.class_names[labels[hit]] for hit in hits] for hits in results],
        title=title,
    )
    save_png(sheet, path)


def _spread(labels: Int[np.ndarray, "N"], present: np.ndarray, count: int) -> list[int]:
    """The first object of each of `count` classes, evenly spaced: always the same ones, no choosing."""
    firsts = [int(np.flatnonzero(present & (labels == label))[0]) for label in np.unique(labels[present])]
    count = min(count, len(firsts))
    return [firsts[place * len(firsts) // count] for place in range(count)]


def _by_data(ran: Sequence[Ran]) -> dict[str, list[Ran]]:
    return {data: [one for one in ran if one.row.data == data] for data in dict.fromkeys(one.row.data for one in ran)}


def _noise(one: Ran) -> str:
    return f" ({one.row.kind} noise {one.row.rate:g})" if one.row.rate else ""
