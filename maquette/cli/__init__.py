"""The `maquette` command. Each file holds the commands of one room and imports what it needs inside them."""

from maquette.cli import collection, compare, data, demo, doctor, plotting, reproduce, searching, serve, training
from maquette.cli.app import run_app as main

__all__ = [
    "collection",
    "compare",
    "data",
    "demo",
    "doctor",
    "main",
    "plotting",
    "reproduce",
    "searching",
    "serve",
    "training",
]
