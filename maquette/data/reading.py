"""Reading one object in all its modalities: from its own files, or derived from its geometry, with its own randomness.

This is what a reader process runs; it knows nothing of stores or processes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from maquette.data.manifest import Item
from maquette.errors import FileError, InputError, MaquetteError
from maquette.geometry import Cloud, Mesh, normalise, read_shape
from maquette.modalities.base import Modality, Prepared

__all__ = ["GEOMETRY_SOURCES", "Outcome", "name_number", "read_item"]

GEOMETRY_SOURCES = ("mesh", "pointcloud")
"""Modalities whose files hold geometry from which the others can be derived, best first."""


@dataclass(frozen=True)
class Outcome:
    """What became of an object in one modality: `prepared`; or a `reason` and the file at fault; or neither, absent."""

    modality: str
    prepared: Prepared | None = None
    path: str = ""
    reason: str = ""


def name_number(name: str) -> int:
    """A 64-bit number that stands for a name in a seed sequence: the same in every process and version."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")


def read_item(item: Item, modalities: Mapping[str, Modality], *, root: Path, seed: int) -> Iterator[Outcome]:
    """One outcome a modality, in the given order.

    An object's randomness comes from (seed, id, modality) alone: neither its place in the data set nor the process
    that reads it changes the result. Whatever a reader raises refuses the object, but for errors that no other file
    would cure (a package that is not installed).
    """
    shapes: dict[str, Mesh | Cloud] = {}
    for name, modality in modalities.items():
        sources = (name,) if name in item.paths else tuple(s for s in GEOMETRY_SOURCES if s in item.paths)
        own = [file for source in sources[:1] for file in item.paths[source]]
        rng = np.random.default_rng(np.random.SeedSequence([seed, name_number(item.id), name_number(name)]))
        try:
            if name in item.paths:
                for file in own:
                    _check_file(item, file, root)
                prepared: Prepared | None = modality.read([root / file for file in own], rng)
            else:
                prepared = _derive(item, modality, shapes, sources, root=root, rng=rng)
            if prepared is not None:
                _check_prepared(prepared, modality)
            yield Outcome(name, prepared)
        except FileError as error:
            yield Outcome(name, path=_relative(error.path, root), reason=_line(error.reason))
        except MaquetteError as error:
            if not isinstance(error, InputError):
                raise
            yield Outcome(name, path=own[0], reason=_line(str(error)))
        except Exception as error:  # a parser may raise anything on a damaged file
            yield Outcome(name, path=own[0] if own else "", reason=_line(f"{type(error).__name__}: {error}"))


def _derive(
    item: Item,
    modality: Modality,
    shapes: dict[str, Mesh | Cloud],
    sources: tuple[str, ...],
    *,
    root: Path,
    rng: np.random.Generator,
) -> Prepared | None:
    for source in sources:
        if source not in shapes:
            file = item.paths[source][0]
            _check_file(item, file, root)
            shapes[source] = _read_normalised(root / file)
        prepared = modality.derive(shapes[source], rng)
        if prepared is not None:
            return prepared
    return None


def _read_normalised(path: Path) -> Mesh | Cloud:
    shape = read_shape(path)
    if isinstance(shape, Mesh):  # to the type checker the two are different calls
        return normalise(shape)
    return normalise(shape)


def _check_file(item: Item, file: str, root: Path) -> None:
    path = root / file
    if not path.is_file():
        raise FileError(path, "does not exist")
    expected = item.checksums.get(file)
    if expected is not None and hashlib.sha256(path.read_bytes()).hexdigest() != expected:
        raise FileError(path, "is not the file that the manifest lists: its SHA-256 differs")


def _check_prepared(prepared: Prepared, modality: Modality) -> None:
    fields = modality.fields()
    if set(prepared.arrays) != set(fields):
        raise ValueError(f"the reader gave {sorted(prepared.arrays)}, expected {sorted(fields)}")
    for name, field in fields.items():
        array = prepared.arrays[name]
        if array.shape != field.shape or array.dtype != np.dtype(field.dtype):
            found = f"{array.dtype} {array.shape}"
            raise ValueError(f"the reader gave {name!r} as {found}, expected {field.dtype} {field.shape}")
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ValueError(f"{name!r} holds values that are not finite")


def _relative(path: str, root: Path) -> str:
    try:
        return Path(path).relative_to(root).as_posix()
    except ValueError:
        return path


def _line(text: str) -> str:
    return " ".join(text.split())[:300] or "the reader gave no reason"
