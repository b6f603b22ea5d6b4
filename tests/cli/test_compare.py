"""`maquette compare`: a table for a person, the same figures as JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path

from typer.testing import CliRunner

from maquette.cli.app import app


def test_the_table_and_the_json_say_the_same(tiny_demo: Path) -> None:
    run = str(tiny_demo / "run")
    text = CliRunner().invoke(app, ["compare", run, run, "--split", "test"])
    assert text.exit_code == 0, text.output + repr(text.exception)
    values = json.loads(CliRunner().invoke(app, ["compare", run, run, "--json"]).stdout)
    assert (values["first"], values["split"], values["protocol"]["name"]) == (run, "test", "clean")
    lines = text.stdout.splitlines()
    assert lines[2] == "mAP on test, protocol clean, 95 % intervals"
    rows = lines[4:]
    assert len(rows) == len(values["pairs"]) > 9
    for line, pair in zip(rows, values["pairs"], strict=True):
        assert line.startswith(f"{pair['query']} -> {pair['gallery']} ")
        first = pair["first"]
        shown = f"{100 * first['mean']:.2f} [{100 * first['low']:.2f}, {100 * first['high']:.2f}]"
        assert line.count(shown) == 2
        assert re.search(r"\+0\.00 \[\+0\.00, \+0\.00\] +1\.0000 +1\.0000$", line)
