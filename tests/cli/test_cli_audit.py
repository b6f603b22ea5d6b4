"""`maquette audit` on a finished run."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from maquette.cli.app import app
from maquette.errors import InputError


def test_it_prints_suspects_the_self_test_and_what_to_do_next(tiny_demo: Path, tmp_path: Path) -> None:
    words = ["audit", str(tiny_demo / "run"), "--out", str(tmp_path / "audit"), "--rates", "0.1", "--repeats", "1"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "labels look wrong (P >= 0.5)" in done.stdout
    assert "self-test, asymmetric 0.1: precision" in done.stdout
    assert "note: The representations are those of a run of cmcl" in done.stdout
    assert f"--set noise.options.folder={tmp_path / 'audit' / 'labels'}" in done.stdout
    assert (tmp_path / "audit" / "report.html").is_file()


def test_json_holds_the_facts_and_no_self_test_where_none_is_asked_for(tiny_demo: Path, tmp_path: Path) -> None:
    words = ["audit", str(tiny_demo / "run"), "--out", str(tmp_path), "--rates", "", "--json"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    assert facts["self_test"] == [] and facts["out"] == str(tmp_path)
    wrong = CliRunner().invoke(app, [*words[:4], "--rates", "much"])
    assert isinstance(wrong.exception, InputError)
