"""A collection: a folder that holds everything needed to search it, and can be moved or copied as it is.

    collection.json   format, name, date, dimensions, modalities, and the fingerprint of the model
    model/            the exported model whose representations these are
    items/            the index: ids, vectors, metadata
    thumbnails/       a small picture an item, named by the item's id

`collection.json` never changes after creation: how many items there are is asked of the index, which alone knows.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from maquette.encoders import open_model
from maquette.errors import CollectionError, FingerprintError, InputError
from maquette.index import INDEXES, Index

__all__ = ["Collection"]

_FORMAT = "maquette-collection"
_VERSION = 1
_FILE = "collection.json"


@dataclass(frozen=True)
class Collection:
    """An open collection; `fingerprint` is that of the one model whose vectors it takes."""

    folder: Path
    name: str
    created: str
    fingerprint: str
    modalities: tuple[str, ...]
    index: Index

    @classmethod
    def create(cls, folder: Path, *, model: Path, name: str | None = None) -> Collection:
        """Make an empty collection for the vectors of an exported model, which is copied into it; return it open.

        The folder appears whole or not at all. InputError if something is there already, FileError if the model's
        folder holds no sound model.
        """
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError(f"{folder}: is there already: expected a new folder, or an empty one")
        opened = open_model(model)
        head = {
            "format": _FORMAT,
            "format_version": _VERSION,
            "name": name or folder.name,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "dimensions": opened.dimensions,
            "fingerprint": opened.fingerprint,
            "modalities": list(opened.modalities),
            "index": "lance",
        }
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            draft.chmod(0o755)
            shutil.copytree(model, draft / "model")
            (draft / "thumbnails").mkdir()
            INDEXES.build(
                "lance",
                folder=draft / "items",
                dimensions=opened.dimensions,
                parts=opened.modalities,
                tags={"fingerprint": opened.fingerprint},
            )
            (draft / _FILE).write_text(json.dumps(head, indent=2) + "\n", encoding="utf-8")
            for file in sorted(path for path in draft.rglob("*") if path.is_file()):
                with file.open("rb+") as written:
                    os.fsync(written.fileno())
            if folder.exists():
                folder.rmdir()
            draft.rename(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path) -> Collection:
        """Return the collection in a folder.

        InputError if the folder holds none, CollectionError if what it holds is damaged, FingerprintError if its index
        was filled by another model than `collection.json` names.
        """
        head = _read_head(folder)
        try:
            name, created, fingerprint = str(head["name"]), str(head["created"]), str(head["fingerprint"])
            modalities, kind = tuple(map(str, head["modalities"])), str(head["index"])
            dimensions = int(head["dimensions"])
        except (KeyError, TypeError, ValueError) as error:
            raise CollectionError(f"{folder / _FILE}: is not whole: {type(error).__name__} {error}") from error
        index = INDEXES.build(kind, folder=folder / "items")
        if (index.dimensions, index.part_names) != (dimensions, modalities):
            raise CollectionError(f"{folder / _FILE}: does not belong to the index in {folder / 'items'}")
        collection = cls(folder, name, created, fingerprint, modalities, index)
        collection.require(index.info()["tags"].get("fingerprint", ""))
        return collection

    @property
    def model_folder(self) -> Path:
        """The exported model that the collection's vectors come from."""
        return self.folder / "model"

    def thumbnail(self, id_: str) -> Path:
        """Return where the item's picture is, whether it is there or not; no part of the id stands in the path."""
        digest = hashlib.sha256(id_.encode()).hexdigest()
        return self.folder / "thumbnails" / digest[:2] / f"{digest}.png"

    def require(self, fingerprint: str) -> None:
        """Raise FingerprintError unless the fingerprint is that of the collection's model."""
        if fingerprint != self.fingerprint:
            raise FingerprintError(
                f"{self.folder}: holds representations of model {self.fingerprint[:12]}, given those of model "
                f"{fingerprint[:12] or '(unknown)'}: encode with the model in {self.model_folder}, "
                "or create a new collection"
            )

    def upsert(
        self,
        ids: Sequence[str],
        vectors: Float[np.ndarray, "N D"],
        metadata: Sequence[Mapping[str, Any]],
        *,
        parts: Mapping[str, Float[np.ndarray, "N D"]],
        fingerprint: str,
    ) -> None:
        """Add or replace items, as `Index.upsert` does, if their vectors are those of the collection's own model."""
        self.require(fingerprint)
        self.index.upsert(ids, vectors, metadata, parts=parts)

    def remove(self, ids: Sequence[str]) -> int:
        """Remove those of the items that are there, with their pictures; return how many they were."""
        removed = self.index.remove(ids)
        for id_ in ids:
            self.thumbnail(id_).unlink(missing_ok=True)
        return removed

    def info(self) -> dict[str, Any]:
        """Return what the collection is and how much it holds, as JSON values."""
        return {
            "folder": str(self.folder),
            "name": self.name,
            "created": self.created,
            "fingerprint": self.fingerprint,
            "modalities": list(self.modalities),
            "classes": self.index.counts("class"),
            **{key: value for key, value in self.index.info().items() if key not in ("parts", "tags")},
        }


def _read_head(folder: Path) -> dict[str, Any]:
    try:
        head = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(
            f"{folder}: is no collection: expected {_FILE} in it (maquette index create makes one)"
        ) from error
    except (OSError, ValueError) as error:
        raise CollectionError(f"{folder / _FILE}: cannot be read: {error}") from error
    if not isinstance(head, dict) or (head.get("format"), head.get("format_version")) != (_FORMAT, _VERSION):
        raise CollectionError(f"{folder / _FILE}: is not of format {_FORMAT} {_VERSION}: written by another version?")
    return head
