"""The loop: terms fall, a killed run ends as an uninterrupted one, and what goes wrong is named."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from jaxtyping import Int
from torch import Tensor

from maquette.data.store import Store
from maquette.errors import CheckpointError, NonFiniteTermError
from maquette.methods import CMCL
from maquette.train.checkpoint import load_checkpoint
from maquette.train.experiment import train
from maquette.train.record import read_record
from maquette.types import Progress, Representations
from tests.train.tiny import tiny_config, tiny_store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return tiny_store(tmp_path_factory.mktemp("tiny"))


def _weights(run: Path) -> bytes:
    return (run / "model" / "model.safetensors").read_bytes()


def test_the_objective_falls(store: Store, tmp_path: Path) -> None:
    config = tiny_config(train__epochs=20, train__optimizer="adam", train__lr=0.02, method__name="cross_entropy")
    train(config, store, out=tmp_path / "run")
    entries = [entry for entry in read_record(tmp_path / "run") if entry["kind"] == "train"]
    assert [entry["batches"] for entry in entries] == list(range(1, 20 * 5 + 1))
    ce = [entry["values"]["cross_entropy"] for entry in entries]
    assert np.mean(ce[-20:]) < 0.7 * np.mean(ce[:10])


def test_same_seed_same_bytes_other_seed_other_bytes(store: Store, tmp_path: Path) -> None:
    state = torch.get_rng_state()
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        train(tiny_config(train__seed=seed), store, out=tmp_path / name)
    assert torch.equal(torch.get_rng_state(), state), "training moved the process's own random stream"
    assert _weights(tmp_path / "a") == _weights(tmp_path / "b")
    assert _weights(tmp_path / "a") != _weights(tmp_path / "c")


class _Stop(Exception):
    pass


@pytest.mark.parametrize("stop_after", [1, 2, 5, 7, 14])
@pytest.mark.parametrize("kind", ["sgd", "adam"])
def test_an_interrupted_run_ends_as_an_uninterrupted_one(
    store: Store, tmp_path: Path, stop_after: int, kind: str
) -> None:
    config = tiny_config(train__optimizer=kind, train__schedule="cosine")
    train(config, store, out=tmp_path / "whole")
    count = 0

    def stop(progress: Progress, terms: object) -> None:
        nonlocal count
        count += 1
        if count == stop_after:
            raise _Stop

    with pytest.raises(_Stop):
        train(config, store, out=tmp_path / "cut", on_step=stop)
    with pytest.raises(CheckpointError, match="go on with --resume"):
        train(config, store, out=tmp_path / "cut")
    train(config, store, out=tmp_path / "cut", resume=True)
    assert _weights(tmp_path / "cut") == _weights(tmp_path / "whole")
    assert read_record(tmp_path / "cut") == read_record(tmp_path / "whole")


_CHILD = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from tiny import tiny_config
from maquette.data.store import Store
from maquette.train.experiment import train
config = tiny_config(train__epochs=25, train__checkpoint_every=1)
train(config, Store.open(Path(sys.argv[1])), out=Path(sys.argv[2]), resume=True)
"""


@pytest.mark.slow
def test_kill_9_at_random_moments_then_resume(store: Store, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    command = [sys.executable, "-c", _CHILD, str(store.folder)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([*command, str(tmp_path / "whole"), str(Path(__file__).parent)], check=True, env=environment)
    kills = 0
    for _ in range(4):
        with subprocess.Popen([*command, str(tmp_path / "cut"), str(Path(__file__).parent)], env=environment) as child:
            while not (tmp_path / "cut" / "record.jsonl").is_file() and child.poll() is None:
                time.sleep(0.02)
            time.sleep(float(rng.uniform(0.0, 1.5)))
            kills += child.poll() is None
            child.send_signal(signal.SIGKILL)
    assert kills, "no run was cut: the test proves nothing"
    subprocess.run([*command, str(tmp_path / "cut"), str(Path(__file__).parent)], check=True, env=environment)
    assert _weights(tmp_path / "cut") == _weights(tmp_path / "whole")
    assert read_record(tmp_path / "cut") == read_record(tmp_path / "whole")


def test_a_finished_run_is_returned_and_another_configuration_refused(store: Store, tmp_path: Path) -> None:
    train(tiny_config(), store, out=tmp_path / "run")
    before = (tmp_path / "run" / "checkpoint.safetensors").stat().st_mtime_ns
    assert train(tiny_config(), store, out=tmp_path / "run").finished
    assert (tmp_path / "run" / "checkpoint.safetensors").stat().st_mtime_ns == before
    with pytest.raises(CheckpointError, match="another configuration or other data"):
        train(tiny_config(train__lr=0.01), store, out=tmp_path / "run", resume=True)


def test_accumulated_batches_count_as_one(store: Store, tmp_path: Path) -> None:
    train(tiny_config(train__accumulate=2), store, out=tmp_path / "run")
    assert load_checkpoint(tmp_path / "run" / "checkpoint.safetensors").meta["batches"] == 9


class _Poisoned(CMCL):
    def forward(
        self, reps: Representations, labels: Int[Tensor, "B"], index: Int[Tensor, "B"], progress: Progress
    ) -> dict[str, Tensor]:
        terms = super().forward(reps, labels, index, progress)
        return terms | {"center": terms["center"] / (0 if (progress.epoch, progress.step) == (1, 2) else 1)}


def test_the_first_term_that_is_not_finite_is_named_with_its_items(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maquette.train.experiment.METHODS.build", lambda name, **options: _Poisoned(**options))
    with pytest.raises(
        NonFiniteTermError, match=r"term 'center' became inf at epoch 1, step 2 \(batch 7\): .*items"
    ) as caught:
        train(tiny_config(), store, out=tmp_path / "run")
    assert sum(str(caught.value).count(name) for name in store.ids) == 6


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("rono", {"warm_up": 2}),
        ("dac", {"warm_up": 1, "batch_size": 6, "seed": 0}),
        ("cmcl_paper", {}),
    ],
)
@pytest.mark.parametrize("stop_after", [4, 8, 13])
def test_methods_with_a_memory_go_on_as_well(
    store: Store, tmp_path: Path, name: str, options: dict[str, object], stop_after: int
) -> None:
    # DAC composes its batches itself and remembers a distribution an object; RONO has centers with their own optimiser.
    config = tiny_config(
        train__optimizer="adam",
        train__lr=0.01,
        train__epochs=4,
        train__checkpoint_every=3,
        method__name=name,
        method__options=options,
        noise__rate=0.3,
    )
    train(config, store, out=tmp_path / "whole")
    count = 0

    def stop(progress: Progress, terms: object) -> None:
        nonlocal count
        count += 1
        if count == stop_after:
            raise _Stop

    with pytest.raises(_Stop):
        train(config, store, out=tmp_path / "cut", on_step=stop)
    train(config, store, out=tmp_path / "cut", resume=True)
    assert _weights(tmp_path / "cut") == _weights(tmp_path / "whole")
    assert read_record(tmp_path / "cut") == read_record(tmp_path / "whole")


def test_half_precision_is_near_and_not_the_same(store: Store, tmp_path: Path) -> None:
    for precision in ("float32", "bfloat16"):
        train(tiny_config(train__precision=precision), store, out=tmp_path / precision)
    terms = {p: [e["values"]["cross_entropy"] for e in read_record(tmp_path / p)] for p in ("float32", "bfloat16")}
    assert terms["bfloat16"][0] == pytest.approx(terms["float32"][0], rel=0.05)
    assert terms["bfloat16"] != terms["float32"]
