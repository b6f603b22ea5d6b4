"""Which files make which items: a folder tree, single files, or a manifest, as a list of sources.

In a tree every file with geometry is one item, and so is every picture that does not belong to one. A picture belongs
to the geometry beside it whose name it begins with: `cup.png`, `cup_2.jpg` and `cup-side.webp` are views of `cup.obj`.
The first folder below the root names the class, as in `chair/0001.off`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from maquette.data.manifest import Manifest
from maquette.errors import FileError, InputError
from maquette.geometry import CLOUD_SUFFIXES, MESH_SUFFIXES
from maquette.ingest import bring_in
from maquette.modalities import ImageModality

__all__ = ["Source", "find_sources", "sources_of_manifest"]

_GEOMETRY = MESH_SUFFIXES | CLOUD_SUFFIXES
_PICTURES = ImageModality.suffixes


@dataclass(frozen=True)
class Source:
    """The files of one item, under `root`; at least one.

    `geometry` is a mesh or point cloud that modalities without a file of their own are derived from; `paths` leads from
    a modality to its own files. All are relative to `root`, with `/`.
    """

    id: str
    root: Path
    geometry: str | None = None
    paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    class_name: str | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """All files, the one that stands for the item first."""
        own = tuple(path for name in sorted(self.paths) for path in self.paths[name])
        return own if self.geometry is None else (self.geometry, *own)

    def checksum(self) -> str:
        """Return the SHA-256 (hex) over the files and what each is for; FileError if one cannot be read."""
        digest = hashlib.sha256()
        for use, path in self._uses():
            try:
                content = (self.root / path).read_bytes() if path else b""
            except OSError as error:
                raise FileError(self.root / path, f"cannot be read: {error.strerror or error}") from error
            digest.update(f"{use}\0{path}\0{len(content)}\0".encode(errors="surrogateescape"))
            digest.update(content)
        return digest.hexdigest()

    def copy_to(self, folder: Path, names: Mapping[str, str], *, most_bytes: int) -> tuple[str, int]:
        """Copy the files into a folder under new names; return `checksum` of just what was copied, and its bytes.

        FileError for a file that cannot be read, is empty, is no regular file, or is larger than `most_bytes`.
        """
        digest = hashlib.sha256()
        size = 0
        copied: set[str] = set()
        for use, path in self._uses():
            if not path:
                digest.update(f"{use}\0{path}\0{0}\0".encode())
                continue
            # A file of two uses is read twice, and copied once.
            target = folder / (names[path] if path not in copied else f"{names[path]}.again")
            head = f"{use}\0{path}\0"
            length = bring_in(self.root / path, target, most_bytes=most_bytes, digest=digest.update, head=head)
            size += length
            copied.add(path)
        return digest.hexdigest(), size

    def _uses(self) -> list[tuple[str, str]]:
        """What each file is for (nothing: the geometry, which may be none), and its path."""
        return [("", self.geometry or "")] + [(name, path) for name in sorted(self.paths) for path in self.paths[name]]


def find_sources(paths: Iterable[Path]) -> list[Source]:
    """Return the items in folders (searched to any depth) and single files, in the order given, sorted within a folder.

    An item's id is its path below the folder it was found in. Files of other endings, and names that begin with a dot,
    are passed over in folders; a single file of another ending, or a path that is not there, raises InputError.
    """
    sources: list[Source] = []
    for path in paths:
        if path.is_dir():
            found = sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())
            collections = {name.rpartition("/")[0] for name in found if name.split("/")[-1] == "collection.json"}
            names = [name for name in found if not _is_passed_over(name, collections)]
            sources += _sources_of_tree(path.resolve(), names)
        elif not path.exists():
            raise InputError(f"{path}: is not there: expected a folder or a file")
        elif path.suffix.lower() not in _GEOMETRY | _PICTURES:
            endings = ", ".join(sorted(_GEOMETRY | _PICTURES))
            raise FileError(path, f"ending {path.suffix!r}: expected one of {endings}")
        else:
            sources += _sources_of_tree(path.resolve().parent, [path.name])
    return sources


def sources_of_manifest(manifest: Manifest, *, split: str | None = None) -> list[Source]:
    """Return the items of a manifest, of one split or of all; classes are the given labels, ids the manifest's."""
    sources = []
    for item in (manifest.items[row] for row in manifest.rows(split).tolist()):
        paths = dict(item.paths)
        geometry = next((name for name in ("mesh", "pointcloud") if name in paths), None)
        # What is derived from a modality's own file in that modality is what reading it would give.
        file = None if geometry is None else paths.pop(geometry)[0]
        if file is not None or paths:
            sources.append(Source(item.id, manifest.root.resolve(), file, paths, manifest.class_names[item.label]))
    return sources


def _sources_of_tree(root: Path, names: list[str]) -> list[Source]:
    geometry = [name for name in names if _ending(name) in _GEOMETRY]
    # Of two that share a folder and a stem, the first in the order of names gets the pictures.
    by_stem = {name.removesuffix(Path(name).suffix): name for name in reversed(geometry)}
    pictures: dict[str, list[str]] = {}
    for name in names:
        if _ending(name) in _PICTURES:
            pictures.setdefault(_owner(name, by_stem), []).append(name)
    sources = []
    for name in sorted({*geometry, *pictures}):
        views = {"image": tuple(pictures[name])} if name in pictures else {}
        class_name = name.split("/")[0] if "/" in name else None
        sources.append(Source(name, root, name if _ending(name) in _GEOMETRY else None, views, class_name))
    return sources


def _owner(picture: str, by_stem: Mapping[str, str]) -> str:
    """Return the geometry that a picture is a view of, the picture itself if there is none."""
    stem = picture.removesuffix(Path(picture).suffix)
    for end in range(len(stem), 0, -1):
        if (end == len(stem) or stem[end] in "_-. ") and stem[:end] in by_stem:
            return by_stem[stem[:end]]
    return picture


def _ending(name: str) -> str:
    return Path(name).suffix.lower()


def _is_passed_over(name: str, collections: Collection[str]) -> bool:
    """Whether a part of the name begins with a dot, or it lies in a collection, whose pictures are no items."""
    parts = name.split("/")
    inside = any("/".join(parts[:depth]) in collections for depth in range(len(parts)))
    return inside or any(part.startswith(".") for part in parts)
