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
