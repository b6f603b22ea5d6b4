"""Two runs are compared on the same queries or not at all; equal runs differ by nothing, others by what they differ."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from maquette.errors import InputError
from maquette.metrics import evaluate_pairs, get_protocol
from maquette.train.comparison import compare_runs, compare_scores, comparison_as_json
from maquette.train.evaluation import evaluate_run
from maquette.train.experiment import train
from tests.train.tiny import tiny_config, tiny_store

CLEAN = get_protocol("clean")
LABELS = np.repeat(np.arange(4), 15)


def _representations(noise: float, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {name: np.eye(8)[LABELS] + noise * rng.normal(size=(60, 8)) for name in ("image", "mesh")}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("comparison")
    store = tiny_store(folder)
    paths = {"data__prepared": str(folder / "prepared"), "data__root": str(folder)}
    made = [train(tiny_config(train__epochs=n, **paths), store, out=folder / f"run {n}").folder for n in (1, 3)]
    return made[0], made[1]


def test_two_runs_pair_by_pair(runs: tuple[Path, Path]) -> None:
    found = compare_runs(*runs, split="train", protocol=CLEAN)
    places = [(row.query, row.gallery, row.views) for row in found]
    assert len(set(places)) == len(places) == 7, "three pairs with images at two numbers of views, one without"
    tables = [evaluate_run(run, split="train", protocol=CLEAN)["views"] for run in runs]
    for row in found:
        a, b = (table[str(row.views)][f"{row.query}->{row.gallery}"] for table in tables)
        assert row.first.mean == pytest.approx(a["map"], abs=1e-12)
        assert row.second.mean == pytest.approx(b["map"], abs=1e-12)
        assert row.difference.mean == pytest.approx(a["map"] - b["map"], abs=1e-12)
        assert row.queries == a["queries"]
        assert row.difference.low <= row.difference.mean <= row.difference.high
        assert row.p_value <= row.p_holm <= 1
    assert compare_runs(*runs, split="train", protocol=CLEAN) == found
    assert json.loads(json.dumps(comparison_as_json(found)))[0]["first"]["mean"] == found[0].first.mean


def test_a_run_and_itself(runs: tuple[Path, Path]) -> None:
    for row in compare_runs(runs[0], runs[0], split="validation", protocol=CLEAN):
        assert (row.difference.low, row.difference.high, row.p_value) == (0, 0, 1)


def test_the_better_one_is_found_and_turned_round_it_is_the_other() -> None:
    better, worse = ({1: evaluate_pairs(_representations(noise), LABELS, protocol=CLEAN)} for noise in (0.2, 0.6))
    for row in compare_scores(better, worse):
        assert row.difference.low > 0
        assert row.p_holm < 0.01
    for row, back in zip(compare_scores(better, worse), compare_scores(worse, better), strict=True):
        assert back.difference.mean == -row.difference.mean
        assert back.p_value == row.p_value


def test_a_pair_has_the_same_figures_whichever_others_there_are() -> None:
    a, b = ({1: evaluate_pairs(_representations(0.5, seed), LABELS, protocol=CLEAN)} for seed in (1, 2))
    everything = compare_scores(a, b)
    (alone,) = compare_scores({1: {("mesh", "image"): a[1]["mesh", "image"]}}, b)
    (same,) = [row for row in everything if (row.query, row.gallery) == ("mesh", "image")]
    assert replace(same, p_holm=0.0) == replace(alone, p_holm=0.0)
    assert alone.p_holm == alone.p_value


def test_what_cannot_be_compared_is_refused(runs: tuple[Path, Path], tmp_path: Path) -> None:
    store = tiny_store(tmp_path)
    manifest = json.loads((store.folder / "manifest.json").read_text())
    manifest["items"][0]["checksums"] = dict.fromkeys(manifest["items"][0]["paths"]["image"], "0" * 64)
    (store.folder / "manifest.json").write_text(json.dumps(manifest))
    text = (runs[1] / "run.json").read_text()
    values = json.loads(text)
    values["config"]["data"]["prepared"] = str(store.folder)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text(json.dumps(values))
    with pytest.raises(InputError, match=r"made on different data, .*run 1 on 'tiny' \(files [0-9a-f]{16}\) and"):
        compare_runs(runs[0], tmp_path / "run", split="train", protocol=CLEAN)
    whole = evaluate_pairs(_representations(0.5), LABELS, protocol=CLEAN)
    part = evaluate_pairs(_representations(0.5), LABELS, protocol=CLEAN, present={"mesh": np.arange(60) != 7})
    with pytest.raises(InputError, match=r"image->mesh: the runs answered different queries \(60 and 60, galleries"):
        compare_scores({1: whole}, {1: part})
    with pytest.raises(InputError, match="nothing to compare"):
        compare_scores({1: whole}, {2: whole})
    lonely = evaluate_pairs(_representations(0.5), np.arange(60), protocol=CLEAN, pairs=[("mesh", "mesh")])
    with pytest.raises(InputError, match="nothing to compare"):
        compare_scores({1: lonely}, {1: lonely})


def test_pairs_in_which_no_query_counts_are_left_out() -> None:
    scores = {1: evaluate_pairs(_representations(0.5), np.arange(60), protocol=CLEAN)}
    assert [(row.query, row.gallery) for row in compare_scores(scores, scores)] == [
        ("image", "mesh"),
        ("mesh", "image"),
    ]
