"""A run's labels are audited whole: planted noise is found, files are written, training takes the corrected labels."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from maquette.bench.audit_run import AuditResult, audit_run
from maquette.data.store import Store
from maquette.errors import InputError
from maquette.train.experiment import train
from maquette.train.noise import noisy_store
from tests.train.tiny import tiny_config, tiny_store

NOISE = {"kind": "symmetric", "rate": 0.2, "seed": 3}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return tiny_store(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def made(store: Store, tmp_path_factory: pytest.TempPathFactory) -> AuditResult:
    folder = tmp_path_factory.mktemp("audited")
    config = tiny_config(method__name="mvi", train__epochs=2, noise=NOISE)
    run = train(config, store, out=folder / "run").folder
    return audit_run(run, out=folder / "audit", rates=(0.1,), repeats=1)


def test_the_labels_that_the_run_trained_on_are_judged(made: AuditResult, store: Store) -> None:
    config = tiny_config(noise=NOISE)
    rows = store.rows("train")
    np.testing.assert_array_equal(made.audit.labels, noisy_store(store, config.noise)[0].labels()[rows])
    known = made.facts["against_true_labels"]
    assert known["noise_rate"] == pytest.approx(6 / 30, abs=0.04)
    assert known["accuracy_of_given"] == pytest.approx(1 - known["noise_rate"])
    assert 0 <= known["f1"] <= 1
    assert {saw["labels"] for saw in made.facts["encoders"].values()} == {"none"}
    assert [trial.kind for trial in made.trials] == ["symmetric", "asymmetric", "instance_dependent"]


def test_all_of_it_is_written(made: AuditResult, store: Store) -> None:
    folder = made.report.parent
    facts = json.loads((folder / "audit.json").read_text())
    assert facts["objects"] == 30 == len(facts["judgements"])
    lines = list(csv.DictReader(io.StringIO((folder / "suspects.csv").read_text(), newline="")))
    assert len(lines) == facts["suspects"] == len(made.audit.suspects())
    assert all((store.manifest.root / line["file"]).is_file() for line in lines)
    assert "Suspicious labels" in made.report.read_text()
    assert bool(list(folder.glob("suspects_*.png"))) == bool(lines)


def test_training_takes_the_corrected_labels(made: AuditResult, store: Store, tmp_path: Path) -> None:
    noise = {"kind": "file", "options": {"folder": str(made.report.parent / "labels")}}
    config = tiny_config(train__epochs=1, noise=noise)
    rows = store.rows("train")
    labels = noisy_store(store, config.noise)[0].labels()[rows]
    suspects = made.audit.suspects()
    expected = made.audit.labels.copy()
    expected[suspects] = made.audit.joint.proposed[suspects]
    np.testing.assert_array_equal(labels, expected)
    assert train(config, store, out=tmp_path / "run").finished


def test_a_run_that_learnt_the_labels_is_told_apart(store: Store, tmp_path: Path) -> None:
    run = train(tiny_config(train__epochs=1), store, out=tmp_path / "run").folder
    made = audit_run(run, out=tmp_path / "audit", rates=())
    assert made.trials == () and made.facts["against_true_labels"] is None
    assert "learnt these labels by heart" in made.report.read_text()


def test_the_test_split_is_refused(made: AuditResult, tmp_path: Path) -> None:
    run = made.report.parents[1] / "run"
    with pytest.raises(InputError, match="expected train or validation"):
        audit_run(run, out=tmp_path, split="test")
    with pytest.raises(InputError, match="above 0 to 1"):
        audit_run(run, out=tmp_path, threshold=0.0)
    assert not list(tmp_path.iterdir())
