"""The `maquette` command. Each file holds the commands of one room and imports what it needs inside them."""

from maquette.cli import (
    audit,
    bench,
    collection,
    compare,
    data,
    demo,
    doctor,
    exporting,
    lint,
    plotting,
    reproduce,
    searching,
    serve,
    training,
)
from maquette.cli.app import run_app as main

__all__ = [
    "audit",
    "bench",
    "collection",
    "compare",
    "data",
    "demo",
    "doctor",
    "exporting",
    "lint",
    "main",
    "plotting",
    "reproduce",
    "searching",
    "serve",
    "training",
]
