"""3MF, the format of 3D printing: a zip archive of XML. The parts that the build places become one mesh.

Reading the XML itself is in `threemf_xml`. Entities, cycles of parts and archives that swell are refused.
"""

from __future__ import annotations

import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator

import numpy as np
from jaxtyping import Float, Int, UInt8

from maquette.geometry.formats.parsed import MAX_FLAT_FACES, MAX_PLACEMENTS, Fault, Parsed
from maquette.geometry.formats.threemf_xml import Model, Part, Placement, read_model

__all__ = ["parse", "write"]

_MAX_ENTRIES = 1000
_MAX_XML_BYTES = 512 * 2**20
_MAX_RATIO = 100
_MAX_DEPTH = 64
# The ratio says nothing about small files: XML of a cube already packs 20 to 1.
_SMALL = 2**20
# What zipfile raises on damaged archives, documented or not.
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, IndexError, struct.error)


def parse(data: bytes) -> Parsed:
    """The triangles of all parts that the build of a 3MF archive places."""
    archive = _Archive(data)
    root = archive.root()
    placed = list(_placed(archive, root))
    counts = [(len(part.faces), len(part.vertices)) for part, _ in placed]
    faces_total, vertices_total = sum(faces for faces, _ in counts), sum(vertices for _, vertices in counts)
    if faces_total > MAX_FLAT_FACES or vertices_total > 3 * MAX_FLAT_FACES:
        raise Fault(
            f"{faces_total} faces of {vertices_total} vertices in {len(placed)} placed parts, "
            f"expected at most {MAX_FLAT_FACES} faces"
        )
    if faces_total == 0:
        raise Fault(f"no triangles in the {len(placed)} parts that the build places")
    vertices: list[Float[np.ndarray, "P 3"]] = []
    faces: list[Int[np.ndarray, "F 3"]] = []
    colors: list[UInt8[np.ndarray, "F 3"]] = []
    offset = 0
    for part, matrix in placed:
        vertices.append(part.vertices @ matrix[:3, :3].T + matrix[:3, 3])
        faces.append(part.faces + offset)
        colors.append(part.colors if part.colors is not None else np.full((len(part.faces), 3), 255, dtype=np.uint8))
        offset += len(part.vertices)
    painted = np.concatenate(colors) if any(part.colors is not None for part, _ in placed) else None
    notes: dict[str, str | int | float | bool] = {"unit": archive.model(root).unit}
    if len(placed) > 1:
        notes["merged_parts"] = len(placed)
    return Parsed(np.concatenate(vertices), np.concatenate(faces), painted, notes)


