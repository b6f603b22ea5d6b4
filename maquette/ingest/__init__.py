"""Files of strangers: limits, a first look, archives, and readers in confined processes that may die of a file."""

from __future__ import annotations

from maquette.ingest.archive import Entry, Unpacked, unpack
from maquette.ingest.check import FILE_SUFFIXES, check_file, check_shape
from maquette.ingest.limits import OWN_FILES, Limits, in_bytes
from maquette.ingest.sandbox import Refused, Sandbox, can_confine
from maquette.ingest.staging import bring_in

__all__ = [
    "FILE_SUFFIXES",
    "OWN_FILES",
    "Entry",
    "Limits",
    "Refused",
    "Sandbox",
    "Unpacked",
    "bring_in",
    "can_confine",
    "check_file",
    "check_shape",
    "in_bytes",
    "unpack",
]
