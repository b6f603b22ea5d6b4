"""The built-in data set: parametric objects of 49 kinds, as models, photos and scans, made on the spot.

| | |
|---|---|
| classes | 49 in 8 groups: furniture 7, vessels 6, tools 6, machine parts 6, vehicles 6, buildings 6, lamps 5, toys 7 |
| close on purpose | 13 pairs (`CLOSE_PAIRS`): stool and table, cup and bowl, bolt and screw, car and van … |
| objects | any number; 20 a class by default: 980 |
| split | by object within each class, 70 / 10 / 20 % for train / validation / test |
| models | OFF, OBJ, STL, PLY, GLB and 3MF, evenly; 150 to 4,100 faces, half of them 700 to 1,500 |
| photos | 4 an object, 96 × 96 PNG; 0 to 55 degrees above the horizon, any azimuth, random light and color |
| scans | 2,048 points an object, PLY, XYZ or NPY; whole or from one side, noisy, turned about z |
| labels | given without noise, so true labels are known |
| size, time | 100 kB and about 45 ms of a core an object: 980 are 98 MB and take 45 s, with two workers half |

What is written is a tree of ordinary files, `models/<class>/<id>.<ext>`, `photos/<class>/<id>.<view>.png`,
`scans/<class>/<id>.<ext>`, and `manifest.json` that lists them with their checksums.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from maquette.data.datasets.base import DATASETS
from maquette.data.datasets.workshop_object import Recipe, ScanChoice, make_object, object_id
from maquette.data.datasets.workshop_photos import PhotoStyle
from maquette.data.manifest import Item, Manifest
from maquette.errors import ConfigError, UnknownNameError
from maquette.geometry.procedural import CLASSES

__all__ = ["workshop"]

_EDITION = 1
"""To be raised whenever the same recipe gives other files than before."""
_CHUNK = 4


@DATASETS.register("workshop")
def workshop(
    root: Path | str,
    *,
    objects_per_class: int = 20,
    seed: int = 0,
    classes: Sequence[str] | None = None,
    photos: int = 4,
    photo_style: PhotoStyle = "plain",
    photo_resolution: int = 96,
    scan: ScanChoice = "whole",
    scan_points: int = 2048,
    workers: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> Manifest:
    """The manifest of `objects_per_class` objects of each class, whose files are made under `root` where missing.

    `classes` picks some of the 49. `photo_style` "background" is harder than "plain": busy backgrounds, blur, grain.
    `scan` is "whole", "partial" (from one side) or "mixed" (either, evenly). The same arguments give the same bytes,
    however many processes work (`workers`; 0 works in this one). A set can grow: more objects or classes in the same
    folder make only what is new, and an interrupted call is taken up where it stopped. `on_progress(done, total)`
    counts objects. ConfigError for a value out of range, or a folder that holds a set made by another recipe.
    """
    root = Path(root).absolute()
    recipe = Recipe(seed, photos, photo_style, photo_resolution, scan, scan_points)
    names = _class_names(classes)
    _check(recipe, objects_per_class=objects_per_class, workers=workers)
    source = {"dataset": "workshop", "edition": _EDITION, **asdict(recipe)}
    wanted = [(name, number, label) for label, name in enumerate(names) for number in range(objects_per_class)]
    known = _known(root, source)
    items, tasks = [], []
    for name, number, label in wanted:
        item = known.get(object_id(name, number))
        if item is not None and _is_whole(root, item):
            items.append(Item(item.id, item.split, label, label, item.paths, item.checksums, item.metadata))
        else:
            tasks.append((name, number, label))
    if on_progress is not None:
        on_progress(len(items), len(wanted))
    if tasks:
        root.mkdir(parents=True, exist_ok=True)
        with _journal_path(root).open("a", encoding="utf-8") as journal:
            if journal.tell() == 0:
                _write_line(journal.write, source)
            for item in _make(tasks, root, recipe, workers):
                items.append(item)
                _write_line(journal.write, {**asdict(item), "label": 0, "true_label": 0})
                journal.flush()
                if on_progress is not None:
                    on_progress(len(items), len(wanted))
    manifest = Manifest("workshop", root, names, tuple(sorted(items, key=lambda item: item.id)), source)
    manifest.save(root / "manifest.json")
    _journal_path(root).unlink(missing_ok=True)
    return manifest


def _make(tasks: Sequence[tuple[str, int, int]], root: Path, recipe: Recipe, workers: int) -> Iterator[Item]:
    """The objects of all tasks, made here or by `workers` processes, in the tasks' order."""
    work = partial(_make_one, root, recipe)
    if workers == 0:
        yield from map(work, tasks)
        return
    # Spawned, not forked: a fork of a process with threads (PyTorch's) can hang.
    with ProcessPoolExecutor(min(workers, len(tasks)), mp_context=get_context("spawn")) as pool:
        try:
            yield from pool.map(work, tasks, chunksize=_CHUNK)
        finally:
            pool.shutdown(cancel_futures=True)


