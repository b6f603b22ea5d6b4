"""Where representations are kept and found again: one contract, an exact index in memory, a durable one on disk.

`INDEXES` lists them by name. `parse_where` reads filters on metadata as people type them.
"""

from maquette.index.base import INDEXES, Entry, Index, Ranking
from maquette.index.exact import MemoryIndex
from maquette.index.lance import LanceIndex
from maquette.index.where import Condition, matches, parse_where

__all__ = [
    "INDEXES",
    "Condition",
    "Entry",
    "Index",
    "LanceIndex",
    "MemoryIndex",
    "Ranking",
    "matches",
    "parse_where",
]
