"""Rows of an index as an Arrow table, and back: what stands on disk, with a checksum in each row.

The schema's own metadata say what the table is: format, dimensions, parts and tags.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32

from maquette.errors import CollectionError
from maquette.index.exact import empty_rows
from maquette.index.rows import Rows

__all__ = ["PART_COLUMNS", "ROW_COLUMNS", "Head", "from_arrow", "parts_from_arrow", "to_arrow"]

ROW_COLUMNS = ("id", "vector", "metadata", "checksum")
PART_COLUMNS = ("id", "parts", "parts_checksum")
_FORMAT = 1


@dataclass(frozen=True)
class Head:
    """What a table says about itself; `tags` are texts such as the model's fingerprint."""

    dimensions: int
    parts: tuple[str, ...]
    tags: Mapping[str, str]

    def schema(self) -> Any:
        """Return the Arrow schema of a table with this head."""
        import pyarrow as pa

        kinds = {
            "id": pa.string(),
            "vector": pa.list_(pa.float32(), self.dimensions),
            "metadata": pa.string(),
            "checksum": pa.int64(),
        }
        if self.parts:
            kinds["parts"] = pa.list_(pa.float32(), len(self.parts) * self.dimensions)
            kinds["parts_checksum"] = pa.int64()
        head = {"format": _FORMAT, "dimensions": self.dimensions, "parts": self.parts, "tags": dict(self.tags)}
        fields = [pa.field(name, kind, nullable=False) for name, kind in kinds.items()]
        return pa.schema(fields, metadata={"maquette": json.dumps(head)})

    @classmethod
    def of(cls, schema: Any) -> Head:
        """Return the head that a schema carries; ValueError, KeyError or TypeError if it is none of ours."""
        head = json.loads((schema.metadata or {})[b"maquette"])
        if head["format"] != _FORMAT:
            raise ValueError(f"format {head['format']!r}: expected {_FORMAT}, written by this version of maquette")
        return cls(int(head["dimensions"]), tuple(head["parts"]), dict(head["tags"]))


def to_arrow(rows: Rows, schema: Any) -> Any:
    """Return the rows as an Arrow table of that schema, with their checksums."""
    import pyarrow as pa

    columns: dict[str, Any] = {
        "id": pa.array(rows.ids, pa.string()),
        "vector": pa.FixedSizeListArray.from_arrays(pa.array(rows.vectors.ravel()), rows.vectors.shape[1]),
        "metadata": pa.array(rows.metadata, pa.string()),
        "checksum": pa.array([_checksum(*row) for row in zip(rows.ids, rows.vectors, rows.metadata, strict=True)]),
    }
    if rows.parts is not None:
        flat = rows.parts.reshape(len(rows), -1)
        columns["parts"] = pa.FixedSizeListArray.from_arrays(pa.array(flat.ravel()), flat.shape[1])
        columns["parts_checksum"] = pa.array([_checksum(*row) for row in zip(rows.ids, flat, strict=True)])
    return pa.table(columns, schema=schema)


def from_arrow(table: Any, head: Head) -> Rows:
    """Return the rows of a table with the columns ROW_COLUMNS, without parts; CollectionError if one is damaged."""
    ids, metadata = tuple(table["id"].to_pylist()), tuple(table["metadata"].to_pylist())
    if not ids:
        return empty_rows(head.dimensions, 0)
    vectors = _floats(table["vector"], head.dimensions)
    for row, checksum in enumerate(table["checksum"].to_pylist()):
        if checksum != _checksum(ids[row], vectors[row], metadata[row]):
            raise CollectionError(f"item {ids[row]!r} is damaged")
    if len(set(ids)) != len(ids):
        raise CollectionError("an id stands there twice")
    return Rows(ids, vectors, metadata)


def parts_from_arrow(table: Any, head: Head) -> dict[str, Float32[np.ndarray, "M D"]]:
    """Return the parts by id of a table with the columns PART_COLUMNS; CollectionError if one is damaged."""
    ids = table["id"].to_pylist()
    flat = _floats(table["parts"], len(head.parts) * head.dimensions)
    for row, checksum in enumerate(table["parts_checksum"].to_pylist()):
        if checksum != _checksum(ids[row], flat[row]):
            raise CollectionError(f"the parts of item {ids[row]!r} are damaged")
    return dict(zip(ids, flat.reshape(len(ids), len(head.parts), head.dimensions), strict=True))


def _checksum(id_: str, values: Float32[np.ndarray, "n"], metadata: str = "") -> int:
    return zlib.crc32(values.tobytes(), zlib.crc32(f"{id_}\0{metadata}".encode()))


def _floats(column: Any, width: int) -> Float32[np.ndarray, "N n"]:
    flat = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return np.ascontiguousarray(flat, dtype=np.float32).reshape(-1, width)
