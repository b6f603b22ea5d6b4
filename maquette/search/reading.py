"""From an item's files to arrays for the encoders: in this process, or in others that may die of a file.

A file that cannot be used costs one item: it comes back as a `Refusal` with one line of reason.
"""

from __future__ import annotations

import hashlib
import io
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import numpy as np
from PIL import Image

from maquette.errors import FileError, InputError, MaquetteError
from maquette.geometry import Cloud, Mesh, normalise, read_shape
from maquette.geometry.cameras import ring_cameras
from maquette.geometry.render import render
from maquette.geometry.splat import splat
from maquette.modalities import MODALITIES, Arrays
from maquette.modalities.photo import read_photo
from maquette.search.sources import Source

__all__ = ["Reading", "Refusal", "build_modalities", "read_source", "read_sources"]

_THUMBNAIL_PIXELS = 256
_READ_AHEAD = 4
"""Items a worker may be ahead of the one that is waited for; bounds the memory that readings wait in."""

_Settings = Mapping[str, Mapping[str, Any]]
"""Constructor arguments of each modality: how the model's training data were prepared."""


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


def read_source(source: Source, settings: _Settings, *, seed: int) -> Reading | Refusal:
    """Return one item in every modality that has a file of its own or can be derived from the geometry.

    Its randomness comes from the seed, the item's id and the modality alone. Whatever a parser raises refuses the item,
    but for errors that no other file would cure (a package that is not installed).
    """
    try:
        return _read(source, settings, seed)
    except FileError as error:
        return Refusal(source, error.path, _line(error.reason))
    except MaquetteError as error:
        if not isinstance(error, InputError):
            raise
        return Refusal(source, str(source.root / source.files[0]), _line(str(error)))
    except Exception as error:  # a parser may raise anything on a damaged file
        return Refusal(source, str(source.root / source.files[0]), _line(f"{type(error).__name__}: {error}"))


def read_sources(
    sources: Iterable[Source], settings: _Settings, *, seed: int, workers: int
) -> Iterator[Reading | Refusal]:
    """Return the items one after another, in the order of the sources.

    With `workers` above 0 that many other processes read; a file that kills its process is refused like any other bad
    file. Such processes import the calling program's main module, as multiprocessing does everywhere but on Linux.
    """
    if workers == 0:
        yield from (read_source(source, settings, seed=seed) for source in sources)
        return
    waiting = iter(sources)
    while True:
        pool = _pool(workers)
        flying: deque[tuple[Source, Future[Reading | Refusal]]] = deque()
        try:
            while True:
                while len(flying) < _READ_AHEAD * workers and (source := next(waiting, None)) is not None:
                    flying.append((source, pool.submit(read_source, source, settings, seed=seed)))
                if not flying:
                    return
                reading = flying[0][1].result()
                flying.popleft()
                yield reading
        except BrokenProcessPool:
            # Nobody knows which of those in flight did it: they are tried again one by one, so that the culprit shows.
            yield from _read_one_by_one([source for source, _ in flying], settings, seed)
        finally:
            pool.shutdown(cancel_futures=True)


def build_modalities(settings: _Settings) -> dict[str, Any]:
    """Return the modalities with these settings, by name."""
    return {name: MODALITIES.build(name, **own) for name, own in settings.items()}


def _read(source: Source, settings: _Settings, seed: int) -> Reading | Refusal:
    checksum = source.checksum()
    shape = None if source.geometry is None else _normal(read_shape(source.root / source.geometry))
    arrays: dict[str, Arrays] = {}
    assumed: dict[str, Any] = {} if shape is None else dict(shape.notes)
    for name, modality in build_modalities(settings).items():
        entropy = hashlib.sha256(f"{seed}\0{source.id}\0{name}".encode()).digest()
        rng = np.random.default_rng(list(entropy))
        if name in source.paths:
            prepared = modality.read([source.root / path for path in source.paths[name]], rng)
        elif shape is not None:
            prepared = modality.derive(shape, rng)
        else:
            continue
        if prepared is not None:
            arrays[name] = prepared.arrays
            if own := {key: value for key, value in prepared.notes.items() if assumed.get(key) != value}:
                assumed[name] = own
    if not arrays:
        wanted = ", ".join(sorted(settings))
        return Refusal(source, str(source.root / source.files[0]), f"gives nothing that the model encodes ({wanted})")
    metadata = {
        **({} if source.class_name is None else {"class": source.class_name}),
        "path": source.files[0],
        "root": str(source.root),
        "files": list(source.files),
        "format": source.files[0].rpartition(".")[2].lower(),
        "bytes": sum((source.root / path).stat().st_size for path in source.files),
        **_size(shape),
        "modalities": sorted(arrays),
        "assumed": assumed,
        "checksum": checksum,
    }
    return Reading(source, arrays, metadata, _thumbnail(source, shape))


def _normal(shape: Mesh | Cloud) -> Mesh | Cloud:
    if isinstance(shape, Mesh):
        return normalise(shape)
    return normalise(shape)


def _size(shape: Mesh | Cloud | None) -> dict[str, int]:
    if isinstance(shape, Mesh):
        return {"faces": len(shape.faces), "vertices": len(shape.vertices)}
    return {} if shape is None else {"points": len(shape.points)}


def _thumbnail(source: Source, shape: Mesh | Cloud | None) -> bytes:
    """Return a PNG of the geometry, or of the first picture where there is none."""
    if shape is None:
        pixels = read_photo(source.root / source.files[0], resolution=_THUMBNAIL_PIXELS)
    elif isinstance(shape, Mesh):
        pixels = render(shape, ring_cameras(1), resolution=_THUMBNAIL_PIXELS)[0]
    else:
        pixels = splat(shape, ring_cameras(1), resolution=_THUMBNAIL_PIXELS)[0]
    png = io.BytesIO()
    Image.fromarray(pixels).save(png, format="PNG")
    return png.getvalue()


def _read_one_by_one(sources: Iterable[Source], settings: _Settings, seed: int) -> Iterator[Reading | Refusal]:
    pool = _pool(1)
    try:
        for source in sources:
            try:
                yield pool.submit(read_source, source, settings, seed=seed).result()
            except BrokenProcessPool:
                yield Refusal(source, str(source.root / source.files[0]), "the process that read it died")
                pool = _pool(1)
    finally:
        pool.shutdown(cancel_futures=True)


def _pool(workers: int) -> ProcessPoolExecutor:
    # Not fork: torch and lance run threads, which a forked copy would wait for in vain.
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


def _line(text: str) -> str:
    return " ".join(text.split())[:300] or "the reader gave no reason"
