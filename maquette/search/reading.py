"""From files to arrays for the encoders, in confined processes that may die of a file: it costs one refusal.

What is done with the files is in `item.py`; what holds the processes is in `maquette.ingest`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from maquette.errors import FileError, InputError, MaquetteError, UnknownNameError
from maquette.geometry import Cloud, Mesh
from maquette.ingest import OWN_FILES, Limits, Refused, Sandbox, bring_in, can_confine
from maquette.modalities import Arrays
from maquette.search.item import Settings, build_modalities, read_item, read_query_files
from maquette.search.sources import Source

__all__ = [
    "READER_MODULES",
    "Reading",
    "Refusal",
    "build_modalities",
    "make_sandbox",
    "read_geometry",
    "read_query",
    "read_source",
    "read_sources",
]

_READ_AHEAD = 4
"""Items a worker may be ahead of the one that is waited for; bounds the memory that readings wait in."""
_FUNCTIONS = "maquette.search.item"

READER_MODULES = (_FUNCTIONS, "scipy.spatial")
"""What readers import before they are confined: what the functions import only when they need it stands here too."""


@dataclass(frozen=True)
class Reading:
    """One item, ready for the encoders; `metadata` says what it is and what was assumed, `thumbnail` is a PNG."""

    source: Source
    arrays: Mapping[str, Arrays]
    metadata: Mapping[str, Any]
    thumbnail: bytes


@dataclass(frozen=True)
class Refusal:
    """One item that cannot be read: the file at fault and one line of reason."""

    source: Source
    path: str
    reason: str


def make_sandbox(limits: Limits = OWN_FILES, *, workers: int = 1) -> Sandbox | None:
    """Return a sandbox whose readers know models, scans and photos; None where the system cannot confine (Windows)."""
    return Sandbox(limits, modules=READER_MODULES, workers=workers) if can_confine() else None


def read_source(
    source: Source, settings: Settings, *, seed: int, limits: Limits = OWN_FILES, sandbox: Sandbox | None = None
) -> Reading | Refusal:
    """Return one item in every modality that has a file of its own or can be derived from the geometry.

    Read in the sandbox, by its limits; without one in this process, which a file may then crash or hang. Whatever a
    parser raises refuses the item, but for errors that no other file would cure (a package that is not installed).
    """
    try:
        if sandbox is not None:
            return _confined_item(source, settings, seed, sandbox)
        item = read_item(source, settings, seed=seed, limits=limits)
        facts = _about(source, source.checksum(), sum((source.root / path).stat().st_size for path in source.files))
        return Reading(source, item.arrays, {**facts, **item.facts}, item.thumbnail)
    except FileError as error:
        return Refusal(source, error.path, _line(error.reason))
    except MaquetteError as error:
        if not isinstance(error, InputError):
            raise
        return Refusal(source, str(source.root / source.files[0]), _line(str(error)))
    except Exception as error:  # a parser may raise anything on a damaged file
        return Refusal(source, str(source.root / source.files[0]), _line(f"{type(error).__name__}: {error}"))


def read_sources(
    sources: Iterable[Source],
    settings: Settings,
    *,
    seed: int,
    workers: int,
    limits: Limits = OWN_FILES,
    sandbox: Sandbox | None = None,
) -> Iterator[Reading | Refusal]:
    """Return the items one after another, in the order of the sources.

    That many confined processes read at a time, those of `sandbox` or of one made for the call. With `workers` 0 this
    process reads, without protection: for files that are known to be sound.
    """
    own = make_sandbox(limits, workers=workers) if sandbox is None and workers else None
    used = sandbox or own
    if used is None:
        yield from (read_source(source, settings, seed=seed, limits=limits) for source in sources)
        return
    waiting = iter(sources)
    pool = ThreadPoolExecutor(max(workers, 1), thread_name_prefix="read")
    flying: deque[Future[Reading | Refusal]] = deque()
    try:
        while True:
            while len(flying) < _READ_AHEAD * max(workers, 1) and (source := next(waiting, None)) is not None:
                flying.append(pool.submit(read_source, source, settings, seed=seed, sandbox=used))
            if not flying:
                return
            yield flying.popleft().result()
    finally:
        if own is not None:
            own.close()  # who leaves early does not wait for files that are being read
        pool.shutdown(cancel_futures=True)


def read_query(
    modality: str, path: Path, settings: Settings, *, seed: int, sandbox: Sandbox | None = None
) -> tuple[Arrays, Mapping[str, Any]]:
    """Return what the encoder of a modality takes of one file, and what was assumed; FileError if it is refused.

    Without a sandbox this process reads, which a file may then crash or hang.
    """
    if modality not in settings:
        raise UnknownNameError("modality of the collection's model", modality, settings)
    built = build_modalities({modality: settings[modality]})[modality]
    if sandbox is None:
        return read_query_files(built, [path], seed=seed, limits=OWN_FILES)
    name = f"0{path.suffix.lower()}"
    request = {"modality": modality, "settings": settings[modality], "seed": seed, "names": [name]}
    notes, arrays = _run(sandbox, "query_in_folder", request, {name: path})
    _require(arrays, {key: (part.shape, part.dtype) for key, part in built.fields().items()}, path)
    return arrays, notes


def read_geometry(path: Path, *, sandbox: Sandbox, faces: int | None = None) -> Mesh | Cloud:
    """Return the mesh or cloud in a file, as `read_shape` does, with at most so many faces; FileError if refused."""
    name = f"0{path.suffix.lower()}"
    notes, arrays = _run(sandbox, "shape_in_folder", {"name": name, "faces": faces}, {name: path})
    if "points" in arrays:
        _require(arrays, {"points": ((None, 3), "float64")}, path)
        return Cloud(arrays["points"], notes)
    painted = {"colors": ((len(arrays.get("faces", ())), 3), "uint8")} if "colors" in arrays else {}
    _require(arrays, {"vertices": ((None, 3), "float64"), "faces": ((None, 3), "int64"), **painted}, path)
    corners = arrays["faces"]
    if corners.size and not 0 <= corners.min() <= corners.max() < len(arrays["vertices"]):
        raise FileError(path, "the process that read it gave faces of vertices that are not there")
    return Mesh(arrays["vertices"], corners, arrays.get("colors"), notes)


def _confined_item(source: Source, settings: Settings, seed: int, sandbox: Sandbox) -> Reading:
    staged: dict[str, tuple[str, int]] = {}
    copies = {path: f"{number}{Path(path).suffix.lower()}" for number, path in enumerate(dict.fromkeys(source.files))}

    def stage(folder: Path) -> None:
        staged["is"] = source.copy_to(folder, copies, most_bytes=sandbox.limits.upload_bytes)

    request = {
        "source": {
            "id": source.id,
            "geometry": None if source.geometry is None else copies[source.geometry],
            "paths": {name: [copies[path] for path in paths] for name, paths in source.paths.items()},
        },
        "settings": settings,
        "seed": seed,
    }
    originals = {copy: source.root / path for path, copy in copies.items()}
    facts, arrays = _run(sandbox, "item_in_folder", request, originals, stage)
    first = source.root / source.files[0]
    fields = {
        f"{name}/{key}": (part.shape, part.dtype)
        for name, modality in build_modalities(settings).items()
        for key, part in modality.fields().items()
        if name in facts["modalities"]
    }
    _require(arrays, {**fields, "thumbnail": ((None,), "uint8")}, first)
    nested: dict[str, dict[str, np.ndarray]] = {}
    for place in fields:
        name, _, key = place.partition("/")
        nested.setdefault(name, {})[key] = arrays[place]
    return Reading(source, nested, {**_about(source, *staged["is"]), **facts}, arrays["thumbnail"].tobytes())


def _run(
    sandbox: Sandbox,
    function: str,
    request: Mapping[str, Any],
    files: Mapping[str, Path],
    stage: Callable[[Path], None] | None = None,
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Run a function of `item.py` on copies of files (by their names there); a refusal names the original."""
    folders: list[Path] = []

    def prepare(folder: Path) -> None:
        folders.append(folder)
        (stage or partial(_copy, files, sandbox.limits.upload_bytes))(folder)

    limits = sandbox.limits.as_json()
    try:
        values, arrays = sandbox.run(f"{_FUNCTIONS}:{function}", {**request, "limits": limits}, stage=prepare)
    except Refused as fault:
        original = files.get(Path(fault.file).name, next(iter(files.values())))
        reason = fault.reason
        for name, path in files.items():
            reason = reason.replace(str(folders[0] / name), path.name)
        raise FileError(original, _line(reason)) from None
    if not isinstance(facts := values.get("facts"), dict):
        raise FileError(next(iter(files.values())), "the process that read it gave no sound answer")
    return facts, arrays


def _copy(files: Mapping[str, Path], most_bytes: int, folder: Path) -> None:
    for name, path in files.items():
        bring_in(path, folder / name, most_bytes=most_bytes)


def _require(arrays: Arrays, fields: Mapping[str, tuple[tuple[int | None, ...], str]], path: Path) -> None:
    """What a reader sends is believed only as far as it has the promised form: a file may have taken it over."""
    for name, (shape, dtype) in fields.items():
        found = arrays.get(name)
        sound = found is not None and str(found.dtype) == dtype and found.ndim == len(shape)
        if found is None or not sound or any(w is not None and w != h for w, h in zip(shape, found.shape, strict=True)):
            raise FileError(path, f"the process that read it gave no sound {name}")


def _about(source: Source, checksum: str, size: int) -> dict[str, Any]:
    return {
        **({} if source.class_name is None else {"class": source.class_name}),
        "path": source.files[0],
        "root": str(source.root),
        "files": list(source.files),
        "format": source.files[0].rpartition(".")[2].lower(),
        "bytes": size,
        "checksum": checksum,
    }


def _line(text: str) -> str:
    return " ".join(text.split())[:300] or "the reader gave no reason"
