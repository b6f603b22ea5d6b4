"""The doctor sees what is there and says how to get what is not."""

from __future__ import annotations

import importlib.metadata
import json

import pytest
from typer.testing import CliRunner

from maquette.cli.app import app


def test_a_whole_installation_has_no_problem() -> None:
    done = CliRunner().invoke(app, ["doctor", "--json"])
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    rows = {row["name"]: row for row in report["packages"]}
    assert rows["torch"]["installed"] == importlib.metadata.version("torch")
    assert rows["torch"]["extra"] is None
    assert rows["hypothesis"]["extra"] == "dev"
    assert report["device_used"] == report["devices"][0].split()[0]
    assert report["free_disk_gib"] > 0
    assert report["sandbox"]["memory"].startswith("RLIMIT_DATA: 4 GiB beyond")
    assert report["sandbox"].keys() >= {"files", "network", "processor time", "system calls", "privileges"}


def test_a_missing_package_is_a_problem_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.metadata.version

    def version(name: str) -> str:
        if name == "lancedb":
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr("maquette.cli.doctor.importlib.metadata.version", version)
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 1
    assert "problem: lancedb is not installed, wanted >=0.40: pip install 'maquette'" in done.stdout
