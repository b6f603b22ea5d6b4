"""Two models and a folder of objects that the search tests share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maquette.geometry import Cloud, write_cloud, write_mesh
from maquette.search import Collection, Engine
from tests.search.search_cases import box, export


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(tmp_path_factory.mktemp("models") / "one", seed=1)


@pytest.fixture(scope="session")
def other_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(tmp_path_factory.mktemp("models") / "other", seed=2)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Six items in three classes: meshes of three formats, a scan, a mesh with a photo beside it, a lone photo."""
    root = tmp_path / "models of mine"
    for name in ("bars", "plates", "scans"):
        (root / name).mkdir(parents=True)
    write_mesh(box(1, 1, 6), root / "bars" / "long.off")
    write_mesh(box(1, 1, 3), root / "bars" / "short.stl")
    write_mesh(box(5, 5, 1), root / "plates" / "square.obj")
    write_mesh(box(9, 4, 1), root / "plates" / "wide.ply")
    rng = np.random.default_rng(0)
    write_cloud(Cloud(rng.normal(size=(200, 3)) * (3, 2, 1)), root / "scans" / "blob.xyz")
    photo = rng.integers(0, 255, size=(40, 60, 3)).astype(np.uint8)
    Image.fromarray(photo).save(root / "plates" / "wide.png")
    Image.fromarray(255 - photo).save(root / "scans" / "only photo.png")
    (root / "notes.txt").write_text("not an item")
    return root


@pytest.fixture
def engine(tmp_path: Path, model: Path) -> Engine:
    return Engine(Collection.create(tmp_path / "collection", model=model))