class _Archive:
    """The archive's models, each read once."""

    def __init__(self, data: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _ZIP_ERRORS as error:
            raise Fault(f"not a 3MF file (a zip archive): {_words(error)}") from None
        entries = self._zip.infolist()
        if len(entries) > _MAX_ENTRIES:
            raise Fault(f"{len(entries)} entries in the archive, expected at most {_MAX_ENTRIES}")
        self._entries = {entry.filename: entry for entry in entries}
        self._models: dict[str, Model] = {}

    def root(self) -> str:
        """The name of the model that the archive begins with."""
        if "_rels/.rels" in self._entries:
            relations = self._content("_rels/.rels")
            found = re.search(rb'Target="([^"]+\.model)"', relations)
            if found and found[1].decode("latin-1").lstrip("/") in self._entries:
                return found[1].decode("latin-1").lstrip("/")
        models = sorted(name for name in self._entries if name.endswith(".model"))
        if not models:
            raise Fault(f"no model among the {len(self._entries)} entries of the archive: expected '3D/3dmodel.model'")
        return models[0]

    def model(self, name: str) -> Model:
        """A model of the archive by its name; it cannot reach outside."""
        inside = posixpath.normpath("/" + name).lstrip("/")
        if inside not in self._entries:
            raise Fault(f"refers to {name[:40]!r}, which is not in the archive")
        if inside not in self._models:
            self._models[inside] = read_model(self._content(inside))
        return self._models[inside]

    def _content(self, name: str) -> bytes:
        entry = self._entries[name]
        ratio = entry.file_size / max(entry.compress_size, 1)
        if entry.file_size > _MAX_XML_BYTES or (ratio > _MAX_RATIO and entry.file_size > _SMALL):
            raise Fault(
                f"{name[:40]} swells from {entry.compress_size} to {entry.file_size} bytes: "
                f"expected at most {_MAX_XML_BYTES}, and {_MAX_RATIO} times"
            )
        try:
            with self._zip.open(entry) as stream:
                content = stream.read(entry.file_size + 1)
        except _ZIP_ERRORS as error:
            raise Fault(f"damaged archive: {name[:40]}: {_words(error)}") from None
        if len(content) > entry.file_size:
            raise Fault(f"{name[:40]} is longer than the {entry.file_size} bytes the archive promises")
        return content


def _words(error: Exception) -> str:
    """What an error says, on one line; some say nothing."""
    return " ".join(str(error).split()) or "ends too early"


def _placed(archive: _Archive, root: str) -> Iterator[tuple[Part, Float[np.ndarray, "4 4"]]]:
    """Every mesh with its placement, components followed; a build that never ends is a Fault."""
    build = archive.model(root).build
    stack: list[tuple[str, Placement, Float[np.ndarray, "4 4"], int]] = [
        (root, item, np.eye(4), 1) for item in reversed(build)
    ]
    visits = 0
    while stack:
        name, item, above, depth = stack.pop()
        visits += 1
        if depth > _MAX_DEPTH or visits > MAX_PLACEMENTS:
            raise Fault(f"object {item.object!r}: a cycle, or more than {_MAX_DEPTH} levels or {MAX_PLACEMENTS} parts")
        home = item.path or name
        part = archive.model(home).parts.get(item.object)
        if part is None:
            raise Fault(f"object {item.object!r} is placed but not defined")
        matrix = above @ item.matrix
        if len(part.faces):
            yield part, matrix
        stack.extend((home, component, matrix, depth + 1) for component in reversed(part.components))


_CONTENT_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/></Types>'
)
_RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Target="/3D/3dmodel.model" Id="rel0" '
    'Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>'
)


def write(
    vertices: Float[np.ndarray, "P 3"], faces: Int[np.ndarray, "F 3"], colors: UInt8[np.ndarray, "F 3"] | None
) -> bytes:
    """A 3MF archive with every digit of the coordinates, and the faces' colors as base materials; no dates, no ids."""
    materials, uses = "", [""] * len(faces)
    if colors is not None:
        palette, numbers = np.unique(colors, axis=0, return_inverse=True)
        bases = "".join('<base name="color" displaycolor="#{:02X}{:02X}{:02X}"/>'.format(*c) for c in palette.tolist())
        materials = f'<basematerials id="1">{bases}</basematerials>'
        uses = [f' pid="1" p1="{number}"' for number in numbers.reshape(-1).tolist()]
    corners = "".join(f'<vertex x="{x!r}" y="{y!r}" z="{z!r}"/>' for x, y, z in vertices.tolist())
    triangles = "".join(
        f'<triangle v1="{a}" v2="{b}" v3="{c}"{use}/>' for (a, b, c), use in zip(faces.tolist(), uses, strict=True)
    )
    model = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<model unit="millimeter" xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02"><resources>'
        f'{materials}<object id="2" type="model"><mesh><vertices>{corners}</vertices>'
        f'<triangles>{triangles}</triangles></mesh></object></resources><build><item objectid="2"/></build></model>'
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        contents = {"[Content_Types].xml": _CONTENT_TYPES, "_rels/.rels": _RELATIONS, "3D/3dmodel.model": model}
        for name, content in contents.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return stream.getvalue()
