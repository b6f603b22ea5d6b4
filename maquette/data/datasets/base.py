"""The registry of data sets: each builder returns a `Manifest`, and knows nothing of what is done with it.

A data set is one file in this folder with a function `@DATASETS.register("name")` and an import line in `__init__`.
Every builder takes `root` (where the files are, or are to be), `workers` and `on_progress(done, total)`, by keyword.
"""

from __future__ import annotations

from maquette.data.manifest import Manifest
from maquette.registry import Registry

__all__ = ["DATASETS"]

DATASETS: Registry[Manifest] = Registry("dataset")
