"""The search engine: a collection on disk, files in, answers out. The service and the command line stand on this.

`Engine.open(folder).search({"image": [path]})` is the whole of it.
"""

from maquette.search.answers import AddReport, Answer, Hit, QueryFile
from maquette.search.check import CheckReport, check_collection
from maquette.search.collection import Collection
from maquette.search.engine import Engine
from maquette.search.fuse import fuse_parts, fuse_query
from maquette.search.sources import Source, find_sources, sources_of_manifest

__all__ = [
    "AddReport",
    "Answer",
    "CheckReport",
    "Collection",
    "Engine",
    "Hit",
    "QueryFile",
    "Source",
    "check_collection",
    "find_sources",
    "fuse_parts",
    "fuse_query",
    "sources_of_manifest",
]
