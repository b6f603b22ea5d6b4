"""Where a result came from is stated, with or without git."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import torch

import maquette
from maquette.train.provenance import provenance


def test_facts_are_json_and_true() -> None:
    facts = provenance()
    assert json.loads(json.dumps(facts)) == facts
    assert facts["maquette"] == maquette.__version__
    assert facts["libraries"]["torch"] == torch.__version__
    assert facts["threads"] == torch.get_num_threads()


def test_the_commit_is_that_of_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "maquette" / "__init__.py"
    package.parent.mkdir()
    package.write_text("")
    monkeypatch.setattr(maquette, "__file__", str(package))
    assert provenance()["commit"] is None

    def git(*words: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"]
        command = ["git", "-C", str(tmp_path), *identity, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    head = git("rev-parse", "HEAD")
    assert provenance()["commit"] == head
    package.write_text("changed = True\n")
    assert provenance()["commit"] == f"{head}+changes"
