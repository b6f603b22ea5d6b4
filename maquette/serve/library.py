"""The collection as the service holds it: opened once, searched by many, written by one at a time.

What the service writes of its own lies in the collection's folder `service/`: queries, jobs, pictures. The collection
itself is written by the engine alone, and other processes may write it too: every request sees the newest version.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from maquette.errors import InputError
from maquette.search import Answer, Engine, Part
from maquette.search.previews import GEOMETRY_ENDINGS
from maquette.serve.failures import Failure
from maquette.serve.schemas import Item

if TYPE_CHECKING:
    from maquette.search.explain import Explanation

__all__ = ["Library"]

_HIDDEN = frozenset({"root", "files", "checksum", "path"})
"""Metadata that say where files lie on this machine, which is nobody else's business."""

_T = TypeVar("_T")
_TRIES = 3


class Library:
    """One open collection. `writing` is held by whoever changes it from within this service."""

    def __init__(self, engine: Engine, *, state: Path | None = None) -> None:
        self.engine = engine
        self.collection = engine.collection
        self.index = engine.collection.index
        self.state = state or engine.collection.folder / "service"
        self.state.mkdir(parents=True, exist_ok=True)
        self.writing = RLock()

    def search(self, parts: Sequence[Part], *, k: int, where: Sequence[Any]) -> Answer:
        """Return the engine's answer; tried again if an item went between its being found and being looked up."""
        return self._steady(lambda: self.engine.search_parts(parts, k=k, where=where))

    def explain(self, parts: Sequence[Part], id_: str) -> Explanation:
        """Return why an item is, or is not, a result of a query."""
        return self._steady(lambda: self.engine.explain(parts, id_))

    def item(self, id_: str) -> Item:
        """Return one item; Failure 404 if it is not there."""
        self.index.refresh()
        return self.items([self.require(id_)])[0]

    def items(self, ids: Sequence[str]) -> list[Item]:
        """Return items in the order of their ids; those that went meanwhile are left out."""
        entries = self._steady(lambda: self.index.get([id_ for id_ in ids if id_ in self.index]))
        return [self._item(entry.id, entry.metadata) for entry in entries]

    def require(self, id_: str) -> str:
        """Return the id; Failure 404 unless there is an item of it."""
        if id_ not in self.index:
            raise Failure(404, f"item {id_!r}: is not in the collection")
        return id_

    def require_fresh(self, id_: str) -> str:
        """As `require`, for an item that another process may just have added."""
        if id_ not in self.index:
            self.index.refresh()
        return self.require(id_)

    def sorted_by(self, ids: Sequence[str], field: str) -> list[str]:
        """Return the ids in the order of a field of their metadata; those without it last, equal ones by id."""

        def key(entry: Any) -> tuple[bool, Any, str]:
            value = entry.metadata.get(field)
            return value is None, value if value is not None else 0, entry.id

        entries = self._steady(lambda: self.index.get([id_ for id_ in ids if id_ in self.index]))
        return [entry.id for entry in sorted(entries, key=key)]

    def geometry(self, id_: str, endings: Collection[str]) -> tuple[Path, str]:
        """Return the item's file and its checksum; Failure 404 if it is none of the endings."""
        path = self.file(id_)
        (entry,) = self._steady(lambda: self.index.get([id_]))
        if path.suffix.lower() not in endings:
            raise Failure(404, f"item {id_!r}: is a picture, without geometry")
        return path, str(entry.metadata.get("checksum", ""))

    def file(self, id_: str) -> Path:
        """Return the file that stands for an item; Failure 404 if the item or its file is not there."""
        self.index.refresh()
        self.require(id_)
        (entry,) = self._steady(lambda: self.index.get([id_]))
        root = Path(str(entry.metadata.get("root", "")))
        path = root / str(entry.metadata.get("path", ""))
        if not path.is_file() or not path.resolve().is_relative_to(root.resolve()):
            raise Failure(404, f"item {id_!r}: its file is not there any more")
        return path

    def thumbnail_address(self, id_: str, metadata: Any) -> str:
        """Return where the item's picture is got; it changes with the item, so that browsers may keep the picture."""
        return f"/api/thumbnail?id={quote(id_, safe='')}&v={str(metadata.get('checksum', ''))[:12]}"

    def shown(self, metadata: Any) -> dict[str, Any]:
        """Return the metadata without what says where files lie."""
        return {name: value for name, value in metadata.items() if name not in _HIDDEN}

    def remove(self, id_: str) -> int:
        """Remove an item, for good when this returns; return how many there were."""
        with self.writing:
            return self.collection.remove([id_])

    def _item(self, id_: str, metadata: Any) -> Item:
        address = quote(id_, safe="")
        version = f"&v={str(metadata.get('checksum', ''))[:12]}"
        has_geometry = f".{metadata.get('format', '')}" in GEOMETRY_ENDINGS
        return Item(
            id=id_,
            class_name=metadata.get("class"),
            thumbnail=self.thumbnail_address(id_, metadata),
            turntable=f"/api/turntable?id={address}{version}" if has_geometry else None,
            model=f"/api/model?id={address}{version}" if has_geometry else None,
            file=f"/api/file?id={address}{version}",
            metadata=self.shown(metadata),
        )

    def _steady(self, ask: Callable[[], _T]) -> _T:
        """Return what a question gives; asked again if it fails while the collection was written."""
        for _ in range(_TRIES - 1):
            before = self.index.version
            try:
                return ask()
            except InputError:
                if self.index.version == before and not self.index.refresh():
                    raise
        return ask()