def _make_one(root: Path, recipe: Recipe, task: tuple[str, int, int]) -> Item:
    """One task's object; stands here by itself so that another process can be sent to it."""
    class_name, number, label = task
    return make_object(root, recipe, class_name=class_name, number=number, label=label)


def _class_names(classes: Sequence[str] | None) -> tuple[str, ...]:
    """The chosen classes, sorted, so that labels do not depend on the order in which they were named."""
    known = sorted(spec.name for spec in CLASSES)
    for name in classes or ():
        if name not in known:
            raise UnknownNameError("workshop class", name, known)
    chosen = tuple(known if classes is None else sorted(set(classes)))
    if not chosen:
        raise ConfigError("no workshop class chosen: expected at least one, or None for all")
    return chosen


def _check(recipe: Recipe, *, objects_per_class: int, workers: int) -> None:
    """Raise ConfigError for the first value that is out of its range."""
    lowest = {"photos": 0, "photo_resolution": 8, "scan_points": 1, "seed": 0}
    values = {**asdict(recipe), "objects_per_class": objects_per_class, "workers": workers}
    for name, least in {**lowest, "objects_per_class": 1, "workers": 0}.items():
        if values[name] < least:
            raise ConfigError(f"workshop {name} {values[name]}: expected {least} or more")
    for name, choices in {"photo_style": ("plain", "background"), "scan": ("whole", "partial", "mixed")}.items():
        if values[name] not in choices:
            raise ConfigError(f"workshop {name} {values[name]!r}: expected one of {', '.join(choices)}")


def _known(root: Path, source: dict[str, Any]) -> dict[str, Item]:
    """The objects that earlier calls recorded as made, by id; ConfigError if they followed another recipe."""
    found: dict[str, Item] = {}
    if (root / "manifest.json").exists():
        manifest = Manifest.load(root / "manifest.json", root=root)
        _check_source(root, dict(manifest.source), source)
        found.update((item.id, item) for item in manifest)
    if _journal_path(root).exists():
        text = _journal_path(root).read_text(encoding="utf-8")
        whole = text[: text.rfind("\n") + 1]
        if whole != text:
            # The program ended while it wrote this line; the next one must not be glued to it.
            _journal_path(root).write_text(whole, encoding="utf-8")
        records = [json.loads(line) for line in whole.splitlines()]
        if records:
            _check_source(root, records[0], source)
        for record in records[1:]:
            record["paths"] = {modality: tuple(files) for modality, files in record["paths"].items()}
            found[record["id"]] = Item(**record)
    return found


def _check_source(root: Path, there: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Raise ConfigError if a folder holds a set made in another way."""
    differing = [
        f"{key} {there.get(key)!r} instead of {wanted[key]!r}" for key in wanted if there.get(key) != wanted[key]
    ]
    if differing:
        raise ConfigError(
            f"{root} holds another data set ({', '.join(differing)}): choose an empty folder, or remove what is there"
        )


def _is_whole(root: Path, item: Item) -> bool:
    """Whether all files of an object are there, unaltered."""
    try:
        return all(
            hashlib.sha256((root / path).read_bytes()).hexdigest() == checksum
            for path, checksum in item.checksums.items()
        )
    except OSError:
        return False


def _journal_path(root: Path) -> Path:
    """The record of what is made, while not all is: a line an object, after a line that holds the recipe."""
    return root / ".workshop.jsonl"


def _write_line(write: Callable[[str], Any], record: dict[str, Any]) -> None:
    """Append a record as one line."""
    write(json.dumps(record, sort_keys=True) + "\n")
