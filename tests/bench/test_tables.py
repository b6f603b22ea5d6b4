"""The rendered table holds the means, spreads and intervals of the rows, in percent, and the paper's figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from maquette.bench.rows import Row, Table
from maquette.bench.tables import how_lines, noise_of, render_table
from maquette.metrics import CLEAN
from tests.metrics.test_metrics_lint import GOOD


def result(method: str, rate: float, seed: int, score: float, **division: float) -> dict[str, Any]:
    pair = {"map": score, "low": score - 0.01, "high": score + 0.02}
    return {
        "method": method,
        "rate": rate,
        "seeds": {"train": seed, "noise": 0},
        "metrics": {"paper_rono": {"image->pointcloud": pair}, "clean": {"image->image": pair}, "division": division},
        "noise": {"realised_rate": rate - 0.01},
        "data": {"digest": "0123456789abcdef" * 4},
        "provenance": {"commit": "abc", "machine": "a machine", "device": "cpu", "threads": 1},
        "seconds": 100.0 + seed,
        "resumed": seed == 2,
    }


def made_table() -> Table:
    rows = tuple(Row(method, 0.4, seed, Path("x.toml")) for method in ("rono", "cmcl") for seed in range(3))
    paper = {("RONO, paper", "image->pointcloud"): {0.4: 95.22}}
    return Table("a", "A title", rows, {"paper_rono": True, "clean": False}, paper, ("A note.",), "maquette it")


def test_cells_by_hand() -> None:
    results = [
        result("rono", 0.4, 0, 0.90, division_clean_f1=0.75),
        result("rono", 0.4, 1, 0.92, division_clean_f1=0.85),
        result("cmcl", 0.4, 0, 0.5),
        result("cmcl", 0.8, 2, 0.25),
    ]
    text = render_table(made_table(), results)
    lines = text.splitlines()
    assert lines[0] == "# A title"
    assert "| method | pair | noise 0.4 | noise 0.8 |" in lines
    # Sample standard deviation of 90 and 92 is √2.
    assert "| rono | image → pointcloud | 91.00 ± 1.41 | – |" in lines
    assert "| cmcl | image → pointcloud | 50.00 [49.0, 52.0] | 25.00 [24.0, 27.0] |" in lines
    assert lines.count("| RONO, paper | image → pointcloud | 95.22 | – |") == 1
    # At a glance: one pair of different modalities, which RONO's paper has a figure for.
    start = lines.index("| method | noise 0.4 | noise 0.8 |")
    assert lines[start + 2 : start + 6] == [
        "| rono | **91.00** ± 1.41 (2) | – |",
        "| cmcl | 50.00 (1) | **25.00** (1) |",
        "| RONO, paper | 95.22 | – |",
        "",
    ]
    assert "| rono | F1 of what it calls clean | 80.0 | – |" in lines
    assert not any(line.startswith("| cmcl | F1") for line in lines)
    assert any("4 of 6 have run. Seeds of training: 0, 1, 2." in line for line in lines)
    assert "* Held against the protocol `clean` (`maquette lint`): facts_missing in 4 rows." in lines
    # The row of seed 2 was interrupted: its time is not that of a whole run.
    assert any("took 100 to 101 seconds" in line for line in lines)
    assert any("0.4: 39.00 %, 0.8: 79.00 %" in line for line in lines)


def test_rows_that_keep_the_clean_protocol_are_said_to() -> None:
    rows = [
        {
            **result("rono", 0.4, seed, 0.9),
            "practice": GOOD["run"]["practice"],
            "objects": GOOD["objects"],
            "protocols": {"clean": CLEAN.as_json()},
        }
        for seed in range(2)
    ]
    assert "* Held against the protocol `clean` (`maquette lint`): all rows keep it." in how_lines(made_table(), rows)
    seen = {**GOOD["run"]["practice"], "encoders": {"pointcloud": {"name": "DGCNN", "labels": "true"}}}
    rows[1]["practice"] = {**seen, "listing": {"sorted": False}}
    lines = how_lines(made_table(), rows)
    assert any(line.endswith(": pretrained_on_clean in 1 rows, unsorted_listing in 1 rows.") for line in lines)


def test_each_kind_of_noise_has_its_columns() -> None:
    old, new = result("rono", 0.4, 0, 0.9), result("rono", 0.4, 0, 0.5) | {"kind": "asymmetric"}
    assert noise_of(old) == noise_of(old | {"kind": "symmetric"}) == ("symmetric", 0.4)
    lines = render_table(made_table(), [new, result("rono", 0.8, 0, 0.25), old]).splitlines()
    assert "| method | pair | symmetric 0.4 | symmetric 0.8 | asymmetric 0.4 |" in lines
    assert "| rono | image → pointcloud | 90.00 [89.0, 92.0] | 25.00 [24.0, 27.0] | 50.00 [49.0, 52.0] |" in lines
    assert "| RONO, paper | image → pointcloud | 95.22 | – | – |" in lines
    assert any("symmetric 0.4: 39.00 %, symmetric 0.8: 79.00 %, asymmetric 0.4: 39.00 %" in line for line in lines)


def test_the_estimated_rate_follows_from_precision_and_recall() -> None:
    # 100 objects, 40 labels wrong; 50 are called wrong, 30 of them rightly.
    scores = {"division_noisy_precision": 0.6, "division_noisy_recall": 0.75, "prediction_noise_rate": 0.4}
    lines = render_table(made_table(), [result("rono", 0.4, 0, 0.9, **scores)]).splitlines()
    assert "| rono | precision of what it calls noisy | 60.0 |" in lines
    assert "| rono | recall of what it calls noisy | 75.0 |" in lines
    assert "| rono | labels that it calls noisy: its estimate of the rate | 50.0 |" in lines


def test_many_pairs_begin_with_their_mean() -> None:
    names = ("image", "mesh", "pointcloud")
    pairs = [f"{one}->{other}" for one in names for other in names]
    scores = [{p: {"map": (n + s) / 10, "low": 0.0, "high": 1.0} for n, p in enumerate(pairs)} for s in (0, 1)]
    results = [result("rono", 0.4, s, 0.0) | {"metrics": {"clean": scores[s]}} for s in (0, 1)]
    table = Table("a", "T", (), {"clean": False})
    # Pairs 1, 2, 3, 5, 6, 7 of nine are of different modalities: their mean is 4/10, of the other seed 5/10.
    assert "| rono | **40.00** (1) |" in render_table(table, results[:1]).splitlines()
    assert "| rono | **45.00** ± 7.07 (2) |" in render_table(table, results).splitlines()


def test_a_table_without_rows_says_so() -> None:
    text = render_table(made_table(), [])
    assert "No row has been run yet." in text
    assert "A note." in text
