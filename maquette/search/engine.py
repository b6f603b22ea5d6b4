"""The search engine over a collection: files in, answers out, with the collection's own model.

An item's vector is the mean of its representations in all modalities that its files allow, each of length 1; a query is
made of any number of files in any modalities in the same way (`fuse.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float32

from maquette.data.atomic import write_atomically
from maquette.encoders import open_model
from maquette.errors import FileError, InputError
from maquette.index import Condition
from maquette.ingest import Sandbox
from maquette.modalities import Arrays
from maquette.search.answering import Asked, answer_queries
from maquette.search.answers import AddReport, Answer
from maquette.search.batching import Encode
from maquette.search.calibrated import CALIBRATION_FILE, Calibration
from maquette.search.collection import Collection
from maquette.search.fuse import check_weights, fuse_parts
from maquette.search.parts import EncodedPart, Part, Query
from maquette.search.reading import Reading, Refusal, build_modalities, make_sandbox, read_query, read_sources
from maquette.search.sources import Source, find_sources

if TYPE_CHECKING:
    from maquette.search.explain import Explanation

__all__ = ["Engine", "OnProgress"]

OnProgress = Callable[[int, int], None]
"""Called with the number of items done and of all items."""

_ITEMS_AT_ONCE = 16


class Engine:
    """An open collection with its model in memory; `seed` decides which points are drawn from a surface.

    Query files are read in `sandbox`; without one given, in one with the limits for the user's own files. `encode` is
    what computes representations: a service puts one there that many threads share (`batching.py`).
    """

    def __init__(self, collection: Collection, *, seed: int = 0, sandbox: Sandbox | None = None) -> None:
        self.collection = collection
        self.sandbox = sandbox or make_sandbox()
        self.model = open_model(collection.model_folder)
        self.fingerprint = self.model.fingerprint
        collection.require(self.fingerprint)
        self._seed = seed
        self._settings = {name: dict(spec.preparation) for name, spec in self.model.specs.items()}
        self._modalities = build_modalities(self._settings)
        self._calibration: tuple[int, Calibration | None] = (-1, None)
        self.encode: Encode = self._encode
        self.answer: Callable[[Asked], Answer] = lambda asked: self.answer_all([asked])[0]

    @classmethod
    def open(cls, folder: Path, *, seed: int = 0, sandbox: Sandbox | None = None) -> Engine:
        """Return the engine over the collection in a folder; errors as `Collection.open` and `open_model` have them."""
        return cls(Collection.open(folder), seed=seed, sandbox=sandbox)

    def add_paths(self, paths: Iterable[Path], *, workers: int = 1, on_progress: OnProgress | None = None) -> AddReport:
        """Add the items in folders and single files (`sources.py` says which files make which items)."""
        return self.add(find_sources(paths), workers=workers, on_progress=on_progress)

    def add(
        self,
        sources: Sequence[Source],
        *,
        workers: int = 1,
        on_progress: OnProgress | None = None,
        sandbox: Sandbox | None = None,
        replace_files: bool = False,
    ) -> AddReport:
        """Read, encode and write items; those whose files have not changed since are passed over.

        A bad file is reported and costs only its item. Items are written some at a time, each lot for good: after an
        interruption a second call goes on where the first was. `workers` confined processes read (0: this one), those
        of `sandbox` if there is one. An id that is there with another file is refused, or with `replace_files` gets
        the new one.
        """
        begun = time.perf_counter()
        self.collection.index.refresh()
        todo, unchanged, refused = self._select(sources, replace_files)
        added: list[str] = []
        replaced: list[str] = []
        done = len(sources) - len(todo)
        lot: list[Reading] = []
        readings = read_sources(todo, self._settings, seed=self._seed, workers=workers, sandbox=sandbox)
        for number, reading in enumerate(readings, start=1):
            if isinstance(reading, Refusal):
                refused.append((reading.path, reading.reason))
            else:
                lot.append(reading)
            if len(lot) == _ITEMS_AT_ONCE or number == len(todo):
                written, failed = self._write(lot)
                for id_, is_new in written:
                    (added if is_new else replaced).append(id_)
                refused += failed
                lot = []
            if on_progress is not None:
                on_progress(done + number, len(sources))
        seconds = time.perf_counter() - begun
        return AddReport(tuple(added), tuple(replaced), tuple(unchanged), tuple(refused), seconds)

    def search(
        self,
        queries: Mapping[str, Sequence[Path]],
        *,
        k: int = 10,
        where: Sequence[Condition] = (),
        weights: Mapping[str, float] | None = None,
    ) -> Answer:
        """Return the k items nearest to all query files together, among those that match.

        `queries` leads from a modality to files of it. Every file is read in its own modality and counts as one query;
        they are fused with the modalities' `weights`. InputError (FileError) if a file cannot be used or none is given,
        or no item has the field of a condition.
        """
        check_weights(weights or {}, known=queries)
        parts = [
            Part(name, path, weight=(weights or {}).get(name, 1.0)) for name, paths in queries.items() for path in paths
        ]
        answer = self.search_parts(parts, k=k, where=where)
        if answer.refused:
            raise FileError(*answer.refused[0])
        return answer

    def search_parts(self, parts: Sequence[Part], *, k: int = 10, where: Sequence[Condition] = ()) -> Answer:
        """Return the k items most like the parts of positive weight and least like those of negative weight.

        Items that are parts are not among the hits. A file that cannot be used is reported in `Answer.refused`;
        FileError only if no part that asks for something is left. InputError if there is none to begin with, an item is
        not in the collection, or no item has the field of a condition.
        """
        clock = [time.perf_counter()]
        query, reading = self.encode_parts(parts)
        clock.append(time.perf_counter())
        answer = self.answer(Asked(query, k, tuple(where)))
        clock.append(time.perf_counter())
        encoding = clock[1] - clock[0] - reading
        return replace(answer, seconds={"read": reading, "encode": encoding, "search": clock[2] - clock[1]})

    def encode_parts(self, parts: Sequence[Part]) -> tuple[Query, float]:
        """Return the query that the parts make, and the seconds spent on reading files; errors as in `search_parts`."""
        if not any(part.weight > 0 for part in parts):
            raise InputError("nothing to search by: expected at least one query file or item with a weight above 0")
        self.collection.index.refresh()
        encoded, refused, reading = self._encode_parts(parts)
        if not any(part.part.weight > 0 for part in encoded):
            raise FileError(*refused[0])
        return Query(tuple(encoded), tuple(refused)), reading

    def answer_all(self, asked: Sequence[Asked]) -> list[Answer]:
        """Return the answers to encoded queries, ranked together; what each gets does not depend on the others."""
        return answer_queries(self.collection, asked, calibration=self.calibration)

    def encode_usable(self, parts: Sequence[Part]) -> list[EncodedPart]:
        """Return those of the parts that can be used, with their representations."""
        return self._encode_parts(parts)[0]

    def _encode_parts(self, parts: Sequence[Part]) -> tuple[list[EncodedPart], list[tuple[str, str]], float]:
        """Return the parts that can be used, (path, reason) of the others, and the seconds spent on reading."""
        encoded: dict[int, EncodedPart] = {}
        read: dict[str, dict[int, Arrays]] = {}
        noted: dict[int, Mapping[str, Any]] = {}
        refused: list[tuple[str, str]] = []
        begun = time.perf_counter()
        for place, part in enumerate(parts):
            if part.item is not None:
                (entry,) = self.collection.index.get([part.item])
                encoded[place] = EncodedPart(part, entry.vector)
                continue
            assert part.modality is not None and part.path is not None, "a part is a file or an item"
            try:
                arrays, noted[place] = self._read_query(part.modality, part.path)
            except FileError as error:
                refused.append((error.path, error.reason))
                continue
            read.setdefault(part.modality, {})[place] = arrays
        reading = time.perf_counter() - begun
        for name, own in read.items():
            vectors = self.encode(name, list(own.values()))
            if not np.isfinite(vectors).all():
                folder = self.collection.model_folder
                raise InputError(f"{name}: the representation is not finite: is the model in {folder} sound?")
            for place, vector in zip(own, vectors, strict=True):
                encoded[place] = EncodedPart(parts[place], vector, noted[place])
        return [encoded[place] for place in sorted(encoded)], refused, reading

    def explain(self, parts: Sequence[Part], id_: str) -> Explanation:
        """Return why an item is, or is not, among the hits for these parts; errors as in `search_parts`."""
        from maquette.search.explain import explain  # here: it needs scipy, which takes long to import

        return explain(self, self.encode_parts(parts)[0], id_)

    @property
    def calibration(self) -> Calibration | None:
        """What scores mean in this collection; None if that was never found out. Read again when the file changes."""
        try:
            stamp = (self.collection.folder / CALIBRATION_FILE).stat().st_mtime_ns
        except FileNotFoundError:
            return None
        if stamp != self._calibration[0]:
            found = Calibration.load(self.collection.folder, fingerprint=self.fingerprint)
            self._calibration = (stamp, found)
        return self._calibration[1]

    def _select(
        self, sources: Sequence[Source], replace_files: bool
    ) -> tuple[list[Source], list[str], list[tuple[str, str]]]:
        """Return the sources to read, the ids of those unchanged, and those refused because their id is taken."""
        index = self.collection.index
        todo: list[Source] = []
        unchanged: list[str] = []
        refused: list[tuple[str, str]] = []
        seen: dict[str, Path] = {}
        for source in sources:
            path = source.root / source.files[0]
            if source.id in seen:
                refused.append(
                    (str(path), f"its id {source.id!r} is that of {seen[source.id]}: add it from a folder above")
                )
                continue
            seen[source.id] = path
            if source.id in index:
                (entry,) = index.get([source.id])
                there = Path(str(entry.metadata["root"]), str(entry.metadata["path"]))
                if self._is_unchanged(source, entry.metadata):
                    unchanged.append(source.id)
                    continue
                if not replace_files and there != path and there.is_file():
                    reason = f"its id {source.id!r} is that of {there} in the collection: add it from a folder above"
                    refused.append((str(path), reason))
                    continue
            todo.append(source)
        return todo, unchanged, refused

    def _is_unchanged(self, source: Source, metadata: Mapping[str, Any]) -> bool:
        if metadata.get("class") != source.class_name or metadata["root"] != str(source.root):
            return False
        try:
            return bool(metadata["checksum"] == source.checksum())
        except FileError:  # reading it again will say what is wrong
            return False

    def _write(self, lot: Sequence[Reading]) -> tuple[list[tuple[str, bool]], list[tuple[str, str]]]:
        """Encode and write readings; return (id, whether it is new) of those written, (path, reason) of the others."""
        index = self.collection.index
        shape = (len(lot), len(self.model.modalities), self.model.dimensions)
        parts: Float32[np.ndarray, "N M D"] = np.zeros(shape, dtype=np.float32)
        for place, name in enumerate(self.model.modalities):
            rows = [row for row, reading in enumerate(lot) if name in reading.arrays]
            if rows:
                parts[rows, place] = self.encode(name, [lot[row].arrays[name] for row in rows])
        finite = np.isfinite(parts).all(axis=(1, 2))
        vectors = fuse_parts(np.where(finite[:, None, None], parts, 0.0))
        usable = vectors.any(axis=1)
        refused = [
            (str(lot[row].source.root / lot[row].source.files[0]), "its representation is zero or not finite")
            for row in np.flatnonzero(~usable).tolist()
        ]
        kept = np.flatnonzero(usable).tolist()
        if not kept:
            return [], refused
        now = datetime.now(UTC).isoformat(timespec="seconds")
        ids = [lot[row].source.id for row in kept]
        new = [id_ not in index for id_ in ids]
        for row in kept:
            write_atomically(self.collection.thumbnail(lot[row].source.id), lot[row].thumbnail)
        self.collection.upsert(
            ids,
            vectors[kept],
            [{**lot[row].metadata, "added": now} for row in kept],
            parts={name: parts[kept, place] for place, name in enumerate(self.model.modalities)},
            fingerprint=self.fingerprint,
        )
        return list(zip(ids, new, strict=True)), refused

    def _read_query(self, name: str, path: Path) -> tuple[Arrays, Mapping[str, Any]]:
        return read_query(name, path, self._settings, seed=self._seed, sandbox=self.sandbox)

    def _encode(self, name: str, objects: Sequence[Arrays]) -> Float32[np.ndarray, "N D"]:
        """Return the representations of objects in one modality."""
        batch = {key: np.stack([arrays[key] for arrays in objects]) for key in objects[0]}
        with torch.inference_mode():
            encoded = self.model.encode_inputs(name, self._modalities[name].collate(batch))
        representations: Float32[np.ndarray, "N D"] = encoded.float().numpy()
        return representations
