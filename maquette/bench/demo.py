"""The whole job on the built-in data: make, prepare, train, evaluate, build and calibrate a collection, search, report.

Every stage leaves its result in the demo's folder and is skipped when that is there, so a second call is quick and an
interrupted one goes on where it stopped.

    data/  prepared/  run/  results.json  collection/  report/index.html
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from maquette.bench.demo_calibration import calibrate_demo
from maquette.bench.demo_report import write_demo_report
from maquette.config import RunConfig
from maquette.data.atomic import write_atomically
from maquette.data.store import Store
from maquette.errors import ConfigError
from maquette.metrics import get_protocol
from maquette.search import Collection, Engine, sources_of_manifest
from maquette.train.data import build_manifest, prepare_data
from maquette.train.evaluation import evaluate_run
from maquette.train.experiment import train
from maquette.train.run import Run
from maquette.types import Progress

__all__ = ["Demo", "demo_config", "run_demo"]

Update = Callable[[int, int, str], None]
Stage = Callable[[str], AbstractContextManager[Update]]

_SIZES: Mapping[str, Mapping[str, Any]] = {
    "standard": {},
    # For tests and documentation: the same stages in seconds, figures of no meaning.
    "tiny": {
        "data": {"objects_per_class": 10, "classes": ["bolt", "chair", "cup", "house"], "photo_resolution": 48},
        "train": {"epochs": 3, "batch_size": 14},
    },
}


@dataclass(frozen=True)
class Demo:
    """Where a finished demo's parts are, and its figures."""

    folder: Path
    results: Mapping[str, Any]
    example_photo: Path

    @property
    def report(self) -> Path:
        """The report to open."""
        return self.folder / "report" / "index.html"

    @property
    def collection(self) -> Path:
        """The collection to search."""
        return self.folder / "collection"


def demo_config(out: Path, *, size: str = "standard") -> RunConfig:
    """The demo's run, with its folders under `out`; ConfigError unless the size is "standard" or "tiny"."""
    if size not in _SIZES:
        raise ConfigError(f"demo size {size!r}: expected one of {', '.join(_SIZES)}")
    values = tomllib.loads((files("maquette.bench") / "demo.toml").read_text(encoding="utf-8"))
    values["data"] |= {"root": str(out / "data"), "prepared": str(out / "prepared")}
    values["data"]["options"] |= _SIZES[size].get("data", {})
    values["train"] |= _SIZES[size].get("train", {})
    return RunConfig.from_mapping(values, source="demo.toml")


def run_demo(out: Path, *, stage: Stage, size: str = "standard", workers: int = 2) -> Demo:
    """Run what is missing of the demo in `out` and return where everything is."""
    config = demo_config(out, size=size)
    store = _make_data(config, stage, workers)
    run = _train(config, store, out, stage)
    results = _evaluate(run, out, stage)
    engine = _build_collection(run, store, out, stage, workers)
    if engine.calibration is None or engine.calibration.items != len(engine.collection.index):
        with stage("finding out what scores mean"):
            calibrate_demo(run, engine)
    _report(run, store, results, engine, out, stage)
    example = store.manifest.items[int(store.rows("test")[0])]
    return Demo(out, results, store.manifest.files(example, "image")[0])


def _make_data(config: RunConfig, stage: Stage, workers: int) -> Store:
    with stage("making 3D models, photos, scans") as update:
        manifest = build_manifest(config, workers=workers, on_progress=lambda done, total: update(done, total, ""))
    with stage("preparing") as update:
        prepare_data(config, manifest, workers=workers, on_progress=lambda done, total: update(done, total, ""))
    return Store.open(config.data.prepared)


def _train(config: RunConfig, store: Store, out: Path, stage: Stage) -> Run:
    with stage("training") as update:

        def on_step(progress: Progress, terms: Mapping[str, float]) -> None:
            words = "  ".join(f"{name} {value:.2f}" for name, value in terms.items())
            update(progress.batches_done + 1, progress.epochs * progress.steps, words)

        return train(config, store, out=out / "run", resume=True, on_step=on_step, title="Maquette demo")


def _evaluate(run: Run, out: Path, stage: Stage) -> dict[str, Any]:
    path = out / "results.json"
    if path.is_file():
        results: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if results.get("run", {}).get("identity") == run.identity:
            return results
    with stage("evaluating on test objects"):
        results = evaluate_run(run.folder, split="test", protocol=get_protocol("clean"))
    write_atomically(path, (json.dumps(results, indent=2) + "\n").encode())
    return results


def _build_collection(run: Run, store: Store, out: Path, stage: Stage, workers: int) -> Engine:
    """A collection of the test objects' 3D models: files alone, none of them trained on."""
    folder = out / "collection"
    # The model's file alone: its own photos and scans stay queries.
    sources = [replace(source, paths={}) for source in sources_of_manifest(store.manifest, split="test")]
    with stage("building the collection") as update:
        if not folder.exists():
            Collection.create(folder, model=run.model, name="maquette demo")
        engine = Engine.open(folder)
        engine.add(sources, workers=workers, on_progress=lambda done, total: update(done, total, ""))
    return engine


def _report(run: Run, store: Store, results: Mapping[str, Any], engine: Engine, out: Path, stage: Stage) -> None:
    """The report, unless the one that is there was made of this run and this state of the collection."""
    folder = out / "report"
    made_of = json.dumps({"identity": run.identity, "collection": engine.collection.index.version}).encode()
    stamp = folder / "made_of.json"
    if stamp.is_file() and stamp.read_bytes() == made_of:
        return
    with stage("writing the report"):
        write_demo_report(folder, run=run, store=store, results=results, engine=engine)
    write_atomically(stamp, made_of)
