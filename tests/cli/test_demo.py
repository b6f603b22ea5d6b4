"""The demo's command ends with the figures, and with what to do next."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

from typer.testing import CliRunner

from maquette.cli.app import app


def test_names_report_collection_and_a_search_that_works(tiny_demo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    shutil.copytree(tiny_demo, folder)
    done = CliRunner().invoke(app, ["demo", "--out", str(folder), "--size", "tiny", "--workers", "0"])
    assert done.exit_code == 0, done.output + str(done.exception)
    lines = dict(line.split(": ", 1) for line in done.stdout.splitlines() if ": " in line)
    assert Path(lines["report"].strip()).is_file()
    assert Path(lines["collection"].strip(), "collection.json").is_file()
    words = shlex.split(lines["search it"])
    assert words[:2] == ["maquette", "search"]
    photo = words[words.index("--image") + 1]
    assert Path(photo).is_file()
    found = CliRunner().invoke(app, ["search", str(folder / "collection"), "--image", photo])
    assert found.exit_code == 0
    # The last line opens the page on what the demo made; that a service starts so is tested in tests/serve.
    assert shlex.split(lines["open it"]) == ["maquette", "serve", lines["collection"].strip()]
    assert done.stdout.splitlines()[-1].startswith("open it:")
