"""A collection of a few boxes, and a service over it that listens on a port of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maquette.geometry import Cloud, write_cloud, write_mesh
from maquette.search import Collection, Engine
from maquette.serve import Client, Settings
from tests.search.search_cases import box, export
from tests.serve.serve_cases import Live, live


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`collection` (8 items of three classes), `models` it was made of, `photo.png`; treat it as read-only."""
    folder = tmp_path_factory.mktemp("service")
    for name, sides in {
        "bars/long.off": (1, 1, 6),
        "bars/short.off": (1, 1, 3),
        "bars/thick.off": (2, 2, 7),
        "plates/square.obj": (5, 5, 1),
        "plates/wide.off": (9, 4, 1),
        "plates/thin.stl": (9, 9, 0.5),
    }.items():
        path = folder / "models" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_mesh(box(*sides), path)
    rng = np.random.default_rng(0)
    (folder / "models" / "scans").mkdir()
    write_cloud(Cloud(rng.normal(size=(200, 3)) * (3, 2, 1)), folder / "models" / "scans" / "blob.xyz")
    photo = Image.fromarray(rng.integers(0, 255, size=(40, 60, 3)).astype(np.uint8))
    photo.save(folder / "models" / "scans" / "only photo.png")
    photo.save(folder / "photo.png")
    model = export(folder / "model", seed=1)
    Engine(Collection.create(folder / "collection", model=model)).add_paths([folder / "models"], workers=0)
    return folder


@pytest.fixture(scope="session")
def shared(folder: Path) -> Iterator[Live]:
    """A service that tests share: nothing may be added to it or removed from it."""
    with live(folder / "collection", Settings(searches_per_minute=100_000, reads_per_minute=1_000_000)) as service:
        yield service


@pytest.fixture
def own(folder: Path, tmp_path: Path) -> Iterator[Live]:
    """A service over a copy of the collection, for one test."""
    shutil.copytree(folder / "collection", tmp_path / "collection", ignore=shutil.ignore_patterns("service"))
    with live(tmp_path / "collection", Settings()) as service:
        yield service


@pytest.fixture
def client(shared: Live) -> Iterator[Client]:
    """A client of the shared service."""
    with Client(shared.address, timeout=300.0) as client:
        yield client
