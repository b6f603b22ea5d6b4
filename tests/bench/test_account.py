"""Metrics stand alone in results.json; the manifest says what ran, what did not, and how; figures add up over sets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from maquette.bench.account import write_account
from maquette.bench.plan import Ran, Row, Table
from maquette.bench.reproduce import reproduce
from maquette.config import RunConfig
from maquette.errors import FileError
from tests.bench.test_compared import result
from tests.bench.test_rows import stage, table

__all__ = ["table"]


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_metrics_and_manifest(tmp_path: Path) -> None:
    rows = tuple(Row("rono", 0.4, seed, tmp_path / "configs" / "set" / "x.toml") for seed in (0, 1))
    table = Table("a/b", "T", rows, {"clean": False}, command="maquette reproduce a/b", home="a/runs")
    found = [{**result(rows[0], 0.5, {"1": 0.25}), "identity": "id", "seconds": 2.5}]
    folders = [tmp_path / place / "a" / "b" for place in ("out", "again")]
    for place in ("out", "again"):
        (tmp_path / place / "a" / "runs").mkdir(parents=True)
        (tmp_path / place / "a" / "runs" / "rono_40_seed0.json").touch()
    write_account(tmp_path / "out", table, found, size="small", figures=[tmp_path / "map.png"])
    metrics = read(folders[0] / "results.json")["map"]
    assert metrics["rono_40_seed0"]["clean"] == dict.fromkeys(("image->image", "image->mesh", "mesh->mesh"), 0.5)
    assert metrics["rono_40_seed0"]["clean, 1 views"] == dict.fromkeys(("image->image", "image->mesh"), 0.25)
    manifest = read(folders[0] / "manifest.json")
    assert (manifest["not_run"], manifest["seconds"], manifest["figures"]) == (["rono_40_seed1"], 2.5, ["map.png"])
    row = manifest["rows"]["rono_40_seed0"]
    assert row["machine"] == "a machine, cpu, 1 threads"
    assert (row["config"], row["seeds"]) == ("set/x.toml", {"train": 0, "noise": 0})
    # The row's own file has its whole configuration.
    assert (folders[0] / row["result"]).resolve() == tmp_path / "out" / "a" / "runs" / "rono_40_seed0.json"
    assert str(tmp_path) not in (folders[0] / "manifest.json").read_text()
    made = {**found[0]["provenance"], "compiled_kernels": True}
    write_account(tmp_path / "again", table, [{**found[0], "seconds": 9.0, "provenance": made}], size="small")
    again = read(folders[1] / "manifest.json")
    assert again["rows"]["rono_40_seed0"]["machine"] == "a machine, cpu, compiled kernels, 1 threads"
    assert (folders[1] / "results.json").read_bytes() == (folders[0] / "results.json").read_bytes()


def drawing(ran: Sequence[Ran], out: Path) -> list[Path]:
    out.mkdir(parents=True, exist_ok=True)
    paths = [out / f"{one.row.data}.png" for one in ran]
    for path in paths:
        path.write_bytes(b"a picture")
    return paths


def test_a_figure_of_one_set_keeps_what_was_drawn_of_others(table: Table, tmp_path: Path) -> None:
    out = tmp_path / "out"
    rows = tuple(replace(table.rows[0], data=name, place="digits") for name in ("one", "two"))
    whole = Table("made/figure", "A figure", rows, {}, home="made/up", draw=drawing, figures=("one.png", "two.png"))
    rooms: dict[str, Any] = {"whole": whole, "out": out, "scratch": tmp_path / "scratch", "stage": stage}

    def draw(number: int) -> dict[str, Any]:
        path = reproduce(replace(whole, rows=rows[number : number + 1]), **rooms)
        manifest: dict[str, Any] = read(out / "made" / "figure" / "manifest.json")
        assert [f"{name})" in path.read_text() for name in ("one.png", "two.png")] == [
            name in manifest["figures"] for name in ("one.png", "two.png")
        ]
        return manifest

    first = draw(1)
    assert (list(first["rows"]), first["not_run"]) == (["two_rono_40_seed0"], ["one_rono_40_seed0"])
    row = first["rows"]["two_rono_40_seed0"]
    assert row["seconds"] > 0 and len(row["data"]) == 64 and row["set"] == "two"
    # No result of the row is published: its configuration stands here, without the machine's folders.
    config = RunConfig.from_mapping(
        {**row["settings"], "data": {**row["settings"]["data"], "root": "x", "prepared": "y"}}
    )
    assert (config.method.name, config.train.epochs, config.noise.rate) == ("rono", 2, 0.4)
    assert str(tmp_path) not in (out / "made" / "figure" / "manifest.json").read_text()
    (maps,) = read(out / "made" / "figure" / "results.json")["map"].values()
    assert list(maps) == ["clean"] and len(maps["clean"]) == 4
    assert all(0 < value <= 1 for value in maps["clean"].values())
    published = out / "made" / "up" / "one_rono_40_seed0.json"
    published.parent.mkdir()
    published.write_text(json.dumps({**result(rows[0], 0.5), "protocols": {"clean": {}}}))
    second = draw(0)
    assert second["rows"]["two_rono_40_seed0"] == row
    assert second["rows"]["one_rono_40_seed0"]["result"] == "../up/one_rono_40_seed0.json"
    assert (second["not_run"], second["figures"]) == ([], ["two.png", "one.png"])
    assert second["seconds"] == pytest.approx(sum(one["seconds"] for one in second["rows"].values()), abs=0.11)
    # The one as its result says, the other as it was measured before.
    measured = read(out / "made" / "figure" / "results.json")["map"]
    assert measured["one_rono_40_seed0"]["clean"]["mesh->mesh"] == 0.5
    assert measured["two_rono_40_seed0"] == maps
    (out / "made" / "figure" / "manifest.json").write_text("no")
    with pytest.raises(FileError, match="is not JSON: remove it"):
        draw(0)
