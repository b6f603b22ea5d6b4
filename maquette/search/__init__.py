"""The search engine: a collection on disk, files in, answers out. The service and the command line stand on this.

`Engine.open(folder).search({"image": [path]})` is the whole of it. What is imported from here is loaded when it is
asked for: processes that read files need none of it.
"""

from typing import TYPE_CHECKING

from maquette.lazily import load_lazily

if TYPE_CHECKING:
    from maquette.search.answers import AddReport, Answer, Hit, QueryFile
    from maquette.search.calibrated import Calibration
    from maquette.search.check import CheckReport, check_collection
    from maquette.search.collection import Collection
    from maquette.search.engine import Engine
    from maquette.search.fuse import fuse_parts, fuse_query
    from maquette.search.parts import UNLIKE, Part
    from maquette.search.sources import Source, find_sources, sources_of_manifest

__all__ = [
    "UNLIKE",
    "AddReport",
    "Answer",
    "Calibration",
    "CheckReport",
    "Collection",
    "Engine",
    "Hit",
    "Part",
    "QueryFile",
    "Source",
    "check_collection",
    "find_sources",
    "fuse_parts",
    "fuse_query",
    "sources_of_manifest",
]

if not TYPE_CHECKING:  # else every name would pass for one of the package's
    __getattr__ = load_lazily(
        __name__,
        {
            "UNLIKE": "parts",
            "AddReport": "answers",
            "Answer": "answers",
            "Calibration": "calibrated",
            "CheckReport": "check",
            "Collection": "collection",
            "Engine": "engine",
            "Hit": "answers",
            "Part": "parts",
            "QueryFile": "answers",
            "Source": "sources",
            "check_collection": "check",
            "find_sources": "sources",
            "fuse_parts": "fuse",
            "fuse_query": "fuse",
            "sources_of_manifest": "sources",
        },
    )
