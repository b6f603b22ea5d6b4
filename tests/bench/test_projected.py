"""A projection's row: fitted on given labels of the training split, measured on the test split, missing parts out."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maquette.bench.projected import project
from maquette.bench.rows import Row, Table, run_rows
from maquette.config import RunConfig, load_config
from maquette.data.manifest import Item, Manifest
from maquette.data.store import Store
from maquette.errors import ConfigError
from maquette.train.data import build_manifest, prepare_data

_SECTION = {"kind": "features", "encoder": "mlp", "prepare": {"size": 6}, "options": {"inputs": 6}}


def _config_file(folder: Path) -> Path:
    """Vectors of three classes in two modalities, around other middles in each; every tenth object lacks one."""
    rng = np.random.default_rng(0)
    middles = {name: 3 * rng.normal(size=(3, 6)) for name in ("image", "mesh")}
    items = []
    for number in range(90):
        paths: dict[str, tuple[str, ...]] = {}
        for name, middle in middles.items():
            if name == "mesh" and number % 10 == 9:
                continue
            path = f"{name}_{number:02d}.npy"
            np.save(folder / path, middle[number % 3] + rng.normal(size=6))
            paths[name] = (path,)
        split = "train" if number < 60 else "test"
        items.append(Item(f"{number:02d}", split, number % 3, number % 3, paths))
    Manifest("vectors", folder, ("a", "b", "c"), tuple(items)).save(folder / "manifest.json")
    values = {"image": _SECTION, "mesh": _SECTION}
    lines = [f"[modalities.{name}]\n" + "\n".join(_toml(section)) for name, section in values.items()]
    file = folder / "c.toml"
    file.write_text(f'[data]\nname = "frozen"\nroot = {json.dumps(str(folder))}\n' + "\n".join(lines) + "\n")
    return file


def _toml(section: dict[str, Any]) -> list[str]:
    size = section["prepare"]["size"]
    return [
        'kind = "features"',
        'encoder = "mlp"',
        f"prepare = {{ size = {size} }}",
        f"options = {{ inputs = {size} }}",
    ]


def _store(config: RunConfig) -> Store:
    prepare_data(config, build_manifest(config))
    return Store.open(config.data.prepared)


def test_it_brings_test_objects_into_one_space_by_given_labels(tmp_path: Path) -> None:
    config = load_config(_config_file(tmp_path), [f"data.prepared={tmp_path / 'prepared'}"])
    store = _store(config)
    made = project(config, store, name="mvda", dimensions=8)
    image, mesh = made.embedded.representations["image"], made.embedded.representations["mesh"]
    assert image.shape == mesh.shape == (30, 2), "one dimension less than there are classes"
    assert made.rows.tolist() == store.rows("test").tolist()
    there = made.embedded.present["mesh"]
    assert there.sum() == 27
    assert (mesh[~there] == 0).all()
    labels = store.true_labels("test")
    unit = {n: v / np.linalg.norm(v, axis=1, keepdims=True).clip(1e-9) for n, v in (("image", image), ("mesh", mesh))}
    nearest = (unit["image"] @ unit["mesh"][there].T).argmax(axis=1)
    assert (labels[there][nearest] == labels).mean() > 0.95

    noisy = project(
        load_config(tmp_path / "c.toml", [f"data.prepared={tmp_path / 'prepared'}", "noise.rate=0.6"]),
        store,
        name="mvda",
        dimensions=8,
    )
    assert noisy.facts["identity"] != made.facts["identity"]
    assert set(noisy.facts["practice"]["encoders"]) == {"image", "mesh"}, "the linter asks for it"
    assert not np.allclose(noisy.embedded.representations["image"], image)


def test_files_are_refused(tmp_path: Path) -> None:
    config = load_config(_config_file(tmp_path), [f"data.prepared={tmp_path / 'prepared'}"])
    store = _store(config)
    raw = RunConfig.from_mapping({**config.to_json(), "modalities": {"image": {"encoder": "resnet18"}}})
    with pytest.raises(ConfigError, match="frozen representations: image"):
        project(raw, store, name="mvda", dimensions=8)


def test_labels_of_each_modality_are_refused_where_labels_count(tmp_path: Path) -> None:
    changes = [f"data.prepared={tmp_path / 'prepared'}", "noise.rate=0.4", 'noise.options.modalities=["image", "mesh"]']
    config = load_config(_config_file(tmp_path), changes)
    store = _store(config)
    with pytest.raises(ConfigError, match="'mvda' takes one given label an object"):
        project(config, store, name="mvda", dimensions=8)
    assert project(config, store, name="cca", dimensions=2).facts["noise"]["modalities"] == ["image", "mesh"]


def test_a_projections_row_is_a_row_like_any_other(tmp_path: Path) -> None:
    row = Row("mvda", 0.2, 0, _config_file(tmp_path), ("noise.rate=0.2",), projection="mvda")
    row = Row(row.method, row.rate, row.seed, row.config, (*row.changes, "data.name=frozen"), projection="mvda")
    table = Table("t", "T", (row,), {"clean": False}, command="maquette reproduce t")
    scratch = tmp_path / "scratch"
    (scratch / "data").mkdir(parents=True)
    for path in [*sorted(tmp_path.glob("*.npy")), tmp_path / "manifest.json"]:
        (scratch / "data" / path.name).write_bytes(path.read_bytes())

    @contextmanager
    def stage(name: str) -> Any:
        yield lambda done, total, words: None

    (result,) = run_rows(table, results=tmp_path / "results", scratch=scratch, stage=stage)
    assert result["config"]["method"]["name"] == "mvda"
    assert result["metrics"]["clean"]["image->mesh"]["map"] > 0.9
    assert result["noise"]["realised_rate"] == pytest.approx(0.2, abs=0.02)
    assert json.loads((tmp_path / "results" / "mvda_20_seed0.json").read_text()) == result
