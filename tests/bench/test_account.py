"""Metrics stand alone in results.json; the manifest says what ran, what did not, and how."""

from __future__ import annotations

import json
from pathlib import Path

from maquette.bench.account import write_account
from maquette.bench.plan import Row, Table
from tests.bench.test_compared import result


def test_metrics_and_manifest(tmp_path: Path) -> None:
    rows = tuple(Row("rono", 0.4, seed, tmp_path / "configs" / "set" / "x.toml") for seed in (0, 1))
    table = Table("a/b", "T", rows, {"clean": False}, command="maquette reproduce a/b")
    found = [{**result(rows[0], 0.5, {"1": 0.25}), "identity": "id", "seconds": 2.5}]
    write_account(tmp_path / "out", table, found, size="small", figures=[tmp_path / "out" / "map.png"])
    metrics = json.loads((tmp_path / "out" / "results.json").read_text())["map"]
    assert metrics["rono_40_seed0"]["clean"] == dict.fromkeys(("image->image", "image->mesh", "mesh->mesh"), 0.5)
    assert metrics["rono_40_seed0"]["clean, 1 views"] == dict.fromkeys(("image->image", "image->mesh"), 0.25)
    text = (tmp_path / "out" / "manifest.json").read_text()
    manifest = json.loads(text)
    assert (manifest["not_run"], manifest["seconds"], manifest["figures"]) == (["rono_40_seed1"], 2.5, ["map.png"])
    assert manifest["rows"]["rono_40_seed0"]["config"] == "set/x.toml"
    assert manifest["rows"]["rono_40_seed0"]["seeds"] == {"train": 0, "noise": 0}
    assert manifest["rows"]["rono_40_seed0"]["machine"] == "a machine, cpu, 1 threads"
    assert str(tmp_path) not in text
    made = {**found[0]["provenance"], "compiled_kernels": True}
    write_account(tmp_path / "again", table, [{**found[0], "seconds": 9.0, "provenance": made}], size="small")
    again = json.loads((tmp_path / "again" / "manifest.json").read_text())
    assert again["rows"]["rono_40_seed0"]["machine"] == "a machine, cpu, compiled kernels, 1 threads"
    assert (tmp_path / "again" / "results.json").read_bytes() == (tmp_path / "out" / "results.json").read_bytes()
