"""A row is run once, goes on after a kill, keeps no trace of the machine's folders, and its figures are right."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maquette.bench.plan import Row, Table
from maquette.bench.rows import Update, make_run, read_rows, run_rows
from maquette.errors import MaquetteError
from maquette.train.experiment import train

CONFIG = """
dimensions = 8
[data]
name = "mnist3d"
[data.options]
points = 16
[modalities.image]
encoder = "mnist_cnn"
prepare = { views = 1, resolution = 28, train_views = 1, augmentation = "none" }
options = { channels = [2, 4], hidden = [8] }
[modalities.pointcloud]
encoder = "pointnet"
prepare = { points_prepared = 16, points = 16, augmentation = "none" }
options = { channels = [8], hidden = [8] }
[noise]
kind = "file"
rate = 0.4
options = { path = "labels/train_label_{percent}.npy", true_path = "labels/train_ori_label.npy" }
[method]
name = "rono"
options = { warm_up = 1 }
[train]
epochs = 2
batch_size = 20
optimizer = "adam"
schedule = "constant"
workers = 0
checkpoint_every = 1
device = "cpu"
"""


def stage(name: str) -> nullcontext[Update]:
    return nullcontext(lambda done, total, note: None)


@pytest.fixture
def table(tmp_path: Path) -> Table:
    rng = np.random.default_rng(0)
    arrays: dict[str, Any] = {"train_noisy_label_40": np.arange(40) % 10, "train_noisy_label_60": np.arange(40) % 7}
    for split, count in (("train", 40), ("test", 20)):
        arrays[f"{split}_label"] = np.arange(count) // 2 % 10
        arrays[f"{split}_image"] = rng.integers(0, 256, (count, 28, 28)).astype(np.uint8)
    np.savez(tmp_path / "digits.npz", **arrays)
    (tmp_path / "small.toml").write_text(CONFIG)
    changes = (f"data.options.source={json.dumps(str(tmp_path / 'digits.npz'))}",)
    rows = tuple(Row("rono", rate, 0, tmp_path / "small.toml", (*changes, f"noise.rate={rate}")) for rate in (0.4, 0.6))
    return Table("made/up", "A table", rows, {"paper_rono": True, "clean": False}, command="maquette reproduce it")


def test_rows_may_start_from_a_run_of_their_place(table: Table, tmp_path: Path) -> None:
    text = CONFIG.replace('name = "rono"\noptions = { warm_up = 1 }', 'name = "mvi"').replace(
        "rate = 0.4", "rate = 0.0"
    )
    (tmp_path / "first.toml").write_text(
        text.replace('kind = "file"', 'kind = "symmetric"').replace("options = { path", "# ")
    )
    rows = [replace(table.rows[0], place="digits", start=tmp_path / "first.toml"), replace(table.rows[0], seed=1)]
    shared = tmp_path / "shared"
    begun, drawn = run_rows(
        replace(table, rows=tuple(rows)), results=tmp_path / "r", scratch=tmp_path / "s", shared=shared, stage=stage
    )
    assert (shared / "digits" / "run" / "model" / "model.safetensors").is_file()
    assert begun["config"]["train"]["start"] == "MODEL"
    assert begun["practice"]["encoders"]["image"]["labels"] == "none"
    assert drawn["config"]["train"]["start"] is None
    assert begun["metrics"] != drawn["metrics"]
    assert str(tmp_path) not in json.dumps(begun)


def test_rows_are_run_once_and_give_the_same_metrics_elsewhere(table: Table, tmp_path: Path) -> None:
    first = run_rows(table, results=tmp_path / "results", scratch=tmp_path / "scratch", stage=stage)
    stamps = {path.name: path.stat().st_mtime_ns for path in sorted((tmp_path / "results").iterdir())}
    assert list(stamps) == ["rono_40_seed0.json", "rono_60_seed0.json"]
    assert run_rows(table, results=tmp_path / "results", scratch=tmp_path / "scratch", stage=stage) == first
    assert {path.name: path.stat().st_mtime_ns for path in sorted((tmp_path / "results").iterdir())} == stamps
    again = run_rows(table, results=tmp_path / "other", scratch=tmp_path / "elsewhere", stage=stage)
    assert json.dumps([row["metrics"] for row in again]) == json.dumps([row["metrics"] for row in first])
    assert [row["identity"] for row in again] == [row["identity"] for row in first]
    assert first[0]["metrics"] != first[1]["metrics"]
    assert read_rows(tmp_path / "results", table.rows[1:]) == first[1:]
    assert not (tmp_path / "scratch" / "rono_40_seed0" / "checkpoint.safetensors").exists()


def test_a_result_says_all_and_names_no_folder(table: Table, tmp_path: Path) -> None:
    row = run_rows(table, results=tmp_path / "results", scratch=tmp_path / "scratch", stage=stage)[0]
    assert str(tmp_path) not in json.dumps(row)
    assert set(row["metrics"]["paper_rono"]) == {"image->pointcloud", "pointcloud->image"}
    assert set(row["metrics"]["clean"]) == {
        f"{a}->{b}" for a in ("image", "pointcloud") for b in ("image", "pointcloud")
    }
    assert 0 <= row["metrics"]["division"]["division_clean_f1"] <= 1
    assert row["noise"]["realised_rate"] == np.mean(np.arange(40) % 10 != np.arange(40) // 2 % 10)
    assert (row["epoch"], row["seeds"], row["config"]["train"]["epochs"]) == ("last", {"train": 0, "noise": 0}, 2)
    assert row["command"] == "maquette reproduce it --only rono --rates 0.4 --seeds 0"
    assert row["kind"] == "symmetric"
    # A digit is one picture, whatever the protocols report.
    assert {name: rules["view_counts"] for name, rules in row["protocols"].items()} == {"paper_rono": [1], "clean": [1]}
    assert {"commit", "machine", "threads"} <= row["provenance"].keys()


def test_the_kind_of_noise_is_named_where_it_is_not_the_usual(table: Table, tmp_path: Path) -> None:
    changes = (*table.rows[0].changes, "noise.kind=asymmetric", 'noise.options={"class_map": {"0": "1", "1": "0"}}')
    twins = replace(table.rows[0], changes=changes, kind="asymmetric")
    both = replace(table, rows=(table.rows[0], twins))
    first, second = run_rows(both, results=tmp_path / "results", scratch=tmp_path / "scratch", stage=stage)
    assert (tmp_path / "results" / "rono_asymmetric_40_seed0.json").is_file()
    assert [row["command"].partition("--only ")[2] for row in (first, second)] == [
        "rono --noise symmetric --rates 0.4 --seeds 0",
        "rono --noise asymmetric --rates 0.4 --seeds 0",
    ]
    # Four digits of each class: of the eight of two classes, 0.4 are three.
    assert (second["kind"], second["noise"]["realised_rate"]) == ("asymmetric", 3 / 40)


def test_rows_of_a_place_share_its_data_over_tables_and_a_figure_finds_the_run(table: Table, tmp_path: Path) -> None:
    row = replace(table.rows[0], data="digits", place="digits")
    one, two = (replace(table, rows=(row,), views=views) for views in ((), (1,)))
    rooms: dict[str, Any] = {"shared": tmp_path / "sets", "stage": stage}
    plain = run_rows(one, results=tmp_path / "a", scratch=tmp_path / "sa", **rooms)[0]
    pixels = tmp_path / "sets" / "digits" / "arrays" / "image" / "pixels.npy"
    stamp = pixels.stat().st_mtime_ns
    seen = run_rows(two, results=tmp_path / "b", scratch=tmp_path / "sb", **rooms)[0]
    assert pixels.stat().st_mtime_ns == stamp
    assert not (tmp_path / "sa" / "data").exists()
    assert (plain["set"], plain["row"]) == ("digits", "digits_rono_40_seed0")
    assert plain["command"] == "maquette reproduce it --set digits --only rono --rates 0.4 --seeds 0"
    # One view a digit: it has no views of its own, so there is nothing to count.
    assert seen["metrics"].pop("views") == {"paper_rono": {}, "clean": {}}
    assert seen["metrics"] == plain["metrics"]
    ran = make_run(row, scratch=tmp_path / "sa", **rooms)
    assert (ran.run, ran.store) == (tmp_path / "sa" / row.name, tmp_path / "sets" / "digits" / "arrays")


def test_a_killed_row_goes_on_and_ends_the_same(table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run_rows(table, results=tmp_path / "results", scratch=tmp_path / "scratch", stage=stage)
    steps = 0

    def breaking(name: str) -> nullcontext[Update]:
        def update(done: int, total: int, note: str) -> None:
            nonlocal steps
            steps += note.startswith("epoch")
            if steps == 3:
                raise MaquetteError("killed")

        return nullcontext(update)

    with pytest.raises(MaquetteError, match="killed"):
        run_rows(table, results=tmp_path / "later", scratch=tmp_path / "again", stage=breaking)
    assert not (tmp_path / "later").exists()
    began = []

    def watched(*arguments: Any, **options: Any) -> Any:
        began.append(options["resume"])
        return train(*arguments, **options)

    monkeypatch.setattr("maquette.bench.rows.train", watched)
    rows = run_rows(table, results=tmp_path / "later", scratch=tmp_path / "again", stage=stage)
    assert [row["metrics"] for row in rows] == [row["metrics"] for row in whole]
    assert [row["resumed"] for row in rows] == [True, False]
    assert began == [True, True]


def test_a_file_that_is_no_result_is_named(table: Table, tmp_path: Path) -> None:
    results = tmp_path / "results"
    results.mkdir()
    (results / "rono_40_seed0.json").write_text("{")
    with pytest.raises(MaquetteError, match=r"rono_40_seed0\.json: is not JSON"):
        read_rows(results, table.rows)
    (results / "rono_40_seed0.json").write_text("{}")
    with pytest.raises(MaquetteError, match="is no result of a row"):
        read_rows(results, table.rows)
