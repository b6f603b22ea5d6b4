"""`maquette lint` on what the other commands really write."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from maquette.cli.app import app
from maquette.errors import FileError


def test_a_run_and_its_result_are_clean_and_a_papers_protocol_is_not(tiny_demo: Path, tmp_path: Path) -> None:
    files = {}
    for protocol in ("clean", "paper_cmcl"):
        done = CliRunner().invoke(app, ["evaluate", str(tiny_demo / "run"), "--protocol", protocol, "--json"])
        assert done.exit_code == 0, done.output
        files[protocol] = tmp_path / f"{protocol}.json"
        files[protocol].write_text(done.stdout)
    good = CliRunner().invoke(app, ["lint", str(tiny_demo / "run"), str(files["clean"])])
    assert good.exit_code == 0, good.output
    assert "2 results, 0 violations" in good.stdout
    bad = CliRunner().invoke(app, ["lint", str(tmp_path), "--json"])
    assert bad.exit_code == 1
    rules = [entry["rule"] for entry in json.loads(bad.stdout)["violations"]]
    assert sorted(rules) == ["metric_changed", "self_match"]


def test_a_tables_own_files_beside_its_rows_are_no_results(tmp_path: Path) -> None:
    (tmp_path / "row.json").write_text(json.dumps({"table": "t", "row": "row"}))
    for name in ("manifest", "results"):
        (tmp_path / f"{name}.json").write_text(json.dumps({"table": "t"}))
    done = CliRunner().invoke(app, ["lint", str(tmp_path), "--json"])
    assert json.loads(done.stdout)["results"] == [f"{tmp_path}/row"]


def test_a_table_without_rows_of_its_own_is_held_to_those_that_its_manifest_names(tmp_path: Path) -> None:
    for folder, identity in (("runs", "a"), ("runs-large", "b")):
        (tmp_path / folder).mkdir()
        row = {"table": "t", "row": "row", "identity": identity, "protocol": {"name": folder, "exclude_self": True}}
        (tmp_path / folder / "row.json").write_text(json.dumps(row))
    table = tmp_path / "T1"
    table.mkdir()
    (table / "results.json").write_text(json.dumps({"table": "t", "map": {"row": {}}}))
    manifest = {"table": "t", "rows": {"row": {"identity": "b"}}}
    (table / "manifest.json").write_text(json.dumps(manifest))
    done = CliRunner().invoke(app, ["lint", str(table), "--json"])
    assert done.exit_code == 1, "the row says nothing of how it was trained"
    found = json.loads(done.stdout)
    assert found["results"] == [f"{table}/row"]
    assert {entry["rule"] for entry in found["violations"]} == {"facts_missing"}
    own = json.loads((tmp_path / "runs-large" / "row.json").read_text()) | {"protocol": {"exclude_self": False}}
    (tmp_path / "runs-large" / "row.json").write_text(json.dumps(own))
    again = json.loads(CliRunner().invoke(app, ["lint", str(table), "--json"]).stdout)
    assert "self_match" in {entry["rule"] for entry in again["violations"]}, "not its namesake"

    for rows, reason in (
        ({}, "holds no row of results"),
        ({"row": {"identity": "c"}}, "names the row 'row' of identity c"),
        ({"other": {"identity": "a"}}, "names the row 'other' of identity a"),
        ({"row": {}}, "names the row 'row' of identity None"),
    ):
        (table / "manifest.json").write_text(json.dumps({"table": "t", "rows": rows}))
        done = CliRunner().invoke(app, ["lint", str(table)])
        assert isinstance(done.exception, FileError) and reason in str(done.exception)
    (table / "manifest.json").unlink()
    done = CliRunner().invoke(app, ["lint", str(table)])
    assert isinstance(done.exception, FileError) and "holds no row of results" in str(done.exception)


def test_what_is_no_result_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[")
    for words, reason in (
        ([str(tmp_path / "a.json")], "cannot be read as a result"),
        ([str(tmp_path / "none")], "cannot be read as a result"),
    ):
        done = CliRunner().invoke(app, ["lint", *words])
        assert isinstance(done.exception, FileError) and reason in str(done.exception)
    (tmp_path / "empty").mkdir()
    done = CliRunner().invoke(app, ["lint", str(tmp_path / "empty")])
    assert isinstance(done.exception, FileError) and "holds neither run.json nor results" in str(done.exception)
