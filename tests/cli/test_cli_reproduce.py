"""`maquette reproduce`: rows are listed without running, one smoke row runs, wrong words are one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from maquette.cli.app import app
from maquette.errors import FileError, InputError

ROOT = Path(__file__).parents[2]


def run(*words: str) -> str:
    done = CliRunner().invoke(app, ["reproduce", *words, "--configs", str(ROOT / "configs")])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.stdout


def test_the_list_shows_which_rows_are_done(tmp_path: Path) -> None:
    folder = tmp_path / "rono" / "mnist3d"
    folder.mkdir(parents=True)
    (folder / "mrl_20_seed1.json").write_text("{}")
    words = ("rono/mnist3d", "--size", "small", "--data", "x", "--list", "--out", str(tmp_path), "--json")
    listed = json.loads(run(*words))["rows"]
    assert len(listed) == 165
    assert [name for name, done in listed.items() if done] == ["mrl_20_seed1"]
    assert len(json.loads(run(*words, "--only", "mrl", "--rates", "0.2,0.4", "--seeds", "0,1"))["rows"]) == 4


def test_without_a_table_all_are_listed(tmp_path: Path) -> None:
    folder = tmp_path / "rono" / "ablation" / "workshop"
    folder.mkdir(parents=True)
    (folder / "no_gap_40_seed2.json").write_text("{}")
    listed = json.loads(run("--list", "--out", str(tmp_path), "--json"))["tables"]
    assert [(state["name"], state["done"]) for state in listed if state["done"]] == [("rono/ablation/workshop", 1)]
    lines = run("--list", "--out", str(tmp_path)).splitlines()
    assert len(lines) == len(listed) + 1
    assert any(line.split()[:5] == ["rono/ablation/workshop", "small", "1", "of", "33"] for line in lines)
    assert sum("maquette reproduce rono/workshop --size smoke" in line for line in lines) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "which table"),
        (("rono/workshop", "--list", "--noise", "odd"), "unknown kind of noise in this table 'odd'"),
        (("nowhere/table", "--list"), "unknown table 'nowhere/table'"),
        (("rono/mnist3d", "--list", "--seeds", "a"), "--seeds 'a': expected numbers"),
        (("rono/mnist3d", "--list", "--seeds", "0.5"), "--seeds '0.5': expected whole numbers"),
        (("rono/mnist3d", "--size", "small", "--list"), "needs --data"),
    ],
)
def test_wrong_words_are_one_line(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        run(*words)


def test_where_results_go_is_in_the_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    text = " ".join(CliRunner().invoke(app, ["reproduce", "--help"]).stdout.split())
    assert "Where results go: by default benchmarks/results, of smoke runs/reproduce/results." in text


def test_outside_a_checkout_the_option_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for table in ("rono/workshop", "cmcl/fig3"):
        done = CliRunner().invoke(app, ["reproduce", table])
        assert isinstance(done.exception, FileError)
        assert str(done.exception).endswith("or give its configs by --configs")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_the_smoke_size_beats_chance_and_repeats_itself(tmp_path: Path) -> None:
    metrics = []
    for place in ("one", "two"):
        words = (
            "rono/mnist3d",
            "--only",
            "rono",
            "--out",
            str(tmp_path / place),
            "--scratch",
            str(tmp_path / f"{place}s"),
        )
        table = Path(json.loads(run(*words, "--json"))["table"])
        assert "| rono | image → pointcloud |" in table.read_text(encoding="utf-8")
        row = json.loads((table.parent / "rono_40_seed0.json").read_text())
        metrics.append(row["metrics"])
    assert json.dumps(metrics[0]) == json.dumps(metrics[1])
    assert metrics[0]["paper_rono"]["image->pointcloud"]["map"] > 0.2


@pytest.mark.slow
def test_the_smoke_size_of_three_modalities_repeats_itself(tmp_path: Path) -> None:
    found = []
    for place in ("one", "two"):
        folders = ("--out", str(tmp_path / place), "--scratch", str(tmp_path / f"{place}s"))
        done = json.loads(run("rono/workshop", "--only", "cmcl", "--only", "mvi", *folders, "--json"))
        rows = {path.stem: json.loads(path.read_text()) for path in sorted(Path(done["rows"]).glob("*_seed*.json"))}
        found.append({name: row["metrics"] for name, row in rows.items()})
    assert json.dumps(found[0]) == json.dumps(found[1])
    assert list(found[0]) == ["cmcl_40_seed0", "cmcl_asymmetric_40_seed0", "mvi_40_seed0", "mvi_asymmetric_40_seed0"]
    assert len(found[0]["cmcl_40_seed0"]["clean"]) == 9
    # Which labels are wrong matters to the one, and cannot matter to the other.
    assert found[0]["cmcl_40_seed0"]["clean"] != found[0]["cmcl_asymmetric_40_seed0"]["clean"]
    assert found[0]["mvi_40_seed0"]["clean"] == found[0]["mvi_asymmetric_40_seed0"]["clean"]
